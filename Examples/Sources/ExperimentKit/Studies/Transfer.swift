import Contrastive
import ExampleSupport

extension Study {
  /// Open question 3: from CT to MRI and back, against the same modality.
  ///
  /// - Throws: ``ExampleFailure`` (65): fewer than two data sets.
  public static func transfer(_ settings: ExperimentSettings) throws -> Study {
    guard settings.data.count > 1 else {
      throw ExampleFailure(
        .data, "transfer: one data set; --with-mri adds the second, or two of your own in `data`")
    }
    var methods = [ExperimentSettings.scratch]
    for matching in IntensityMatching.allCases {
      for set in settings.data {
        let suffix = matching == .asRead ? "" : ", \(matching.rawValue)"
        methods.append(
          MethodChoice(
            name: "SuperCL on \(set.name)\(suffix)", method: SuperCL.name,
            settings: settings.ablations.settings,
            pretrainedOn: set.name, intensities: matching == .asRead ? nil : matching))
      }
    }
    return Study(
      "transfer", title: "From one modality to another",
      question:
        "Is an encoder that was pre-trained on one modality of use for the other, and how close does it come to one of the same?",
      settings.ablation(methods, baselines: [Scratch.name] + settings.data.map { "SuperCL on \($0.name)" }),
      notes: [
        "Intensities: each set has its own window onto 0...1. Inverted: 1 - x above 0 in pre-training. Histogram: in pre-training the ranks of all intensities above 0 take those of the set that is segmented, from its training images without labels. On its own modality histogram changes nothing and inverted does."
      ])
  }
}
