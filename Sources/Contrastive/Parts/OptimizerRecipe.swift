public import NN

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

  /// A recipe; what is left out has the value above.
  public init(
    _ rule: OptimizerRule, rate: Double, finalRate: Double = 0, warmUpSteps: Int = 0, weightDecay: Double = 0
  ) {
    self.rule = rule
    self.rate = rate
    self.finalRate = finalRate
    self.warmUpSteps = warmUpSteps
    self.weightDecay = weightDecay
  }

  /// The optimiser of a training of so many steps.
  public func settings(steps: Int) -> OptimizerSettings {
    let fall = Schedule.cosine(start: rate, end: finalRate, steps: max(steps - warmUpSteps, 1))
    return OptimizerSettings(
      rule, rate: warmUpSteps > 0 ? .warmUp(steps: warmUpSteps, then: fall) : fall, weightDecay: weightDecay)
  }

  func validate(_ check: SettingCheck, _ field: String) throws(PretrainingError) {
    try check.positive("\(field).rate", rate)
    try check.notNegative("\(field).finalRate", finalRate)
    try check.require(warmUpSteps >= 0, "\(field).warmUpSteps", warmUpSteps, "must not be negative")
    try check.notNegative("\(field).weightDecay", weightDecay)
  }
}
