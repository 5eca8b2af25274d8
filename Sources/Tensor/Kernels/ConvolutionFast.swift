/// The `Float` paths on the C kernels: Winograd and direct.
enum FastConvolution {
  static func forward(
    _ inputs: [Tensor<Float>], _ weight: Tensor<Float>, order: ConvolutionWeightOrder,
    bias: Tensor<Float>?, _ geometry: ConvolutionGeometry, _ path: ConvolutionPath
  ) -> Tensor<Float> {
    if path == .winograd {
      let convolution = WinogradConvolution(
        sources: inputs, weight: WinogradFilter(weight, geometry, order: order, for: .forward),
        bias: bias, height: geometry.output.height, width: geometry.output.width,
        channels: [geometry.outputChannels],
        padding: (geometry.padding.height, geometry.padding.width))
      return convolution()[0]
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
    if path == .winograd {
      let convolution = WinogradConvolution(
        sources: [outputGradient],
        weight: WinogradFilter(weight, geometry, order: order, for: .backward), bias: bias,
        height: geometry.input.height, width: geometry.input.width, channels: channels,
        padding: (2 - geometry.padding.height, 2 - geometry.padding.width))
      return convolution()
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
    let gradient =
      path == .winograd
      ? WinogradWeightGradient(sources: inputs, outputGradient: outputGradient, geometry: geometry)()
      : DirectWeightGradient(sources: inputs, outputGradient: outputGradient, geometry: geometry)()
    return order == .inputFirst ? gradient : swappingChannels(gradient)
  }
}
