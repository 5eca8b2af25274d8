internal import CSuperCLKernels
import Tensor

/// The steps of ``FixedAugmentation`` on floats, by the vectorised kernels: each pass takes two of them.
enum GrayLevels {
  /// Gray levels under a brightness, and their sum.
  ///
  /// - Parameter scales: Whether the image's range becomes 0...255 first.
  static func levels(
    of image: Tensor<Float>, scales: Bool, truncates: Bool, brightness: Float
  ) -> (levels: Tensor<Float>, sum: Double) {
    var sum = 0.0
    let levels = Tensor<Float>(shape: image.shape) { target in
      image.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress, !source.isEmpty else { return }
        let kernels = scl_gray().pointee
        var plan = scl_gray_levels(
          scales: scales ? 1 : 0, low: 0, high: 0, truncates: truncates ? 1 : 0, brightness: brightness)
        if scales { kernels.range?(from, source.count, &plan.low, &plan.high) }
        sum = kernels.levels?(&plan, from, source.count, to) ?? 0
      }
    }
    return (levels, sum)
  }

  /// `mean + factor (x - mean)` as gray levels.
  static func stretch(_ image: inout Tensor<Float>, about mean: Float, by factor: Float, truncates: Bool) {
    image.withUnsafeMutableBufferPointer { values in
      guard let first = values.baseAddress else { return }
      scl_gray().pointee.contrast?(first, values.count, mean, factor, truncates ? 1 : 0)
    }
  }

  /// An image `[H, W, C]` under a Gaussian of 3 x 3, mirrored about its outermost pixels.
  static func blurred(_ image: Tensor<Float>, standardDeviation: Double, rounds: Bool) -> Tensor<Float> {
    let weights = gaussianWeights(standardDeviation: standardDeviation, radius: 1)
    let (rows, columns, channels) = (image.shape[0], image.shape[1], image.shape[2])
    return Tensor(shape: image.shape) { target in
      image.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress, !source.isEmpty else { return }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: columns * channels) { line in
          scl_gray().pointee.blur?(
            from, rows, columns, channels, Float(weights[1]), Float(weights[0]), rounds ? 1 : 0,
            line.baseAddress, to)
        }
      }
    }
  }

  /// `bound (x - min) / (max - min)`, exactly `bound` at the maximum; zeros for a constant image.
  static func rescaled(_ image: Tensor<Float>, to bound: Float) -> Tensor<Float> {
    Tensor(shape: image.shape) { target in
      image.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress, !source.isEmpty else { return }
        let kernels = scl_gray().pointee
        var (low, high): (Float, Float) = (0, 0)
        kernels.range?(from, source.count, &low, &high)
        kernels.rescale?(from, source.count, low, high, bound, to)
      }
    }
  }
}
