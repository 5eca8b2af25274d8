import Autograd
public import Tensor

/// Limits gradients before a step; add one to an optimiser's hooks.
///
///     optimizer.gradientHooks.append(GradientClipping<Float>.byNorm(1))
///
/// Clipping mends gradients that are too large, not broken ones: one that holds NaN or infinity stays as it is, so that
/// ``Optimizer/step()`` finds it and refuses the step.
public enum GradientClipping<Scalar: TensorFloatingPointScalar> {
  /// Scales all gradients together so that their joint Euclidean norm is at most `maximum` (as PyTorch's
  /// `clip_grad_norm_`, whose 1e-6 in the denominator it shares).
  ///
  /// Gradients of 1e20 come out right in `Float`, too, where the sum of their squares is infinite. With a NaN or an
  /// infinity among them nothing is scaled: 0 times infinity would be NaN, and every other gradient 0.
  public static func byNorm(_ maximum: Double) -> ([Parameter<Scalar>]) -> Void {
    shapePrecondition(maximum > 0, "gradients are clipped to a positive norm, not \(maximum)")
    return { parameters in
      let norm = gradientNorm(parameters)
      let factor = maximum / (norm + 1e-6)
      guard norm.isFinite, factor < 1 else { return }
      // A factor below the smallest number with all its digits comes in two parts.
      let parts = factor < Double(Scalar.leastNormalMagnitude) ? 2 : 1
      let part = Scalar(parts == 2 ? factor.squareRoot() : factor)
      for parameter in parameters {
        parameter.variable.updateGradient { for _ in 0..<parts { $0 *= part } }
      }
    }
  }

  /// Clamps every element to `-maximum...maximum`. A gradient with a NaN or an infinity stays as it is: clamped, an
  /// infinite slope would look like a steep one.
  public static func byValue(_ maximum: Double) -> ([Parameter<Scalar>]) -> Void {
    shapePrecondition(maximum > 0, "gradients are clipped to a positive value, not \(maximum)")
    let bound = Scalar(maximum)
    return { parameters in
      for parameter in parameters where parameter.gradient?.nonFiniteElements.count == 0 {
        parameter.variable.updateGradient { $0 = $0.clamped(to: -bound...bound) }
      }
    }
  }

  /// The Euclidean norm of all gradients together: NaN or infinite only where an element is, or where the norm itself is
  /// beyond `Double`.
  ///
  /// Squares that no `Scalar` holds are not formed: where a plain sum of squares leaves the range, the largest element is
  /// taken out first. One pass, and a second one only then.
  public static func gradientNorm(_ parameters: [Parameter<Scalar>]) -> Double {
    EuclideanLength.length(of: parameters.compactMap(\.gradient).map { EuclideanLength.length(of: $0) })
  }
}
