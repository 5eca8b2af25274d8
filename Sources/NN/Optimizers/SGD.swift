import Autograd
public import Tensor

/// Stochastic gradient descent with momentum m and L2 weight decay w: `g' = g + w p`, `v = m v + g'`, `p = p - r v`
/// (Nesterov: `p - r (g' + m v)`). The optimiser of SuperCL's pre-training: momentum .9, weight decay 1e-5, rate .01.
public final class SGD<Scalar: TensorFloatingPointScalar>: Optimizer {
  /// How earlier gradients carry on.
  public enum Momentum: Sendable, Equatable {
    case none
    /// `v = factor v + (1 - dampening) g`.
    case classical(factor: Double, dampening: Double = 0)
    /// Nesterov's look ahead.
    case nesterov(factor: Double)

    fileprivate var rule: MomentumRule {
      switch self {
      case .none: .none
      case .classical(let factor, let dampening): .classical(factor: factor, dampening: dampening)
      case .nesterov(let factor): .nesterov(factor: factor)
      }
    }
  }

  /// The parameters, with what is special about each group of them.
  public let groups: [ParameterGroup<Scalar>]
  /// The learning rate of the next step.
  public var learningRate: Double
  /// How earlier gradients carry on.
  public let momentum: Momentum
  /// The weight decay of groups that have none of their own.
  public let weightDecay: Double
  /// Called at the start of every step; see ``Optimizer/gradientHooks``.
  public var gradientHooks: [([Parameter<Scalar>]) -> Void] = []
  /// What is remembered between steps.
  public var memory = OptimizerMemory<Scalar>()

  /// Groups of parameters, which may differ in rate and decay.
  public init(
    _ groups: [ParameterGroup<Scalar>], learningRate: Double = 0.01,
    momentum: Momentum = .classical(factor: 0.9),
    weightDecay: Double = 0
  ) {
    self.groups = groups
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
  }

  /// All parameters of a module in one group.
  public convenience init(
    _ module: any Module<Scalar>, learningRate: Double = 0.01, momentum: Momentum = .classical(factor: 0.9),
    weightDecay: Double = 0
  ) {
    self.init(
      [ParameterGroup(module.namedParameters)], learningRate: learningRate, momentum: momentum,
      weightDecay: weightDecay)
  }

  /// Updates one parameter; called by ``Optimizer/step()``.
  public func update(
    _ parameter: Parameter<Scalar>, _ gradient: Tensor<Scalar>, name: String, group: ParameterGroup<Scalar>
  ) {
    let rate = rate(of: group)
    let decay = group.weightDecay ?? weightDecay
    let step = memory.countUpdate(of: name)
    memory.with("velocity", of: name, shape: momentum == .none ? [0] : parameter.shape) { velocity in
      parameter.variable.updateValue {
        OptimizerUpdates.stochasticGradientDescent(
          &$0, gradient: gradient, velocity: &velocity, learningRate: rate, momentum: momentum.rule,
          weightDecay: decay,
          step: step)
      }
    }
  }
}

/// Tensor's form of ``SGD/Momentum``.
private typealias MomentumRule = Momentum
