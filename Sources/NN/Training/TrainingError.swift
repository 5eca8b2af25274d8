public import Tensor

/// Why a training cannot begin, or stopped by itself, or why an image has no predicted labels.
public struct TrainingError: CodedError {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// A setting is out of range.
    case badSetting(field: String, value: String, reason: String)
    /// The data cannot be trained on.
    case badData(String)
    /// An objective has no parameters, or all of them are frozen.
    case nothingToTrain(objective: String, reason: String)
    /// The task gave more or fewer losses than it has objectives.
    case lossesDoNotFit(count: Int, objectives: [String])
    /// A loss became infinite or NaN at a step, counted from 0: the learning rate is too high or the data broken.
    case lossIsNotFinite(step: Int, objective: String, loss: Double)
    /// So many elements of a parameter's gradient became infinite or NaN at a step, counted from 0, though the loss was
    /// finite: a root or a power at 0, or a division by nearly nothing. Weights and moments are as before the step;
    /// running statistics of norms have seen the batch, so that a training goes on from its checkpoint.
    case gradientIsNotFinite(step: Int, parameter: String, count: Int)
    /// An image to train on or to predict, by its index in the data, has a shape that the network does not take, or labels
    /// of another shape than its own.
    case imageDoesNotFit(index: Int, shape: [Int], reason: String)
    /// An image to train on or to predict, by its index in the data, has so many values that are not finite; `place` is the first.
    case imageIsNotFinite(index: Int, place: [Int], count: Int)
    /// The network gave so many scores that are NaN or infinite, for a finite image of this index: the weights are broken,
    /// or the values are far from those that the network was trained on.
    case scoresAreNotFinite(index: Int, count: Int)
    /// The labels of an image, by its index in the data, have so many pixels whose label is none of the classes; `place`
    /// is the first, and `label` its label.
    case labelIsNoClass(index: Int, label: Int32, place: [Int], count: Int, classes: Int)
    /// No parameter of an objective has a gradient: the loss does not depend on them.
    case noGradient(step: Int, objective: String)
    /// A rank has another value of a field than rank 0: other settings, data or another version of the library.
    case ranksDiffer(rank: Int, field: String, value: String, first: String)
    /// The weights of a rank are no longer those of rank 0 behind a step: the engine's sums were not the same on both.
    case weightsDiffer(rank: Int, step: Int)
  }

  /// What went wrong.
  public let code: Code

  /// An error of a kind.
  public init(_ code: Code) { self.code = code }

  public var field: String? {
    switch code {
    case .badSetting(let field, _, _): field
    case .nothingToTrain(let objective, _), .lossIsNotFinite(_, let objective, _),
      .noGradient(_, let objective):
      objective
    case .gradientIsNotFinite(_, let parameter, _): parameter
    case .ranksDiffer(_, let field, _, _): field
    default: nil
    }
  }

  public var context: String {
    switch code {
    case .badSetting(let field, let value, let reason): "\(field) = \(value): \(reason)"
    case .badData(let what): what
    case .nothingToTrain(let objective, let reason): "objective '\(objective)' trains nothing: \(reason)"
    case .lossesDoNotFit(let count, let objectives): "\(count) losses for the objectives \(objectives)"
    case .lossIsNotFinite(let step, let objective, let loss): "\(objective) is \(loss) at step \(step)"
    case .gradientIsNotFinite(let step, let parameter, let count):
      "the gradient of '\(parameter)' has \(count) elements that are not finite at step \(step)"
    case .imageDoesNotFit(let index, let shape, let reason): "image \(index) has shape \(shape): \(reason)"
    case .imageIsNotFinite(let index, let place, let count):
      "image \(index) has \(count) values that are not finite, the first at \(place)"
    case .scoresAreNotFinite(let index, let count): "image \(index) gets \(count) scores that are not finite"
    case .labelIsNoClass(let index, let label, let place, let count, let classes):
      "image \(index) has \(count) labels that are none of the \(classes) classes, the first \(label) at \(place)"
    case .noGradient(let step, let objective):
      "no parameter of objective '\(objective)' has a gradient at step \(step)"
    case .ranksDiffer(let rank, let field, let value, let first):
      "\(field) is \(value) on rank \(rank) and \(first) on rank 0"
    case .weightsDiffer(let rank, let step):
      "the weights of rank \(rank) differ from those of rank 0 behind step \(step)"
    }
  }
}
