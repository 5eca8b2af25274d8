/// Pooling forward and backward: the choice of kernel and of how selections are stored.
enum PoolingKernels {
  static func maximum<Scalar: TensorFloatingPointScalar>(
    _ input: Tensor<Scalar>, geometry: PoolingGeometry
  ) -> Tensor<Scalar> {
    Tensor(shape: geometry.outputShape(of: input.shape)) { output in
      guard let output = output.baseAddress else { return }
      if Scalar.self == Float.self {
        PoolingFast.maximum(
          input.pointer.asFloat, geometry: geometry, output: output.asFloat, selection: nil)
      } else {
        PoolingExact.maximum(
          input.pointer, geometry: geometry, output: output, selection: UnsafeMutablePointer<UInt8>?.none)
      }
    }
  }

  static func maximumWithSelection<Scalar: TensorFloatingPointScalar>(
    _ input: Tensor<Scalar>, geometry: PoolingGeometry
  ) -> (output: Tensor<Scalar>, selection: PoolingSelection) {
    if geometry.windowCount <= 256 {
      let (output, selection) = selected(input, geometry: geometry, as: UInt8.self)
      return (output, .bytes(selection))
    }
    let (output, selection) = selected(input, geometry: geometry, as: Int32.self)
    return (output, .words(selection))
  }

  private static func selected<Scalar: TensorFloatingPointScalar, Index: TensorIntegerScalar>(
    _ input: Tensor<Scalar>, geometry: PoolingGeometry, as type: Index.Type
  ) -> (output: Tensor<Scalar>, selection: Tensor<Index>) {
    let shape = geometry.outputShape(of: input.shape)
    let storage = TensorStorage<Index>(uninitializedCount: shape.elementCount)
    let output = Tensor<Scalar>(shape: shape) { output in
      guard let output = output.baseAddress else { return }
      if Scalar.self == Float.self, Index.self == UInt8.self {
        let selection = UnsafeMutableRawPointer(storage.pointer).assumingMemoryBound(to: UInt8.self)
        PoolingFast.maximum(
          input.pointer.asFloat, geometry: geometry, output: output.asFloat, selection: selection)
      } else {
        PoolingExact.maximum(input.pointer, geometry: geometry, output: output, selection: storage.pointer)
      }
    }
    return (output, Tensor(storage: storage, shape: shape))
  }

  static func maximumGradient<Scalar: TensorFloatingPointScalar>(
    _ outputGradient: Tensor<Scalar>, selection: PoolingSelection, inputShape: TensorShape,
    geometry: PoolingGeometry
  ) -> Tensor<Scalar> {
    Tensor(shape: inputShape) { result in
      guard let result = result.baseAddress else { return }
      switch selection {
      case .bytes(let selection) where Scalar.self == Float.self:
        PoolingFast.maximumGradient(
          outputGradient.pointer.asFloat, selection: selection.pointer, geometry: geometry,
          inputGradient: result.asFloat)
      case .bytes(let selection):
        PoolingExact.maximumGradient(
          outputGradient.pointer, selection: selection.pointer, geometry: geometry, inputGradient: result)
      case .words(let selection):
        PoolingExact.maximumGradient(
          outputGradient.pointer, selection: selection.pointer, geometry: geometry, inputGradient: result)
      }
    }
  }

  static func average<Scalar: TensorFloatingPointScalar>(
    _ input: Tensor<Scalar>, geometry: PoolingGeometry, divisor: AveragePoolingDivisor
  ) -> Tensor<Scalar> {
    Tensor(shape: geometry.outputShape(of: input.shape)) { output in
      guard let output = output.baseAddress else { return }
      if Scalar.self == Float.self {
        PoolingFast.average(
          input.pointer.asFloat, geometry: geometry, divisor: divisor, output: output.asFloat)
      } else {
        PoolingExact.average(input.pointer, geometry: geometry, divisor: divisor, output: output)
      }
    }
  }

  static func averageGradient<Scalar: TensorFloatingPointScalar>(
    _ outputGradient: Tensor<Scalar>, inputShape: TensorShape, geometry: PoolingGeometry,
    divisor: AveragePoolingDivisor
  ) -> Tensor<Scalar> {
    Tensor(shape: inputShape) { result in
      guard let result = result.baseAddress else { return }
      if Scalar.self == Float.self {
        PoolingFast.averageGradient(
          outputGradient.pointer.asFloat, geometry: geometry, divisor: divisor,
          inputGradient: result.asFloat)
      } else {
        PoolingExact.averageGradient(
          outputGradient.pointer, geometry: geometry, divisor: divisor, inputGradient: result)
      }
    }
  }

  /// The mean over positions; rows are summed in runs of 64, so that a float sum stays accurate.
  static func globalAverage<Scalar: TensorFloatingPointScalar>(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    let channels = input.shape[-1]
    let batch = input.shape[0]
    let positions = input.shape.dimensions.dropFirst().dropLast().reduce(1, *)
    return Tensor(shape: [batch, channels]) { output in
      guard let output = output.baseAddress else { return }
      let grain = max(1, (1 << 16) / max(1, positions * channels))
      Parallel.for(batch, grain: grain) { images in
        for image in images {
          sumRows(
            input.pointer + image * positions * channels, rows: positions, channels: channels,
            divisor: Scalar(positions), output: output + image * channels)
        }
      }
    }
  }

  static func globalAverageGradient<Scalar: TensorFloatingPointScalar>(
    _ outputGradient: Tensor<Scalar>, inputShape: TensorShape
  ) -> Tensor<Scalar> {
    let channels = inputShape[-1]
    let positions = inputShape.dimensions.dropFirst().dropLast().reduce(1, *)
    return Tensor(shape: inputShape) { result in
      guard let result = result.baseAddress else { return }
      let grain = max(1, (1 << 16) / max(1, positions * channels))
      Parallel.for(inputShape[0], grain: grain) { images in
        for image in images {
          let source = outputGradient.pointer + image * channels
          let first = result + image * positions * channels
          spreadRow(source, rows: positions, channels: channels, divisor: Scalar(positions), output: first)
        }
      }
    }
  }

  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  private static func sumRows<Scalar: TensorFloatingPointScalar>(
    _ input: UnsafePointer<Scalar>, rows: Int, channels: Int, divisor: Scalar,
    output: UnsafeMutablePointer<Scalar>
  ) {
    withUnsafeTemporaryAllocation(of: Scalar.self, capacity: max(channels, 1)) { partial in
      for channel in 0..<channels { output[channel] = 0 }
      for first in stride(from: 0, to: rows, by: 64) {
        for channel in 0..<channels { partial[channel] = 0 }
        for row in first..<min(first + 64, rows) {
          for channel in 0..<channels { partial[channel] += input[row * channels + channel] }
        }
        for channel in 0..<channels { output[channel] += partial[channel] }
      }
      for channel in 0..<channels { output[channel] /= divisor }
    }
  }

  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  private static func spreadRow<Scalar: TensorFloatingPointScalar>(
    _ source: UnsafePointer<Scalar>, rows: Int, channels: Int, divisor: Scalar,
    output: UnsafeMutablePointer<Scalar>
  ) {
    guard rows > 0 else { return }
    for channel in 0..<channels { output[channel] = source[channel] / divisor }
    for row in 1..<max(rows, 1) {
      (output + row * channels).update(from: output, count: channels)
    }
  }
}
