import Tensor
import TestSupport

/// Random tensors and finite differences for gradients that no tape records.
enum Differences {
  /// Uniform elements in -1...1.
  static func tensor<Scalar: TensorFloatingPointScalar>(_ shape: TensorShape, seed: UInt64) -> Tensor<Scalar>
  {
    var generator = SplitMix64(seed: seed)
    return Tensor(shape: shape) { buffer in
      for index in buffer.indices { buffer[index] = Scalar(Double.random(in: -1...1, using: &generator)) }
    }
  }

  static func dot(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Double {
    zip(a.scalars, b.scalars).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// How far `gradient` is from the slope of `function` at `point` along a random direction, relative to the
  /// larger of the two (at least 1e-3 of the gradient's size).
  static func relativeError(
    of gradient: Tensor<Double>, at point: Tensor<Double>, seed: UInt64 = 99, step: Double = 1e-4,
    _ function: (Tensor<Double>) -> Double
  ) -> Double {
    let direction: Tensor<Double> = tensor(point.shape, seed: seed)
    func value(_ amount: Double) -> Double {
      let start = point.scalars
      let moved = zip(start, direction.scalars).map { $0 + amount * $1 }
      return function(Tensor(moved, shape: point.shape))
    }
    let near = value(step) - value(-step)
    let far = value(2 * step) - value(-2 * step)
    let numeric = (8 * near - far) / (12 * step)
    let analytic = dot(gradient, direction)
    let size = dot(gradient, gradient).squareRoot() * 1e-3
    let scale = max(analytic.magnitude, numeric.magnitude, size, 1e-12)
    return (analytic - numeric).magnitude / scale
  }

  /// `|a - b| / |b|` over all elements.
  static func relativeDistance(_ a: Tensor<Float>, _ b: Tensor<Double>) -> Double {
    precondition(a.shape == b.shape, "shapes \(a.shape) and \(b.shape) differ")
    var (difference, size) = (0.0, 0.0)
    for (left, right) in zip(a.scalars, b.scalars) {
      difference += (Double(left) - right) * (Double(left) - right)
      size += right * right
    }
    return size == 0 ? difference.squareRoot() : (difference / size).squareRoot()
  }
}
