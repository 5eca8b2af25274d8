import Contrastive
import RunKit

extension Study {
  /// Dice against the number of images that pre-training sees.
  public static func unlabelled(_ settings: ExperimentSettings) -> Study {
    var methods = [ExperimentSettings.scratch]
    methods += settings.ablations.imageCounts.sorted().map {
      MethodChoice(
        name: "\($0) images", method: SuperCL.name, settings: settings.ablations.settings, imageCount: $0)
    }
    methods.append(settings.superCLItself)
    return Study(
      "unlabelled", title: "More images without labels",
      question: "Does SuperCL gain from more images without labels?",
      settings.ablation(methods, baselines: [Scratch.name] + methods.dropFirst().prefix(1).map(\.name)),
      notes: [
        "SuperCL sees all images that there are; the other numbers are drawn from them, the fewer ones among the more. Steps are the same for all."
      ], sections: { [section($0)] })
  }

  private static func section(_ outcomes: [ComparisonOutcome]) -> StudySection {
    let counts = Dictionary(
      outcomes.flatMap { outcome in
        outcome.pretrainings.map { ("\(outcome.data.identity.name) \($0.name)", $0.row.result.images) }
      }, uniquingKeysWith: { first, _ in first })
    func count(_ score: ScoreOfArm) -> Int {
      score.name == Scratch.name ? 0 : counts["\(score.data) \(score.name)"] ?? 0
    }
    return DoseChart(
      heading: "Dice against the number of images", horizontal: "images of pre-training (0: Scratch)"
    ).section(of: outcomes) { Double(count($0)) }
  }
}
