import Contrastive

extension Study {
  /// What superpixels themselves contribute: the same losses with something else in their place.
  public static func pseudoMasks(_ settings: ExperimentSettings) throws -> Study {
    let others: [(String, PseudoMasks)] = [
      ("regular grid", .regularGrid), ("shuffled ids", .shuffledSuperpixels),
      ("one id a pixel", .singlePixels),
      ("true masks", .given),
    ]
    let methods =
      [ExperimentSettings.scratch, settings.superCLItself]
      + (try others.map { name, masks in try settings.variant(name) { $0.pseudoMasks = masks } })
    return Study(
      "pseudo-masks", title: "What superpixels contribute",
      question:
        "How much of SuperCL's gain is left when a grid, shuffled ids, single pixels or the true masks take the place of superpixels?",
      settings.ablation(methods, baselines: [Scratch.name, SuperCL.name]),
      notes: [
        "True masks are labels of the whole training side: not a pre-training without labels, but a bound of what pseudo masks can give."
      ])
  }
}
