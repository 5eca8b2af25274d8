import Autograd
public import Tensor

/// Adam: steps of the mean gradient over the root of its mean square, both bias-corrected; weight decay as an L2 term in
/// the gradient. The optimiser of fine-tuning in SuperCL's released code: rate 5e-4, weight decay
/// 1e-5.
///
/// Source: Kingma and Ba, ICLR 2015, algorithm 1.
public final class Adam<Scalar: TensorFloatingPointScalar>: Optimizer {
  /// The parameters, with what is special about each group of them.
  public let groups: [ParameterGroup<Scalar>]
  /// The learning rate of the next step.
  public var learningRate: Double
  /// Decay of the means of gradient and square: .9, .999.
  public let betas: (Double, Double)
  /// Added to the root of the mean square: 1e-8.
  public let epsilon: Double
  /// The weight decay of groups that have none of their own.
  public let weightDecay: Double
  /// Called at the start of every step; see ``Optimizer/gradientHooks``.
  public var gradientHooks: [([Parameter<Scalar>]) -> Void] = []
  /// What is remembered between steps.
  public var memory = OptimizerMemory<Scalar>()

  /// Groups of parameters, which may differ in rate and decay.
  public init(
    _ groups: [ParameterGroup<Scalar>], learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8, weightDecay: Double = 0
  ) {
    self.groups = groups
    self.learningRate = learningRate
    self.betas = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// All parameters of a module in one group.
  public convenience init(
    _ module: any Module<Scalar>, learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8, weightDecay: Double = 0
  ) {
    self.init(
      [ParameterGroup(module.namedParameters)], learningRate: learningRate, betas: betas, epsilon: epsilon,
      weightDecay: weightDecay)
  }

  /// Updates one parameter; called by ``Optimizer/step()``.
  public func update(
    _ parameter: Parameter<Scalar>, _ gradient: Tensor<Scalar>, name: String, group: ParameterGroup<Scalar>
  ) {
    memory.adam(
      parameter, gradient, name: name, learningRate: rate(of: group), betas: betas, epsilon: epsilon,
      weightDecay: .inGradient(group.weightDecay ?? weightDecay))
  }
}

/// Adam with weight decay apart from the gradient: `p = p (1 - r w)` before each step.
///
/// Source: Loshchilov and Hutter, ICLR 2019, algorithm 2.
public final class AdamW<Scalar: TensorFloatingPointScalar>: Optimizer {
  /// The parameters, with what is special about each group of them.
  public let groups: [ParameterGroup<Scalar>]
  /// The learning rate of the next step.
  public var learningRate: Double
  /// Decay of the means of gradient and square: .9, .999.
  public let betas: (Double, Double)
  /// Added to the root of the mean square: 1e-8.
  public let epsilon: Double
  /// w in the formula: .01.
  public let weightDecay: Double
  /// Called at the start of every step; see ``Optimizer/gradientHooks``.
  public var gradientHooks: [([Parameter<Scalar>]) -> Void] = []
  /// What is remembered between steps.
  public var memory = OptimizerMemory<Scalar>()

  /// Groups of parameters, which may differ in rate and decay.
  public init(
    _ groups: [ParameterGroup<Scalar>], learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8, weightDecay: Double = 0.01
  ) {
    self.groups = groups
    self.learningRate = learningRate
    self.betas = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// All parameters of a module in one group.
  public convenience init(
    _ module: any Module<Scalar>, learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8, weightDecay: Double = 0.01
  ) {
    self.init(
      [ParameterGroup(module.namedParameters)], learningRate: learningRate, betas: betas, epsilon: epsilon,
      weightDecay: weightDecay)
  }

  /// Updates one parameter; called by ``Optimizer/step()``.
  public func update(
    _ parameter: Parameter<Scalar>, _ gradient: Tensor<Scalar>, name: String, group: ParameterGroup<Scalar>
  ) {
    memory.adam(
      parameter, gradient, name: name, learningRate: rate(of: group), betas: betas, epsilon: epsilon,
      weightDecay: .decoupled(group.weightDecay ?? weightDecay))
  }
}

extension OptimizerMemory {
  /// The step that Adam and AdamW share; they differ in the weight decay.
  fileprivate mutating func adam(
    _ parameter: Parameter<Scalar>, _ gradient: Tensor<Scalar>, name: String, learningRate: Double,
    betas: (Double, Double), epsilon: Double, weightDecay: AdamWeightDecay
  ) {
    let step = countUpdate(of: name)
    with("first", "second", of: name, shape: parameter.shape) { first, second in
      parameter.variable.updateValue {
        OptimizerUpdates.adam(
          &$0, gradient: gradient, firstMoment: &first, secondMoment: &second, learningRate: learningRate,
          betas: betas, epsilon: epsilon, weightDecay: weightDecay, step: step)
      }
    }
  }
}
