import Contrastive
import Foundation
import RunKit

extension Study {
  /// Table IV of the paper: Dice, time and memory against ILCP's stride.
  public static func stride(_ settings: ExperimentSettings) throws -> Study {
    let strides = settings.ablations.strides.sorted()
    func name(_ stride: Int) -> String { "stride \(stride)" }
    let variants = try strides.map { stride in
      try settings.variant(name(stride)) {
        settings.withThePapersMap(&$0)
        $0.pixelSampling = .flat(stride: stride)
      }
    }
    var study = Study(
      "stride", title: "Every pixel, or every n-th",
      question: "What does ILCP's stride cost in Dice, and save in seconds and memory?",
      settings.ablation(
        [ExperimentSettings.scratch] + variants, baselines: [Scratch.name] + [name(strides[0])]),
      notes: [
        "ILCP reads the map of 32 x 32 pixels with 100 superpixels at every stride, as many of both as the paper at 512 px. The released script runs stride 16; a digest of the paper's Table IV calls stride 1 the best."
      ],
      sections: { outcomes in
        [
          DoseChart(heading: "Dice against the stride", horizontal: "stride").section(of: outcomes) { score in
            strides.first { name($0) == score.name }.map(Double.init)
          }
        ]
      })
    study.costs = try strides.map { stride in
      var method = try settings.superCL()
      settings.withThePapersMap(&method)
      method.pixelSampling = .flat(stride: stride)
      return (name(stride), method)
    }
    return study
  }
}
