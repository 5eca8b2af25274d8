/// What an elementwise function's backward pass multiplies the gradient by, from the one tensor that the
/// forward pass saved: the argument x, or the result y where that is cheaper or already kept by a
/// neighbour.
package enum ElementwiseDerivative<Scalar: TensorFloatingPointScalar> {
  /// 1 / x
  case logarithm
  /// 1 / (1 + x)
  case logarithmOnePlus
  /// 1 / 2y
  case squareRoot
  /// -y^2
  case reciprocal
  /// cos x
  case sine
  /// -sin x
  case cosine
  /// 1 - y^2
  case hyperbolicTangent
  /// y (1 - y)
  case sigmoid
  /// 2 / sqrt(pi) e^(-x^2)
  case errorFunction
  /// 1 where the saved tensor (x or y) is positive, otherwise 0
  case relu
  /// 1 where x is positive, otherwise the slope
  case leakyReLU(negativeSlope: Scalar)
  /// Phi(x) + x phi(x)
  case gelu
  /// sigmoid(x)
  case softplus
  /// -1, 0 or 1
  case magnitude
  /// 1 where x is in the range, otherwise 0
  case clamped(ClosedRange<Scalar>)

  /// What computes it for `Float`, if there is a kernel.
  var kernel: (DerivativeKernel, parameter: Float)? {
    switch self {
    case .relu: (.leakyReLU, 0)
    case .leakyReLU(let slope): (.leakyReLU, Float(slope))
    case .hyperbolicTangent: (.hyperbolicTangent, 0)
    case .sigmoid: (.sigmoid, 0)
    case .softplus: (.softplus, 0)
    default: nil
    }
  }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// This gradient times the derivative at the saved tensor, in one pass.
  ///
  /// - Precondition: equal shapes.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func backpropagated(through derivative: ElementwiseDerivative<Scalar>, saved: Tensor) -> Tensor {
    shapePrecondition(
      shape == saved.shape, "a gradient of shape \(shape) at a tensor of shape \(saved.shape)")
    return Profiler.measure(
      "\(derivative) gradient", flops: elementCount, bytes: 3 * elementCount * MemoryLayout<Scalar>.stride
    ) { product(with: derivative, at: saved) }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func product(with derivative: ElementwiseDerivative<Scalar>, at saved: Tensor) -> Tensor {
    if Scalar.self == Float.self, let (kernel, parameter) = derivative.kernel {
      return Tensor(shape: shape) { output in
        withUnsafeBufferPointer { gradient in
          saved.withUnsafeBufferPointer { saved in
            guard let gradient = gradient.baseAddress, let saved = saved.baseAddress,
              let target = output.baseAddress
            else { return }
            ElementwiseFloat.run(
              kernel, parameter: parameter, count: output.count, gradient: gradient, saved: saved,
              into: target)
          }
        }
      }
    }
    return switch derivative {
    case .logarithm: Elementwise.zip(self, saved) { $0 / $1 }
    case .logarithmOnePlus: Elementwise.zip(self, saved) { $0 / (1 + $1) }
    case .squareRoot: Elementwise.zip(self, saved) { $0 / (2 * $1) }
    case .reciprocal: Elementwise.zip(self, saved) { -$0 * $1 * $1 }
    case .sine: Elementwise.zip(self, saved) { $0 * ScalarMath.cosine($1) }
    case .cosine: Elementwise.zip(self, saved) { -$0 * ScalarMath.sine($1) }
    case .hyperbolicTangent: Elementwise.zip(self, saved) { $0 * (1 - $1 * $1) }
    case .sigmoid: Elementwise.zip(self, saved) { $0 * $1 * (1 - $1) }
    case .errorFunction:
      Elementwise.zip(self, saved) { $0 * Scalar(1.1283791670955126) * ScalarMath.exponential(-$1 * $1) }
    case .relu: Elementwise.zip(self, saved) { $1 > 0 ? $0 : 0 }
    case .leakyReLU(let slope): Elementwise.zip(self, saved) { $1 > 0 ? $0 : $0 * slope }
    case .gelu: Elementwise.zip(self, saved) { $0 * ScalarMath.geluDerivative($1) }
    case .softplus: Elementwise.zip(self, saved) { $0 * ScalarMath.sigmoid($1) }
    case .magnitude: Elementwise.zip(self, saved) { $0 * ScalarMath.sign($1) }
    case .clamped(let range): Elementwise.zip(self, saved) { range.contains($1) ? $0 : 0 }
    }
  }
}
