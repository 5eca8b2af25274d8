/// One number for each of the three spatial axes. Images are volumes of one plane.
struct SpatialExtent: Hashable, Sendable {
  var depth: Int
  var height: Int
  var width: Int

  var product: Int { depth * height * width }

  /// Two or three numbers, outermost first; a missing depth becomes `planar`.
  init(_ values: some Collection<Int>, planar: Int = 1) {
    let padded = [Int](repeating: planar, count: 3 - values.count) + values
    (depth, height, width) = (padded[0], padded[1], padded[2])
  }
}

/// The sizes of one convolution: where output position `o` and kernel position `k` read the input,
///
///     i = o * stride + k * dilation - padding      (along every spatial axis; outside the input it reads 0)
///
/// The output has `(input + 2 padding - dilation (kernel - 1) - 1) / stride + 1` positions, rounded down, or
/// none when the dilated kernel is larger than the padded input. The data gradient and the transposed
/// convolution walk the same relation the other way, so that all of them share this type.
struct ConvolutionGeometry: Hashable, Sendable {
  var batch: Int
  var inputChannels: Int
  var outputChannels: Int
  var input: SpatialExtent
  var output: SpatialExtent
  var kernel: SpatialExtent
  var stride: SpatialExtent
  var padding: SpatialExtent
  var dilation: SpatialExtent
  /// 2 for images, 3 for volumes.
  var spatialRank: Int

  var inputShape: TensorShape { shape(input, channels: inputChannels) }
  var outputShape: TensorShape { shape(output, channels: outputChannels) }
  var weightShape: TensorShape {
    TensorShape(lengths(kernel) + [inputChannels, outputChannels])
  }
  /// Multiplications of the direct form.
  var multiplications: Int {
    batch * output.product * kernel.product * inputChannels * outputChannels
  }

  /// For the profiler, such as `3x3 64->32 at 128x128`: kernel, channels, size of the result. A transposed
  /// convolution goes the other way.
  func profiledShape(isTransposed: Bool) -> String {
    func joined(_ extent: SpatialExtent) -> String { lengths(extent).map(String.init).joined(separator: "x") }
    return isTransposed
      ? "\(joined(kernel)) \(outputChannels)->\(inputChannels) at \(joined(input))"
      : "\(joined(kernel)) \(inputChannels)->\(outputChannels) at \(joined(output))"
  }

  /// The kernel's lengths along the spatial axes.
  var kernelLengths: [Int] { lengths(kernel) }

  private func lengths(_ extent: SpatialExtent) -> [Int] {
    [extent.depth, extent.height, extent.width].suffix(spatialRank)
  }

  private func shape(_ extent: SpatialExtent, channels: Int) -> TensorShape {
    TensorShape([batch] + lengths(extent) + [channels])
  }

  /// The geometry of a convolution of a tensor of `inputShape` `[N, ..., C]` with weights `[..., C, K]`.
  init(
    inputShape: TensorShape, weightShape: TensorShape, spatialRank: Int, stride: KernelSteps,
    padding: KernelSteps, dilation: KernelSteps
  ) {
    shapePrecondition(
      inputShape.rank == spatialRank + 2 && weightShape.rank == spatialRank + 2
        && inputShape[-1] == weightShape[-2],
      "a \(spatialRank)-D convolution of shape \(inputShape) does not fit weights of shape \(weightShape)")
    let strides = stride.expanded(to: spatialRank, minimum: 1, named: "stride")
    let paddings = padding.expanded(to: spatialRank, minimum: 0, named: "padding")
    let dilations = dilation.expanded(to: spatialRank, minimum: 1, named: "dilation")
    let inputs = inputShape.dimensions[1...spatialRank]
    let kernels = weightShape.dimensions[..<spatialRank]
    shapePrecondition(kernels.allSatisfy { $0 > 0 }, "a kernel of shape \(weightShape) has no elements")
    let outputs = (0..<spatialRank).map { axis in
      let reach = inputs[axis + 1] + 2 * paddings[axis] - dilations[axis] * (kernels[axis] - 1) - 1
      return reach < 0 ? 0 : reach / strides[axis] + 1
    }
    self.spatialRank = spatialRank
    batch = inputShape[0]
    inputChannels = inputShape[-1]
    outputChannels = weightShape[-1]
    input = SpatialExtent(inputs)
    output = SpatialExtent(outputs)
    kernel = SpatialExtent(kernels)
    self.stride = SpatialExtent(strides)
    self.padding = SpatialExtent(paddings, planar: 0)
    self.dilation = SpatialExtent(dilations)
  }

  /// The geometry of which a transposed convolution of `inputShape` `[N, ..., C]` with weights `[..., C, K]`
  /// is the data gradient: its output is this input, its channels are swapped.
  init(
    transposing inputShape: TensorShape, weightShape: TensorShape, spatialRank: Int, stride: KernelSteps,
    padding: KernelSteps
  ) {
    shapePrecondition(
      inputShape.rank == spatialRank + 2 && weightShape.rank == spatialRank + 2
        && inputShape[-1] == weightShape[-2],
      "a transposed \(spatialRank)-D convolution of shape \(inputShape) does not fit weights of shape "
        + "\(weightShape)")
    let strides = stride.expanded(to: spatialRank, minimum: 1, named: "stride")
    let paddings = padding.expanded(to: spatialRank, minimum: 0, named: "padding")
    let kernels = weightShape.dimensions[..<spatialRank]
    shapePrecondition(kernels.allSatisfy { $0 > 0 }, "a kernel of shape \(weightShape) has no elements")
    let small = inputShape.dimensions[1...spatialRank]
    let large = (0..<spatialRank).map { axis in
      small[axis + 1] == 0
        ? 0 : max(0, (small[axis + 1] - 1) * strides[axis] + kernels[axis] - 2 * paddings[axis])
    }
    self.spatialRank = spatialRank
    batch = inputShape[0]
    inputChannels = weightShape[-1]
    outputChannels = weightShape[-2]
    input = SpatialExtent(large)
    output = SpatialExtent(small)
    kernel = SpatialExtent(kernels)
    self.stride = SpatialExtent(strides)
    self.padding = SpatialExtent(paddings, planar: 0)
    dilation = SpatialExtent([1, 1, 1])
  }
}

extension TensorShape {
  /// The shape of two tensors side by side in the last axis.
  func joiningChannels(_ other: TensorShape) -> TensorShape {
    shapePrecondition(
      rank == other.rank && rank > 0 && removing(axis: -1) == other.removing(axis: -1),
      "shapes \(self) and \(other) do not join along the channels")
    return replacing(axis: -1, with: self[-1] + other[-1])
  }
}
