/// Which of a geometry's channels comes first in stored weights: a convolution's weights are
/// `[kernel..., input, output]`; a transposed convolution's, seen from the convolution whose data gradient
/// it is, `[kernel..., output, input]`.
enum ConvolutionWeightOrder: Sendable {
  case inputFirst
  case outputFirst
}

// Every convolution, transposed convolution and gradient of them is one of the functions below.
extension Tensor where Scalar: TensorFloatingPointScalar {
  /// The convolution of one input, or of two side by side in the channels.
  static func convolution(
    _ inputs: [Tensor], _ weight: Tensor, order: ConvolutionWeightOrder = .inputFirst, bias: Tensor?,
    _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm
  ) -> Tensor {
    checkBias(bias, channels: geometry.outputChannels)
    let isTransposed = order == .outputFirst
    return measure(isTransposed ? " data gradient" : "", geometry, isTransposed: isTransposed) {
      let path = ConvolutionPath(geometry, algorithm, scalar: Scalar.self)
      if path != .windows, let inputs = inputs as? [Tensor<Float>], let weight = weight as? Tensor<Float>,
        let result = FastConvolution.forward(
          inputs, weight, order: order, bias: bias as? Tensor<Float>, geometry, path) as? Tensor
      {
        return result
      }
      return ExactConvolution.forward(inputs, weight, order: order, bias: bias, geometry)
    }
  }

  /// The data gradient, cut along the channels into parts of the given sizes; `self` is the output gradient.
  /// A bias serves the transposed convolution.
  func convolutionDataGradient(
    _ weight: Tensor, order: ConvolutionWeightOrder = .inputFirst, bias: Tensor? = nil,
    _ geometry: ConvolutionGeometry, channels: [Int], _ algorithm: ConvolutionAlgorithm
  ) -> [Tensor] {
    shapePrecondition(
      shape == geometry.outputShape,
      "an output gradient of shape \(shape) does not fit an output of shape \(geometry.outputShape)")
    Self.checkBias(bias, channels: geometry.inputChannels)
    let isTransposed = order == .outputFirst
    return Self.measure(isTransposed ? "" : " data gradient", geometry, isTransposed: isTransposed) {
      let path = ConvolutionPath(geometry, algorithm, scalar: Scalar.self)
      if path != .windows, let gradient = self as? Tensor<Float>, let weight = weight as? Tensor<Float>,
        let result = FastConvolution.dataGradient(
          gradient, weight, order: order, bias: bias as? Tensor<Float>, geometry, channels: channels, path)
          as? [Tensor]
      {
        return result
      }
      return ExactConvolution.dataGradient(
        self, weight, order: order, bias: bias, geometry, channels: channels)
    }
  }

  /// The weight gradient, in the given order of channels.
  static func convolutionWeightGradient(
    _ inputs: [Tensor], _ outputGradient: Tensor, order: ConvolutionWeightOrder = .inputFirst,
    _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm
  ) -> Tensor {
    checkOutputGradient(outputGradient, geometry)
    return measure(" weight gradient", geometry, isTransposed: order == .outputFirst) {
      let path = ConvolutionPath(geometry, algorithm, scalar: Scalar.self)
      if path != .windows, let inputs = inputs as? [Tensor<Float>],
        let gradient = outputGradient as? Tensor<Float>,
        let result = FastConvolution.weightGradient(inputs, gradient, order: order, geometry, path) as? Tensor
      {
        return result
      }
      return ExactConvolution.weightGradient(inputs, outputGradient, order: order, geometry)
    }
  }

  /// The gradients of weights and bias. Winograd's gradient of the weights finds that of the bias on its way.
  static func convolutionParameterGradients(
    _ inputs: [Tensor], _ outputGradient: Tensor, _ geometry: ConvolutionGeometry,
    _ algorithm: ConvolutionAlgorithm
  ) -> (weight: Tensor, bias: Tensor) {
    checkOutputGradient(outputGradient, geometry)
    if ConvolutionPath(geometry, algorithm, scalar: Scalar.self) == .winograd,
      let inputs = inputs as? [Tensor<Float>], let gradient = outputGradient as? Tensor<Float>
    {
      let result = measure(" weight gradient", geometry, isTransposed: false) {
        FastConvolution.parameterGradients(inputs, gradient, geometry)
      }
      if let weight = result.weight as? Tensor, let bias = result.bias as? Tensor { return (weight, bias) }
    }
    return (
      convolutionWeightGradient(inputs, outputGradient, geometry, algorithm), outputGradient.channelSum()
    )
  }

  private static func checkOutputGradient(_ gradient: Tensor, _ geometry: ConvolutionGeometry) {
    shapePrecondition(
      gradient.shape == geometry.outputShape,
      "an output gradient of shape \(gradient.shape) does not fit an output of shape \(geometry.outputShape)")
  }

  /// Measures one of the functions above, a row for each kernel, number of channels and size.
  private static func measure<Result>(
    _ part: String, _ geometry: ConvolutionGeometry, isTransposed: Bool, _ body: () -> Result
  ) -> Result {
    let elements =
      geometry.inputShape.elementCount + geometry.outputShape.elementCount + geometry.weightShape.elementCount
    return Profiler.measure(
      "\(isTransposed ? "transposed convolution" : "convolution")\(part) "
        + geometry.profiledShape(isTransposed: isTransposed),
      flops: 2 * geometry.multiplications, bytes: elements * MemoryLayout<Scalar>.stride, body)
  }

  private static func checkBias(_ bias: Tensor?, channels: Int) {
    shapePrecondition(
      bias.map { $0.shape == [channels] } ?? true,
      "a bias of shape \(bias?.shape.description ?? "") does not fit \(channels) output channels")
  }
}
