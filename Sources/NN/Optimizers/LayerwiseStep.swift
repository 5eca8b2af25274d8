import Autograd
import Tensor

/// A step of LARS or LARC along `g + w p`, for a parameter p with gradient g and weight decay w.
struct LayerwiseStep<Scalar: TensorFloatingPointScalar> {
  private let parameter: Parameter<Scalar>
  private let gradient: Tensor<Scalar>
  var decay: Double
  /// `|p|` and `|g|`.
  private let size, slope: Double

  init(_ parameter: Parameter<Scalar>, _ gradient: Tensor<Scalar>, decay: Double) {
    self.parameter = parameter
    self.gradient = gradient
    self.decay = decay
    size = EuclideanLength.length(of: parameter.value)
    slope = EuclideanLength.length(of: gradient)
  }

  /// Whether neither length is 0.
  var isScaled: Bool { size > 0 && slope > 0 }

  /// `g + w p`.
  private var direction: Tensor<Scalar> {
    decay == 0 ? gradient : gradient + parameter.value * Scalar(decay)
  }

  /// `e |p| / (|g| + w |p| + epsilon)`.
  func scale(trust: Double, epsilon: Double = 0) -> Double {
    isScaled ? trust * size / (slope + decay * size + epsilon) : 1
  }

  /// `e |p| / |g + w p|`.
  func scaleByDirection(trust: Double) -> Double {
    let length = EuclideanLength.length(of: direction)
    return size > 0 && length > 0 ? trust * size / length : 1
  }

  /// `v = momentum v + gain (g + w p)`, `p = p - rate v`.
  func move(_ velocity: inout Tensor<Scalar>, momentum: Double, gain: Double, rate: Double) {
    velocity *= Scalar(momentum)
    velocity += direction * Scalar(gain)
    parameter.variable.updateValue { $0 -= rate == 1 ? velocity : velocity * Scalar(rate) }
  }
}
