import Contrastive
import Superpixel

extension Study {
  /// Experiment 3 and open question 2: Dice against the number of superpixels, set by hand and adaptive.
  public static func counts(_ settings: ExperimentSettings) throws -> Study {
    func variant(_ name: String, _ count: SegmentCount) throws -> MethodChoice {
      try settings.variant(name) {
        settings.withThePapersMap(&$0)
        $0.slic.segmentCount = count
      }
    }
    let methods =
      [ExperimentSettings.scratch]
      + (try settings.ablations.segmentCounts.map { try variant("\($0) superpixels", .fixed($0)) })
      + (try settings.superpixels.adaptive.map { try variant("\($0)", $0.segmentCount) })
    let adaptive = settings.superpixels.adaptive.first.map { ["\($0)"] } ?? []
    return Study(
      "counts", title: "Dice against the number of superpixels",
      question:
        "How does Dice go with the number of superpixels, and is the adaptive number as good as the best fixed one?",
      settings.ablation(methods, baselines: [Scratch.name] + adaptive),
      notes: [
        "ILCP reads the map of 32 x 32 pixels in all variants, as many pixels as the paper's bottleneck at 512 px. The page `clusters` has leakage against the number."
      ])
  }
}
