import Autograd
import Contrastive
import Foundation
import NN
package import RunKit
import Tensor

/// A training of SuperCL whose superpixel features are made uniform at one step: what the pre-trainer says of it.
package struct CollapseRun: ExperimentRun {
  package static let kind = "collapse"

  /// SuperCL's numbers, all of them.
  package let settings: JSONTree
  package let data: DataIdentity
  package let width: Int
  /// The step behind which the encoder's last convolution is set to zero.
  package let emptiedBehind: Int
  package let steps: Int

  package struct Result: Codable, Sendable {
    /// Groups that CCL found, step by step.
    package let components: [Int]
    /// Images among which they were found.
    package let images: Int
    /// The kinds of warnings of each step.
    package let warnings: [[String]]
    /// The mean cosine of other pairs of embeddings, step by step; null where all are positives.
    package let negativeSimilarity: [Double?]

    /// The first step, from 1, that warns of one component.
    package var firstWarning: Int? { warnings.firstIndex { $0.contains("one component") }.map { $0 + 1 } }
  }

  /// Trains, empties the layer, trains on.
  ///
  /// - Throws: ``Interruption``; what training throws.
  func result(
    on data: ExperimentData, report: (TrainingProgress) -> TrainingControl
  ) throws -> Result {
    let method = try SuperCL.small.replacingSettings(from: CanonicalJSON.data(of: settings))
    let task = try PretrainingTask(method, encoder: .unet(width: width))
    let loop = try TrainingLoop(task, on: ArrayDataset(data.pretrainingImages()))
    var (components, warnings, similarities): ([Int], [[String]], [Double?]) = ([], [], [])
    let outcome = try loop.run { progress in
      func term(_ name: String) -> Double { progress.terms.first { $0.name == name }?.value ?? .nan }
      components.append(Int(term("components")))
      warnings.append(progress.warnings.map(\.kind))
      let similarity = term("negativeSimilarity")
      similarities.append(similarity.isFinite ? similarity : nil)
      // ReLU of 0: every feature of the deepest level is 0, so that ASP gives every image the same vector.
      // Again behind every later step, for momentum would move them on.
      if progress.step >= emptiedBehind {
        for (name, parameter) in task.learner.encoder.namedParameters where name.hasPrefix("center.conv2") {
          parameter.value = Tensor(zeros: parameter.shape)
        }
      }
      return report(progress)
    }
    if outcome == .stopped { throw Interruption() }
    return Result(
      components: components, images: 2 * method.recipe.batchSize, warnings: warnings,
      negativeSimilarity: similarities)
  }
}
