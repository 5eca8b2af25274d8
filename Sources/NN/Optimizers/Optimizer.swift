import Autograd
public import Tensor

/// Changes parameters along their gradients by a rule.
///
///     let optimizer = Optimizer(network, .adam(), learningRate: 5e-4, weightDecay: 1e-5)
///     loss.backward()
///     try optimizer.step()
///     network.zeroGradients()
public final class Optimizer<Scalar: TensorFloatingPointScalar> {
  /// The parameters, with what is special about each group of them.
  public let groups: [ParameterGroup<Scalar>]
  /// How a parameter is moved.
  public let rule: OptimizerRule
  /// The learning rate of the next step.
  public var learningRate: Double
  /// The weight decay of groups that have none of their own.
  public let weightDecay: Double
  /// How gradients are limited at the start of every step; `nil` for not at all.
  public var clipping: GradientClipping?
  /// What is remembered between steps; its moments bear the parameters' names.
  public var memory = OptimizerMemory<Scalar>()

  /// Groups of parameters, which may differ in rate and decay.
  public init(
    _ groups: [ParameterGroup<Scalar>], _ rule: OptimizerRule, learningRate: Double, weightDecay: Double = 0
  ) {
    self.groups = groups
    self.rule = rule
    self.learningRate = learningRate
    self.weightDecay = weightDecay
  }

  /// All parameters of a module in one group.
  public convenience init(
    _ module: any Module<Scalar>, _ rule: OptimizerRule, learningRate: Double, weightDecay: Double = 0
  ) {
    self.init(
      [ParameterGroup(module.namedParameters)], rule, learningRate: learningRate, weightDecay: weightDecay)
  }

  /// All parameters with their names.
  public var parameters: [(name: String, parameter: Parameter<Scalar>)] { groups.flatMap(\.parameters) }

  /// Clips, then updates every parameter that has a gradient and is not frozen; or, when one of these gradients has an
  /// element that is not finite, does nothing and throws.
  ///
  /// A loss may be finite where its slope is not, as sqrt at 0. One such step would make weights and moments NaN for
  /// good, under every rule, and clipping would hide it or spread it. The parameters, the memory and its count of steps
  /// stay as they were; the gradients stay too, for whoever looks for the cause. One pass over the gradients,
  /// O(parameters).
  ///
  /// - Throws: ``TrainingError/Code/gradientIsNotFinite(step:parameter:count:)`` with the first such parameter; the step is
  ///   the number of steps taken before.
  public func step() throws(TrainingError) {
    try refuseNonFinite(step: memory.step)
    move()
  }

  /// - Throws: ``TrainingError/Code/gradientIsNotFinite(step:parameter:count:)``, under the number that the error is to name.
  /// A gradient that was looked at and not written since is not looked at again.
  func refuseNonFinite(step: Int) throws(TrainingError) {
    for (name, parameter) in parameters where !parameter.isFrozen && !parameter.variable.isGradientChecked {
      let count = parameter.gradient?.nonFiniteElements.count ?? 0
      guard count == 0 else {
        throw TrainingError(.gradientIsNotFinite(step: step, parameter: name, count: count))
      }
      parameter.variable.isGradientChecked = true
    }
  }

  /// The step itself, on gradients that were looked at.
  func move() {
    clipping?.apply(to: parameters.map(\.parameter).filter { !$0.isFrozen })
    memory.step += 1
    for group in groups {
      let rate = (group.fixedLearningRate ?? learningRate) * group.learningRateScale
      let decay = group.weightDecay ?? weightDecay
      for (name, parameter) in group.parameters where !parameter.isFrozen {
        guard let gradient = parameter.gradient else { continue }
        rule.update(parameter, gradient, name: name, rate: rate, decay: decay, memory: &memory)
      }
    }
  }
}

/// Parameters that are trained alike.
public struct ParameterGroup<Scalar: TensorFloatingPointScalar> {
  /// The parameters with their names; names are unique over all groups of an optimiser.
  public var parameters: [(name: String, parameter: Parameter<Scalar>)]
  /// Factor on the optimiser's learning rate: 1.
  public var learningRateScale: Double
  /// Weight decay in place of the optimiser's, or `nil` for that one.
  public var weightDecay: Double?
  /// A learning rate in place of the optimiser's, which no schedule changes, as of SimSiam's predictor; `nil` for that one.
  public var fixedLearningRate: Double?

  /// Named parameters, such as `network.encoder.namedParameters`.
  public init(
    _ parameters: [(name: String, parameter: Parameter<Scalar>)], learningRateScale: Double = 1,
    weightDecay: Double? = nil, fixedLearningRate: Double? = nil
  ) {
    self.parameters = parameters
    self.learningRateScale = learningRateScale
    self.weightDecay = weightDecay
    self.fixedLearningRate = fixedLearningRate
  }
}
