/// The `Float` paths on the C kernels: Winograd and direct.
enum FastConvolution {
  static func forward(
    _ inputs: [Tensor<Float>], _ weight: Tensor<Float>, order: ConvolutionWeightOrder,
    bias: Tensor<Float>?, _ geometry: ConvolutionGeometry, _ path: ConvolutionPath
  ) -> Tensor<Float> {
    if path == .winograd, let planes = geometry.planes() {
      return forward(
        planes.reshaped(inputs),
        weight.reshaped(planes.weightShape(order)), order: order, bias: bias, planes, path
      ).reshaped(geometry.outputShape)
    }
    if path == .winograd, geometry.spatialRank == 3 {
      let convolution = WinogradVolumeConvolution(
        sources: inputs, weight: WinogradFilter(weight, geometry, order: order, for: .forward), bias: bias,
        size: geometry.output, channels: [geometry.outputChannels], padding: geometry.padding)
      return convolution()[0]
    }
    if path == .winograd {
      let convolution = WinogradConvolution(
        sources: inputs, weight: WinogradFilter(weight, geometry, order: order, for: .forward),
        bias: bias, height: geometry.output.height, width: geometry.output.width,
        channels: [geometry.outputChannels],
        padding: (geometry.padding.height, geometry.padding.width))
      return convolution()[0]
    }
    if inputs.count == 1, let folded = geometry.foldingWidth() {
      return forward(
        [inputs[0].reshaped(folded.inputShape)], folded.folding(weight, order), order: order, bias: bias,
        folded, path
      ).reshaped(geometry.outputShape)
    }
    if let joined = geometry.joiningImages() {
      return forward(
        inputs.map { $0.reshaped(joined.inputShape.replacing(axis: -1, with: $0.shape[-1])) }, weight,
        order: order, bias: bias, joined, path
      ).reshaped(geometry.outputShape)
    }
    let convolution = DirectConvolution(
      sources: inputs, weight: weight, tapStep: geometry.inputChannels * geometry.outputChannels,
      rowStep: order == .inputFirst ? geometry.outputChannels : 1,
      columnStep: order == .inputFirst ? 1 : geometry.inputChannels, bias: bias, source: geometry.input,
      result: geometry.output, sourceStep: geometry.stride, resultStep: SpatialExtent([1, 1, 1]),
      classes: geometry.forwardClasses, batch: geometry.batch)
    return convolution(shape: geometry.outputShape, first: 0, count: geometry.outputChannels)
  }

  static func dataGradient(
    _ outputGradient: Tensor<Float>, _ weight: Tensor<Float>, order: ConvolutionWeightOrder,
    bias: Tensor<Float>?, _ geometry: ConvolutionGeometry, channels: [Int], _ path: ConvolutionPath
  ) -> [Tensor<Float>] {
    if path == .winograd, let planes = geometry.planes() {
      let results = dataGradient(
        outputGradient.reshaped(planes.outputShape), weight.reshaped(planes.weightShape(order)), order: order,
        bias: bias, planes, channels: channels, path)
      return zip(results, channels).map {
        $0.reshaped(geometry.inputShape.replacing(axis: -1, with: $1))
      }
    }
    if path == .winograd, geometry.spatialRank == 3 {
      let convolution = WinogradVolumeConvolution(
        sources: [outputGradient],
        weight: WinogradFilter(weight, geometry, order: order, for: .backward), bias: bias,
        size: geometry.input, channels: channels,
        padding: SpatialExtent([
          geometry.kernel.depth - 1 - geometry.padding.depth, 2 - geometry.padding.height,
          2 - geometry.padding.width,
        ]))
      return convolution()
    }
    if path == .winograd {
      let convolution = WinogradConvolution(
        sources: [outputGradient],
        weight: WinogradFilter(weight, geometry, order: order, for: .backward), bias: bias,
        height: geometry.input.height, width: geometry.input.width, channels: channels,
        padding: (2 - geometry.padding.height, 2 - geometry.padding.width))
      return convolution()
    }
    if channels.count == 1, let folded = geometry.foldingWidth() {
      let result = dataGradient(
        outputGradient, folded.folding(weight, order), order: order,
        bias: bias.map { bias in Tensor((0..<geometry.kernel.width).flatMap { _ in bias.scalars }) },
        folded, channels: [folded.inputChannels], path)
      return [result[0].reshaped(geometry.inputShape)]
    }
    if let joined = geometry.joiningImages() {
      let results = dataGradient(
        outputGradient.reshaped(joined.outputShape), weight, order: order, bias: bias, joined,
        channels: channels, path)
      return zip(results, channels).map {
        $0.reshaped(geometry.inputShape.replacing(axis: -1, with: $1))
      }
    }
    let convolution = DirectConvolution(
      sources: [outputGradient], weight: weight,
      tapStep: geometry.inputChannels * geometry.outputChannels,
      rowStep: order == .inputFirst ? 1 : geometry.inputChannels,
      columnStep: order == .inputFirst ? geometry.outputChannels : 1, bias: bias,
      source: geometry.output, result: geometry.input, sourceStep: SpatialExtent([1, 1, 1]),
      resultStep: geometry.stride, classes: geometry.backwardClasses, batch: geometry.batch)
    var first = 0
    return channels.map { count in
      defer { first += count }
      let shape = geometry.inputShape.replacing(axis: -1, with: count)
      return convolution(shape: shape, first: first, count: count)
    }
  }

  static func weightGradient(
    _ inputs: [Tensor<Float>], _ outputGradient: Tensor<Float>, order: ConvolutionWeightOrder,
    _ geometry: ConvolutionGeometry, _ path: ConvolutionPath
  ) -> Tensor<Float> {
    guard path == .winograd else {
      if let joined = geometry.joiningImages() {
        return weightGradient(
          inputs.map { $0.reshaped(joined.inputShape.replacing(axis: -1, with: $0.shape[-1])) },
          outputGradient.reshaped(joined.outputShape), order: order, joined, path)
      }
      return DirectWeightGradient(
        sources: inputs, outputGradient: outputGradient, geometry: geometry, order: order)()
    }
    if let planes = geometry.planes() {
      return weightGradient(
        planes.reshaped(inputs),
        outputGradient.reshaped(planes.outputShape), order: order, planes, path
      ).reshaped(geometry.weightShape(order))
    }
    let gradient =
      geometry.spatialRank == 3
      ? WinogradVolumeWeightGradient(sources: inputs, outputGradient: outputGradient, geometry: geometry)()
      : WinogradWeightGradient(sources: inputs, outputGradient: outputGradient, geometry: geometry)()
    return order == .inputFirst ? gradient : swappingChannels(gradient)
  }

  /// The gradients of the weights and of the bias, in Winograd's domain.
  static func parameterGradients(
    _ inputs: [Tensor<Float>], _ outputGradient: Tensor<Float>, _ geometry: ConvolutionGeometry
  ) -> (weight: Tensor<Float>, bias: Tensor<Float>) {
    if let planes = geometry.planes() {
      let (weight, bias) = parameterGradients(
        planes.reshaped(inputs),
        outputGradient.reshaped(planes.outputShape), planes)
      return (weight.reshaped(geometry.weightShape), bias)
    }
    return geometry.spatialRank == 3
      ? WinogradVolumeWeightGradient(sources: inputs, outputGradient: outputGradient, geometry: geometry)
        .withBias()
      : WinogradWeightGradient(sources: inputs, outputGradient: outputGradient, geometry: geometry)
        .withBias()
  }
}

extension ConvolutionGeometry {
  /// This convolution of volumes as one of images, every slice an image, when its kernel reaches one slice alone.
  fileprivate func planes() -> ConvolutionGeometry? {
    guard spatialRank == 3, kernel.depth == 1, stride.depth == 1, padding.depth == 0 else { return nil }
    var planes = self
    planes.spatialRank = 2
    planes.batch *= input.depth
    planes.input.depth = 1
    planes.output.depth = 1
    return planes
  }

  /// Tensors side by side in the channels, as inputs of this convolution.
  fileprivate func reshaped(_ inputs: [Tensor<Float>]) -> [Tensor<Float>] {
    inputs.map { $0.reshaped(inputShape.replacing(axis: -1, with: $0.shape[-1])) }
  }

  /// The shape of weights in the given order of channels.
  fileprivate func weightShape(_ order: ConvolutionWeightOrder) -> TensorShape {
    order == .inputFirst
      ? weightShape : TensorShape(kernelLengths + [outputChannels, inputChannels])
  }

  /// This convolution with the kernel's width taken as channels, when windows side by side do not overlap
  /// and leave no gap: a row of W pixels of C channels is a row of W / kw pixels of kw C channels.
  fileprivate func foldingWidth() -> ConvolutionGeometry? {
    guard kernel.width > 1, kernel.width == stride.width, padding.width == 0, dilation.width == 1,
      input.width == output.width * stride.width
    else { return nil }
    var folded = self
    folded.inputChannels *= kernel.width
    folded.input.width = output.width
    folded.kernel.width = 1
    folded.stride.width = 1
    return folded
  }

  /// This convolution on one tall image, the batch's images below each other, when windows one below the other do
  /// not overlap and leave no gap: small images then make blocks of many pixels.
  fileprivate func joiningImages() -> ConvolutionGeometry? {
    guard batch > 1, spatialRank == 2, kernel.height == stride.height, padding.height == 0,
      dilation.height == 1, input.height == output.height * stride.height, output.height > 0
    else { return nil }
    var joined = self
    joined.batch = 1
    joined.input.height *= batch
    joined.output.height *= batch
    return joined
  }

  /// Weights in the shape of this folded geometry. With the input channels first they lie as they must;
  /// otherwise `[rows, width, output, input]` becomes `[rows, output, width, input]`.
  fileprivate func folding(_ weight: Tensor<Float>, _ order: ConvolutionWeightOrder) -> Tensor<Float> {
    if order == .inputFirst { return weight.reshaped(weightShape) }
    let width = weight.shape[-3]
    let inputs = weight.shape[-1]
    let shape = kernelLengths + [outputChannels, inputChannels]
    return Tensor(shape: TensorShape(shape)) { buffer in
      guard let target = buffer.baseAddress, !buffer.isEmpty else { return }
      Parallel.for(kernel.product * outputChannels, grain: max(1, (1 << 14) / inputChannels)) { range in
        for index in range {
          let (row, output) = index.quotientAndRemainder(dividingBy: outputChannels)
          for column in 0..<width {
            (target + ((row * outputChannels + output) * width + column) * inputs).update(
              from: weight.pointer + ((row * width + column) * outputChannels + output) * inputs,
              count: inputs)
          }
        }
      }
    }
  }
}
