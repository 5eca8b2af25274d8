import Autograd
import Tensor

/// How gradients are limited before a step.
public enum GradientClipping: Sendable, Hashable, Codable {
  /// All gradients are scaled together so that their joint Euclidean norm is at most the bound (as PyTorch's
  /// `clip_grad_norm_`, whose 1e-6 in the denominator it shares).
  case norm(Double)
  /// Every element is clamped to `-bound...bound`.
  case value(Double)

  /// Limits the gradients that are there.
  ///
  /// - Precondition: a positive bound.
  public func apply<Scalar>(to parameters: [Parameter<Scalar>]) {
    switch self {
    case .norm(let bound):
      shapePrecondition(bound > 0, "gradients are clipped to a positive norm, not \(bound)")
      let factor = bound / (gradientNorm(parameters) + 1e-6)
      guard factor < 1 else { return }
      for parameter in parameters { parameter.variable.updateGradient { $0 *= Scalar(factor) } }
    case .value(let bound):
      shapePrecondition(bound > 0, "gradients are clipped to a positive value, not \(bound)")
      for parameter in parameters {
        parameter.variable.updateGradient { $0 = $0.clamped(to: -Scalar(bound)...Scalar(bound)) }
      }
    }
  }
}

/// The Euclidean norm of all gradients together, summed in Double.
public func gradientNorm<Scalar>(_ parameters: [Parameter<Scalar>]) -> Double {
  parameters.compactMap(\.gradient).reduce(0.0) { sum, gradient in
    let norm = Double(gradient.norm().item)
    return sum + norm * norm
  }.squareRoot()
}
