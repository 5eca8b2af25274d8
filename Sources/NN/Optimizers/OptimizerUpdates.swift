internal import CSuperCLKernels
package import Tensor

/// The update rules of the optimisers, in place on one parameter and its state.
///
/// Each rule follows PyTorch's optimiser of the same name step by step, so that a training can go on in
/// either library.
package enum OptimizerUpdates {
  /// Stochastic gradient descent with momentum m, Nesterov's variant and L2 weight decay w, for a learning
  /// rate r:
  /// `g' = g + w p`, `v = m v + (1 - dampening) g'`, `p = p - r v` (Nesterov: `p - r (g' + m v)`).
  ///
  /// - Parameters:
  ///   - velocity: v, zeros before the first step; left alone when `momentum` is 0.
  ///   - dampening: taken as 0 in the first step, when v becomes g' itself.
  ///   - step: the number of this step, from 1.
  package static func stochasticGradientDescent<Scalar: TensorFloatingPointScalar>(
    _ parameter: inout Tensor<Scalar>, gradient: Tensor<Scalar>, velocity: inout Tensor<Scalar>,
    learningRate: Double, momentum: OptimizerRule.Momentum = .none, weightDecay: Double = 0, step: Int
  ) {
    checkShapes(parameter, gradient, "gradient")
    let rule = SGDRule<Scalar>(
      learningRate: Scalar(learningRate), momentum: Scalar(momentum.factor), decay: Scalar(weightDecay),
      gain: Scalar(step == 1 ? 1 : 1 - momentum.dampening), isNesterov: momentum.isNesterov)
    guard momentum.factor != 0 else {
      update("sgd", &parameter, gradient) { parameter, gradient, range in
        if Scalar.self == Float.self {
          var rule = rule.forKernel
          scl_optimizer().pointee.plain_sgd(
            parameter.asFloat + range.lowerBound, gradient.asFloat + range.lowerBound, range.count, &rule)
        } else {
          plainSGD(parameter, gradient, range, rule)
        }
      }
      return
    }
    checkShapes(parameter, velocity, "velocity")
    velocity.withUnsafeMutableBufferPointer { velocity in
      guard let velocity = velocity.baseAddress else { return }
      update("sgd", &parameter, gradient) { parameter, gradient, range in
        if Scalar.self == Float.self {
          var rule = rule.forKernel
          let first = range.lowerBound
          scl_optimizer().pointee.sgd(
            parameter.asFloat + first, gradient.asFloat + first, velocity.asFloat + first, range.count, &rule)
        } else {
          sgd(parameter, gradient, velocity, range, rule)
        }
      }
    }
  }

  /// Adam: with `g' = g + w p` (or decoupled decay, AdamW: `p = p - r w p` first),
  /// `m = b1 m + (1 - b1) g'`, `s = b2 s + (1 - b2) g'^2`,
  /// `p = p - r (m / (1 - b1^t)) / (sqrt(s / (1 - b2^t)) + epsilon)`.
  /// Source: Kingma and Ba, 2015; Loshchilov and Hutter, 2019.
  ///
  /// - Parameters:
  ///   - firstMoment: m, zeros before the first step.
  ///   - secondMoment: s, zeros before the first step.
  ///   - step: t, the number of this step, from 1.
  package static func adam<Scalar: TensorFloatingPointScalar>(
    _ parameter: inout Tensor<Scalar>, gradient: Tensor<Scalar>, firstMoment: inout Tensor<Scalar>,
    secondMoment: inout Tensor<Scalar>, learningRate: Double, betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8, weightDecay: AdamWeightDecay = .inGradient(0), step: Int
  ) {
    checkShapes(parameter, gradient, "gradient")
    checkShapes(parameter, firstMoment, "first moment")
    checkShapes(parameter, secondMoment, "second moment")
    shapePrecondition(step >= 1, "steps are counted from 1, not \(step)")
    let correction1 = 1 - power(betas.0, step)
    let correction2 = 1 - power(betas.1, step)
    let rule = AdamRule<Scalar>(
      stepSize: Scalar(learningRate / correction1), gain1: Scalar(1 - betas.0), beta2: Scalar(betas.1),
      gain2: Scalar(1 - betas.1), rootCorrection: Scalar(correction2.squareRoot()), epsilon: Scalar(epsilon),
      shrink: Scalar(1 - learningRate * weightDecay.decoupled), decay: Scalar(weightDecay.inGradient))
    firstMoment.withUnsafeMutableBufferPointer { first in
      secondMoment.withUnsafeMutableBufferPointer { second in
        guard let first = first.baseAddress, let second = second.baseAddress else { return }
        update("adam", &parameter, gradient) { parameter, gradient, range in
          if Scalar.self == Float.self {
            var rule = rule.forKernel
            let start = range.lowerBound
            scl_optimizer().pointee.adam(
              parameter.asFloat + start, gradient.asFloat + start, first.asFloat + start,
              second.asFloat + start, range.count, &rule)
          } else {
            adam(parameter, gradient, first, second, range, rule)
          }
        }
      }
    }
  }

  // MARK: Loops

  fileprivate struct SGDRule<Scalar: TensorFloatingPointScalar> {
    var learningRate, momentum, decay, gain: Scalar
    var isNesterov: Bool

    var forKernel: scl_sgd_rule {
      scl_sgd_rule(
        rate: Float(learningRate), momentum: Float(momentum), decay: Float(decay), gain: Float(gain),
        nesterov: isNesterov ? 1 : 0)
    }
  }

  fileprivate struct AdamRule<Scalar: TensorFloatingPointScalar> {
    var stepSize, gain1, beta2, gain2, rootCorrection, epsilon, shrink, decay: Scalar

    var forKernel: scl_adam_rule {
      scl_adam_rule(
        step: Float(stepSize), gain1: Float(gain1), beta2: Float(beta2), gain2: Float(gain2),
        inverse_root: 1 / Float(rootCorrection), epsilon: Float(epsilon), shrink: Float(shrink),
        decay: Float(decay))
    }
  }

  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  private static func plainSGD<Scalar: TensorFloatingPointScalar>(
    _ parameter: UnsafeMutablePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ range: Range<Int>,
    _ rule: SGDRule<Scalar>
  ) {
    for index in range {
      parameter[index] -= rule.learningRate * (gradient[index] + rule.decay * parameter[index])
    }
  }

  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  private static func sgd<Scalar: TensorFloatingPointScalar>(
    _ parameter: UnsafeMutablePointer<Scalar>, _ gradient: UnsafePointer<Scalar>,
    _ velocity: UnsafeMutablePointer<Scalar>, _ range: Range<Int>, _ rule: SGDRule<Scalar>
  ) {
    for index in range {
      let slope = gradient[index] + rule.decay * parameter[index]
      velocity[index] = rule.momentum * velocity[index] + rule.gain * slope
      let direction = rule.isNesterov ? slope + rule.momentum * velocity[index] : velocity[index]
      parameter[index] -= rule.learningRate * direction
    }
  }

  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  private static func adam<Scalar: TensorFloatingPointScalar>(
    _ parameter: UnsafeMutablePointer<Scalar>, _ gradient: UnsafePointer<Scalar>,
    _ first: UnsafeMutablePointer<Scalar>, _ second: UnsafeMutablePointer<Scalar>, _ range: Range<Int>,
    _ rule: AdamRule<Scalar>
  ) {
    for index in range {
      let value = parameter[index] * rule.shrink
      let slope = gradient[index] + rule.decay * parameter[index]
      first[index] += rule.gain1 * (slope - first[index])
      second[index] = rule.beta2 * second[index] + rule.gain2 * slope * slope
      let denominator = second[index].squareRoot() / rule.rootCorrection + rule.epsilon
      parameter[index] = value - rule.stepSize * first[index] / denominator
    }
  }

  private static func update<Scalar>(
    _ name: String, _ parameter: inout Tensor<Scalar>, _ gradient: Tensor<Scalar>,
    _ body: (UnsafeMutablePointer<Scalar>, UnsafePointer<Scalar>, Range<Int>) -> Void
  ) {
    Profiler.measure(name, bytes: 4 * gradient.elementCount * MemoryLayout<Scalar>.stride) {
      parameter.withUnsafeMutableBufferPointer { parameter in
        guard let start = parameter.baseAddress else { return }
        Parallel.for(parameter.count, grain: 1 << 16) { body(start, gradient.pointer, $0) }
      }
    }
  }

  private static func checkShapes<Scalar>(
    _ parameter: Tensor<Scalar>, _ other: Tensor<Scalar>, _ name: String
  ) {
    shapePrecondition(
      parameter.shape == other.shape,
      "the \(name) of shape \(other.shape) does not fit a parameter of shape \(parameter.shape)")
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return result
  }
}

extension OptimizerRule.Momentum {
  fileprivate var factor: Double {
    switch self {
    case .none: 0
    case .classical(let factor, _), .nesterov(let factor): factor
    }
  }

  fileprivate var dampening: Double {
    if case .classical(_, let dampening) = self { dampening } else { 0 }
  }

  fileprivate var isNesterov: Bool { if case .nesterov = self { true } else { false } }
}

/// How Adam pulls parameters toward zero.
package enum AdamWeightDecay: Sendable, Equatable {
  /// Adds `factor p` to the gradient, as an L2 term of the loss would (Adam).
  case inGradient(Double)
  /// Multiplies the parameter by `1 - learningRate factor` apart from the gradient (AdamW).
  case decoupled(Double)

  var inGradient: Double { if case .inGradient(let factor) = self { factor } else { 0 } }
  var decoupled: Double { if case .decoupled(let factor) = self { factor } else { 0 } }
}
