import Autograd
public import Tensor

/// Limits gradients before a step; add one to an optimiser's hooks.
///
///     optimizer.gradientHooks.append(GradientClipping<Float>.byNorm(1))
public enum GradientClipping<Scalar: TensorFloatingPointScalar> {
  /// Scales all gradients together so that their joint Euclidean norm is at most `maximum` (as PyTorch's
  /// `clip_grad_norm_`, whose 1e-6 in the denominator it shares).
  public static func byNorm(_ maximum: Double) -> ([Parameter<Scalar>]) -> Void {
    shapePrecondition(maximum > 0, "gradients are clipped to a positive norm, not \(maximum)")
    return { parameters in
      let norm = gradientNorm(parameters)
      let factor = maximum / (norm + 1e-6)
      guard factor < 1 else { return }
      for parameter in parameters { parameter.variable.updateGradient { $0 *= Scalar(factor) } }
    }
  }

  /// Clamps every element to `-maximum...maximum`.
  public static func byValue(_ maximum: Double) -> ([Parameter<Scalar>]) -> Void {
    shapePrecondition(maximum > 0, "gradients are clipped to a positive value, not \(maximum)")
    let bound = Scalar(maximum)
    return { parameters in
      for parameter in parameters {
        parameter.variable.updateGradient { $0 = $0.clamped(to: -bound...bound) }
      }
    }
  }

  /// The Euclidean norm of all gradients together, summed in Double.
  public static func gradientNorm(_ parameters: [Parameter<Scalar>]) -> Double {
    parameters.compactMap(\.gradient).reduce(0.0) { sum, gradient in
      let norm = Double(gradient.norm().item)
      return sum + norm * norm
    }.squareRoot()
  }
}
