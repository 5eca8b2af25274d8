public import NN
public import Tensor

/// An optimiser whose rate spans the training, whatever its length: a straight line up to ``rate`` over
/// ``warmUpSteps``, then a cosine down to ``finalRate`` at the last step.
public struct OptimizerRecipe: Sendable, Hashable, Codable {
  /// The rule of the update.
  public var rule: OptimizerRule
  /// The highest learning rate.
  public var rate: Double
  /// The learning rate at the end: 0.
  public var finalRate: Double
  /// Steps of the line up to the highest rate: 0 for none.
  public var warmUpSteps: Int
  /// Weight decay; what it does is the rule's matter.
  public var weightDecay: Double
  /// Which parameters decay: all.
  public var decayed: DecayedParameters

  /// A recipe; what is left out has the value above.
  public init(
    _ rule: OptimizerRule, rate: Double, finalRate: Double = 0, warmUpSteps: Int = 0, weightDecay: Double = 0,
    decayed: DecayedParameters = .all
  ) {
    self.rule = rule
    self.rate = rate
    self.finalRate = finalRate
    self.warmUpSteps = warmUpSteps
    self.weightDecay = weightDecay
    self.decayed = decayed
  }

  /// The optimiser of a training of so many steps.
  public func settings(steps: Int) -> OptimizerSettings {
    let fall = Schedule.cosine(start: rate, end: finalRate, steps: max(steps - warmUpSteps, 1))
    return OptimizerSettings(
      rule, rate: warmUpSteps > 0 ? .warmUp(steps: warmUpSteps, then: fall) : fall, weightDecay: weightDecay)
  }

  /// Named parameters in groups: those that do not decay apart.
  public func groups(of parameters: [(name: String, parameter: Parameter<Float>)]) -> [ParameterGroup<Float>]
  {
    guard decayed == .weights else { return [ParameterGroup(parameters)] }
    let groups = [
      ParameterGroup(parameters.filter { $0.parameter.shape.rank > 1 }),
      ParameterGroup(parameters.filter { $0.parameter.shape.rank <= 1 }, weightDecay: 0),
    ]
    return groups.filter { !$0.parameters.isEmpty }
  }

  /// The one objective of a training of so many steps: all parameters of a learner that are not frozen.
  func objective(of learner: any Module<Float>, steps: Int) -> Objective {
    Objective(groups(of: learner.namedParameters.filter { !$0.parameter.isFrozen }), settings(steps: steps))
  }

  func validate(_ check: SettingCheck, _ field: String) throws(PretrainingError) {
    try check.positive("\(field).rate", rate)
    try check.notNegative("\(field).finalRate", finalRate)
    try check.require(warmUpSteps >= 0, "\(field).warmUpSteps", warmUpSteps, "must not be negative")
    try check.notNegative("\(field).weightDecay", weightDecay)
  }
}

/// Which parameters weight decay draws towards zero.
public enum DecayedParameters: String, Sendable, Hashable, Codable {
  /// All of them: PyTorch's optimisers unless told otherwise, and so MoCo, SwAV and SimSiam.
  case all
  /// Weights of linear layers and convolutions; biases, and scale and shift of norms, which have one axis, do not: SimCLR, BYOL
  /// and DeSD.
  case weights
}
