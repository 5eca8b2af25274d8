import Contrastive

extension Study {
  /// Experiment 2: whether pairs of pixels inside images, alone, teach more than the positions of slices do.
  public static func intraOnly(_ settings: ExperimentSettings) throws -> Study {
    let intra = try settings.variant("ILCP alone") {
      $0.weights = SuperCL.Weights(instance: 0, intra: $0.weights.intra, inter: 0)
    }
    return Study(
      "intra-only", title: "ILCP alone",
      question: "Is ILCP by itself as good as PCL, and how much do the other losses add to it?",
      settings.ablation(
        [.init(name: Scratch.name), .init(name: PCL.name), intra, settings.superCLItself],
        baselines: [Scratch.name, PCL.name, intra.name]))
  }
}
