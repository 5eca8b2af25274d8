extension Tensor where Scalar: TensorFloatingPointScalar {
  /// The largest value of each window, channel by channel.
  ///
  /// Images are `[N, H, W, C]` with a window of two axes, volumes `[N, D, H, W, C]` with three. A NaN in a
  /// window is its maximum. An axis shorter than the window (with its padding) gives length 0.
  ///
  ///     images.maxPool(PoolingWindow([2, 2]))     // [N, H / 2, W / 2, C]
  ///
  /// - Precondition: the tensor has the window's spatial axes between batch and channels.
  /// - Complexity: O(elements of the result times window size).
  public func maxPool(_ window: PoolingWindow) -> Tensor {
    let geometry = PoolingGeometry(shape: shape, window: window)
    return Profiler.measure("maxPool", bytes: elementCount * MemoryLayout<Scalar>.stride) {
      PoolingKernels.maximum(self, geometry: geometry)
    }
  }

  /// The largest value of each window and where it was: what the gradient needs in place of the input.
  ///
  /// Of equal maxima the first in row-major order counts.
  package func maxPoolWithSelection(_ window: PoolingWindow) -> (output: Tensor, selection: PoolingSelection)
  {
    let geometry = PoolingGeometry(shape: shape, window: window)
    return Profiler.measure("maxPool", bytes: elementCount * MemoryLayout<Scalar>.stride) {
      PoolingKernels.maximumWithSelection(self, geometry: geometry)
    }
  }

  /// The gradient of max pooling of an input of shape `inputShape`: each value goes to the pixel selected.
  package static func maxPoolGradient(
    outputGradient: Tensor, selection: PoolingSelection, inputShape: TensorShape, window: PoolingWindow
  ) -> Tensor {
    let geometry = PoolingGeometry(shape: inputShape, window: window)
    checkGradient(outputGradient, fits: geometry.outputShape(of: inputShape))
    return Profiler.measure("maxPool gradient", bytes: inputShape.elementCount * MemoryLayout<Scalar>.stride)
    {
      PoolingKernels.maximumGradient(
        outputGradient, selection: selection, inputShape: inputShape, geometry: geometry)
    }
  }

  /// The mean of each window, channel by channel.
  ///
  /// - Parameter divisor: what the sum is divided by where a window reaches into the padding.
  /// - Parameter window: The window and its steps.
  /// - Precondition: the tensor has the window's spatial axes between batch and channels.
  public func averagePool(_ window: PoolingWindow, divisor: AveragePoolingDivisor = .wholeWindow) -> Tensor {
    PoolingKernels.average(
      self, geometry: PoolingGeometry(shape: shape, window: window), divisor: divisor)
  }

  /// The gradient of average pooling of an input of shape `inputShape`.
  package static func averagePoolGradient(
    outputGradient: Tensor, inputShape: TensorShape, window: PoolingWindow,
    divisor: AveragePoolingDivisor = .wholeWindow
  ) -> Tensor {
    let geometry = PoolingGeometry(shape: inputShape, window: window)
    checkGradient(outputGradient, fits: geometry.outputShape(of: inputShape))
    return PoolingKernels.averageGradient(
      outputGradient, inputShape: inputShape, geometry: geometry, divisor: divisor)
  }

  /// The mean over all positions: `[N, ..., C]` becomes `[N, C]`. Images without pixels give NaN.
  ///
  /// - Precondition: rank of at least 2.
  public func globalAveragePool() -> Tensor {
    shapePrecondition(rank >= 2, "globalAveragePool needs batch and channel axes; the shape is \(shape)")
    return PoolingKernels.globalAverage(self)
  }

  /// The gradient of ``globalAveragePool()`` of an input of shape `inputShape`.
  package static func globalAveragePoolGradient(outputGradient: Tensor, inputShape: TensorShape) -> Tensor {
    checkGradient(outputGradient, fits: [inputShape[0], inputShape[-1]])
    return PoolingKernels.globalAverageGradient(outputGradient, inputShape: inputShape)
  }

  private static func checkGradient(_ gradient: Tensor, fits shape: TensorShape) {
    shapePrecondition(
      gradient.shape == shape,
      "the gradient of shape \(gradient.shape) does not fit a result of shape \(shape)")
  }
}

/// What ``Tensor/averagePool(_:divisor:)`` divides the sum of a window by.
public enum AveragePoolingDivisor: Sendable {
  /// The size of the window: padding counts as zeros (PyTorch's default).
  case wholeWindow
  /// The pixels of the window that lie inside the image.
  case coveredPixels
}

/// Which pixel of its window each maximum is, in row-major order: a byte each while the window has at most
/// 256 pixels.
package enum PoolingSelection: Sendable {
  case bytes(Tensor<UInt8>)
  case words(Tensor<Int32>)
}
