/// Why a training cannot begin, or stopped by itself.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
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
  /// The loss is finite, but elements of a parameter's gradient are not. Nothing was updated.
  case gradientIsNotFinite(step: Int, parameter: String, count: Int)
  /// No parameter of an objective has a gradient: the loss does not depend on them.
  case noGradient(step: Int, objective: String)

  public var description: String {
    switch self {
    case .badSetting(let field, let value, let reason): "\(field) = \(value): \(reason)"
    case .badData(let what): what
    case .nothingToTrain(let objective, let reason): "objective '\(objective)' trains nothing: \(reason)"
    case .lossesDoNotFit(let count, let objectives): "\(count) losses for the objectives \(objectives)"
    case .lossIsNotFinite(let step, let objective, let loss): "\(objective) is \(loss) at step \(step)"
    case .gradientIsNotFinite(let step, let parameter, let count):
      "\(count) elements of the gradient of '\(parameter)' are not finite at step \(step)"
    case .noGradient(let step, let objective):
      "no parameter of objective '\(objective)' has a gradient at step \(step)"
    }
  }
}
