import Autograd
public import Tensor

/// Layer-wise adaptive rates: every parameter's step is scaled to its own size, so that large batches train.
/// `v = m v + r e |p| / (|g| + w |p|) (g + w p)`, `p = p - v`; where `|p|` or `|g|` is zero the scale is 1.
///
/// Source: You, Gitman and Ginsburg, arXiv 1708.03888, algorithm 1.
public final class LARS<Scalar: TensorFloatingPointScalar>: Optimizer {
  /// The parameters, with what is special about each group of them.
  public let groups: [ParameterGroup<Scalar>]
  /// The learning rate of the next step.
  public var learningRate: Double
  /// m in the formula: .9.
  public let momentum: Double
  /// w in the formula.
  public let weightDecay: Double
  /// e in the formula, the trust in a layer's own scale: .001.
  public let trust: Double
  /// Called at the start of every step; see ``Optimizer/gradientHooks``.
  public var gradientHooks: [([Parameter<Scalar>]) -> Void] = []
  /// What is remembered between steps.
  public var memory = OptimizerMemory<Scalar>()

  /// Groups of parameters, which may differ in rate and decay.
  public init(
    _ groups: [ParameterGroup<Scalar>], learningRate: Double = 0.1, momentum: Double = 0.9,
    weightDecay: Double = 0,
    trust: Double = 0.001
  ) {
    self.groups = groups
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.trust = trust
  }

  /// All parameters of a module in one group.
  public convenience init(
    _ module: any Module<Scalar>, learningRate: Double = 0.1, momentum: Double = 0.9, weightDecay: Double = 0,
    trust: Double = 0.001
  ) {
    self.init(
      [ParameterGroup(module.namedParameters)], learningRate: learningRate, momentum: momentum,
      weightDecay: weightDecay, trust: trust)
  }

  /// Updates one parameter; called by ``Optimizer/step()``.
  public func update(
    _ parameter: Parameter<Scalar>, _ gradient: Tensor<Scalar>, name: String, group: ParameterGroup<Scalar>
  ) {
    let decay = group.weightDecay ?? weightDecay
    let size = EuclideanLength.length(of: parameter.value)
    let slope = EuclideanLength.length(of: gradient)
    let scale = size > 0 && slope > 0 ? trust * size / (slope + decay * size) : 1
    let rate = Scalar(rate(of: group) * scale)
    let momentum = Scalar(momentum)
    memory.with("velocity", of: name, shape: parameter.shape) { velocity in
      parameter.variable.updateValue { value in
        velocity *= momentum
        velocity += (gradient + value * Scalar(decay)) * rate
        value -= velocity
      }
    }
  }
}
