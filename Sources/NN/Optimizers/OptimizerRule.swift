import Autograd
import Tensor

/// How an optimiser moves a parameter p along its gradient g, at a learning rate r and a weight decay w.
public enum OptimizerRule: Sendable, Hashable, Codable {
  /// Stochastic gradient descent with L2 decay: `g' = g + w p`, then `p = p - r g'`, or with a velocity v as
  /// ``Momentum`` says. The rule of SuperCL's pre-training: momentum .9, weight decay 1e-5, rate .01.
  case sgd(momentum: Momentum = .classical(factor: 0.9))
  /// Adam: steps of the mean gradient over the root of its mean square, both bias-corrected; L2 decay in the gradient.
  /// `beta1` and `beta2` decay the two means; `epsilon` is added to the root. The rule of the paper's fine-tuning: rate
  /// 5e-4, weight decay 1e-5. Source: Kingma and Ba, ICLR 2015, algorithm 1.
  case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
  /// Adam with weight decay apart from the gradient: `p = p (1 - r w)` before each step; w is usually .01. Source:
  /// Loshchilov and Hutter, ICLR 2019, algorithm 2.
  case adamW(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
  /// Layer-wise adaptive rates, so that large batches train: each tensor's step is scaled by its own length over that of its
  /// gradient. Momentum m, trust e; `form` says which of the formulas that bear the name. Where `|p|` or `|g|` is zero
  /// the scale is 1. Source: You, Gitman and Ginsburg, arXiv 1708.03888, algorithm 1.
  case lars(momentum: Double = 0.9, trust: Double = 0.001, form: LARSForm = .paper)
  /// LARC without clipping: `s = e |p| / (|g| + w |p| + epsilon)`, `v = m v + s (g + w p)`, `p = p - r v`, of every tensor,
  /// biases and scales of norms too. Where `|p|` or `|g|` is zero, `v = m v + g` without decay. Source: NVIDIA's apex,
  /// parallel/LARC.py, with `clip=False`; SwAV's release calls it with a trust of .001.
  case larc(momentum: Double = 0.9, trust: Double = 0.001, epsilon: Double = 1e-8)

  /// The formulas that are called LARS. They differ in what the scale divides by, in whether the rate is part of the velocity,
  /// which shows as soon as the rate changes, and in what becomes of vectors: biases, scales and shifts of norms.
  public enum LARSForm: String, Sendable, Hashable, Codable {
    /// The paper's: `v = m v + r s (g + w p)`, `p = p - v`, with `s = e |p| / (|g| + w |p|)`, of every tensor.
    case paper
    /// That of SimCLR's release: `g' = g + w p`, `s = e |p| / |g'|`, `v = m v + r s g'`, `p = p - v`. Vectors have neither
    /// scale nor decay.
    case rateInside
    /// That of the releases of BYOL, Barlow Twins, VICReg, DeSD and WCL: `g' = g + w p`, `s = e |p| / |g'|`,
    /// `v = m v + s g'`, `p = p - r v`. Vectors have neither scale nor decay.
    case rateOutside
  }

  /// How earlier gradients carry on in ``sgd(momentum:)``.
  public enum Momentum: Sendable, Hashable, Codable {
    /// They do not.
    case none
    /// `v = factor v + (1 - dampening) g'`, `p = p - r v`; the first velocity is g' itself.
    case classical(factor: Double, dampening: Double = 0)
    /// Nesterov's look ahead: `v = factor v + g'`, `p = p - r (g' + factor v)`.
    case nesterov(factor: Double)
  }

  /// Moves one parameter; its moments in `memory` bear its name.
  func update<Scalar>(
    _ parameter: Parameter<Scalar>, _ gradient: Tensor<Scalar>, name: String, rate: Double, decay: Double,
    memory: inout OptimizerMemory<Scalar>
  ) {
    let step = memory.countUpdate(of: name)
    switch self {
    case .sgd(let momentum):
      memory.with("velocity", of: name, shape: momentum == .none ? [0] : parameter.shape) { velocity in
        parameter.variable.updateValue {
          OptimizerUpdates.stochasticGradientDescent(
            &$0, gradient: gradient, velocity: &velocity, learningRate: rate, momentum: momentum,
            weightDecay: decay, step: step)
        }
      }
    case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon):
      let weightDecay: AdamWeightDecay =
        if case .adam = self { .inGradient(decay) } else { .decoupled(decay) }
      memory.with("first", "second", of: name, shape: parameter.shape) { first, second in
        parameter.variable.updateValue {
          OptimizerUpdates.adam(
            &$0, gradient: gradient, firstMoment: &first, secondMoment: &second, learningRate: rate,
            betas: (beta1, beta2), epsilon: epsilon, weightDecay: weightDecay, step: step)
        }
      }
    case .lars(let momentum, let trust, let form):
      let isPlain = form != .paper && parameter.shape.rank < 2
      let step = LayerwiseStep(parameter, gradient, decay: isPlain ? 0 : decay)
      let scale =
        isPlain ? 1 : form == .paper ? step.scale(trust: trust) : step.scaleByDirection(trust: trust)
      memory.with("velocity", of: name, shape: parameter.shape) { velocity in
        step.move(
          &velocity, momentum: momentum, gain: form == .rateOutside ? scale : rate * scale,
          rate: form == .rateOutside ? rate : 1)
      }
    case .larc(let momentum, let trust, let epsilon):
      var step = LayerwiseStep(parameter, gradient, decay: decay)
      if !step.isScaled { step.decay = 0 }
      memory.with("velocity", of: name, shape: parameter.shape) { velocity in
        step.move(
          &velocity, momentum: momentum, gain: step.scale(trust: trust, epsilon: epsilon), rate: rate)
      }
    }
  }
}
