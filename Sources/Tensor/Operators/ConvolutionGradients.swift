extension Tensor where Scalar: TensorFloatingPointScalar {
  /// The gradient of a loss with respect to the input of a 2-D convolution; `self` is the gradient with
  /// respect to its output, `[N, OH, OW, K]`.
  ///
  ///     dx[n, h, w, c] = sum over all (oh, ow, kh, kw) that read (h, w), and k, of dy[n, oh, ow, k] * w[kh, kw, c, k]
  ///
  /// - Parameters:
  ///   - weight: `[kernelHeight, kernelWidth, C, K]`.
  ///   - inputShape: the input's shape `[N, H, W, C]`, which a stride leaves open.
  ///   - stride: The steps of the forward convolution.
  ///   - padding: The zeros that the forward convolution puts around the image.
  ///   - dilation: The distances between kernel elements of the forward convolution.
  ///   - algorithm: How the sums are computed; see ``ConvolutionAlgorithm``.
  /// - Returns: `[N, H, W, C]`.
  /// - Precondition: the shapes belong to one convolution.
  public func conv2DDataGradient(
    _ weight: Tensor, inputShape: TensorShape, stride: KernelSteps = 1, padding: KernelSteps = 0,
    dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    let geometry = ConvolutionGeometry(
      inputShape: inputShape, weightShape: weight.shape, spatialRank: 2, stride: stride, padding: padding,
      dilation: dilation)
    return convolutionDataGradient(weight, geometry, channels: [geometry.inputChannels], algorithm)[0]
  }

  /// The two parts of the data gradient of
  /// ``conv2D(joinedWith:_:bias:stride:padding:dilation:algorithm:)``, for inputs of the given shapes.
  public func conv2DDataGradients(
    _ weight: Tensor, firstShape: TensorShape, secondShape: TensorShape, stride: KernelSteps = 1,
    padding: KernelSteps = 0, dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> (first: Tensor, second: Tensor) {
    let geometry = ConvolutionGeometry(
      inputShape: firstShape.joiningChannels(secondShape), weightShape: weight.shape, spatialRank: 2,
      stride: stride, padding: padding, dilation: dilation)
    let parts = convolutionDataGradient(
      weight, geometry, channels: [firstShape[-1], secondShape[-1]], algorithm)
    return (parts[0], parts[1])
  }

  /// The gradient of a loss with respect to the weights of a 2-D convolution; `self` is its input
  /// `[N, H, W, C]`.
  ///
  ///     dw[kh, kw, c, k] = sum over n, oh, ow of x[n, h(oh, kh), w(ow, kw), c] * dy[n, oh, ow, k]
  ///
  /// - Parameters:
  ///   - outputGradient: the gradient with respect to the output, `[N, OH, OW, K]`.
  ///   - kernelSize: height and width of the kernel.
  ///   - stride: The steps of the forward convolution.
  ///   - padding: The zeros that the forward convolution puts around the image.
  ///   - dilation: The distances between kernel elements of the forward convolution.
  ///   - algorithm: How the sums are computed; see ``ConvolutionAlgorithm``.
  /// - Returns: `[kernelHeight, kernelWidth, C, K]`.
  /// - Precondition: the shapes belong to one convolution.
  public func conv2DWeightGradient(
    _ outputGradient: Tensor, kernelSize: KernelSteps, stride: KernelSteps = 1, padding: KernelSteps = 0,
    dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    let geometry = kernelSize.geometry(2, shape, outputGradient.shape, stride, padding, dilation)
    return Self.convolutionWeightGradient([self], outputGradient, geometry, algorithm)
  }

  /// The weight gradient of ``conv2D(joinedWith:_:bias:stride:padding:dilation:algorithm:)``: `self` and
  /// `second` are the two inputs.
  public func conv2DWeightGradient(
    joinedWith second: Tensor, _ outputGradient: Tensor, kernelSize: KernelSteps, stride: KernelSteps = 1,
    padding: KernelSteps = 0, dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    let geometry = kernelSize.geometry(
      2, shape.joiningChannels(second.shape), outputGradient.shape, stride, padding, dilation)
    return Self.convolutionWeightGradient([self, second], outputGradient, geometry, algorithm)
  }

  /// The gradients of a loss with respect to weights and bias of a 2-D convolution: those of
  /// ``conv2DWeightGradient(_:kernelSize:stride:padding:dilation:algorithm:)`` and ``convolutionBiasGradient()``, up to
  /// rounding. Where Winograd's method applies, the output gradient is read once for both.
  public func conv2DParameterGradients(
    _ outputGradient: Tensor, kernelSize: KernelSteps, stride: KernelSteps = 1, padding: KernelSteps = 0,
    dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> (weight: Tensor, bias: Tensor) {
    let geometry = kernelSize.geometry(2, shape, outputGradient.shape, stride, padding, dilation)
    return Self.convolutionParameterGradients([self], outputGradient, geometry, algorithm)
  }

  /// The gradients of weights and bias of
  /// ``conv2D(joinedWith:_:bias:stride:padding:dilation:algorithm:)``: `self` and `second` are the two inputs.
  public func conv2DParameterGradients(
    joinedWith second: Tensor, _ outputGradient: Tensor, kernelSize: KernelSteps, stride: KernelSteps = 1,
    padding: KernelSteps = 0, dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> (weight: Tensor, bias: Tensor) {
    let geometry = kernelSize.geometry(
      2, shape.joiningChannels(second.shape), outputGradient.shape, stride, padding, dilation)
    return Self.convolutionParameterGradients([self, second], outputGradient, geometry, algorithm)
  }

  /// The gradient of a loss with respect to the bias of any convolution or linear layer: the sum over all
  /// axes but the channels. `self` is the gradient with respect to the output, `[..., K]`; the result is
  /// `[K]`.
  ///
  /// `Float` is added in pieces of 512 rows, whose sums are added in order: the bits do not depend on the
  /// number of threads.
  public func convolutionBiasGradient() -> Tensor { channelSum() }
}

// MARK: Volumes

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// The data gradient of a 3-D convolution; see
  /// ``conv2DDataGradient(_:inputShape:stride:padding:dilation:algorithm:)``.
  public func conv3DDataGradient(
    _ weight: Tensor, inputShape: TensorShape, stride: KernelSteps = 1, padding: KernelSteps = 0,
    dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    let geometry = ConvolutionGeometry(
      inputShape: inputShape, weightShape: weight.shape, spatialRank: 3, stride: stride, padding: padding,
      dilation: dilation)
    return convolutionDataGradient(weight, geometry, channels: [geometry.inputChannels], algorithm)[0]
  }

  /// The two parts of the data gradient of
  /// ``conv3D(joinedWith:_:bias:stride:padding:dilation:algorithm:)``.
  public func conv3DDataGradients(
    _ weight: Tensor, firstShape: TensorShape, secondShape: TensorShape, stride: KernelSteps = 1,
    padding: KernelSteps = 0, dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> (first: Tensor, second: Tensor) {
    let geometry = ConvolutionGeometry(
      inputShape: firstShape.joiningChannels(secondShape), weightShape: weight.shape, spatialRank: 3,
      stride: stride, padding: padding, dilation: dilation)
    let parts = convolutionDataGradient(
      weight, geometry, channels: [firstShape[-1], secondShape[-1]], algorithm)
    return (parts[0], parts[1])
  }

  /// The weight gradient of a 3-D convolution; see
  /// ``conv2DWeightGradient(_:kernelSize:stride:padding:dilation:algorithm:)``.
  public func conv3DWeightGradient(
    _ outputGradient: Tensor, kernelSize: KernelSteps, stride: KernelSteps = 1, padding: KernelSteps = 0,
    dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    let geometry = kernelSize.geometry(3, shape, outputGradient.shape, stride, padding, dilation)
    return Self.convolutionWeightGradient([self], outputGradient, geometry, algorithm)
  }

  /// The weight gradient of ``conv3D(joinedWith:_:bias:stride:padding:dilation:algorithm:)``.
  public func conv3DWeightGradient(
    joinedWith second: Tensor, _ outputGradient: Tensor, kernelSize: KernelSteps, stride: KernelSteps = 1,
    padding: KernelSteps = 0, dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    let geometry = kernelSize.geometry(
      3, shape.joiningChannels(second.shape), outputGradient.shape, stride, padding, dilation)
    return Self.convolutionWeightGradient([self, second], outputGradient, geometry, algorithm)
  }

  /// The gradients of weights and bias of a 3-D convolution; see
  /// ``conv2DParameterGradients(_:kernelSize:stride:padding:dilation:algorithm:)``.
  public func conv3DParameterGradients(
    _ outputGradient: Tensor, kernelSize: KernelSteps, stride: KernelSteps = 1, padding: KernelSteps = 0,
    dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> (weight: Tensor, bias: Tensor) {
    let geometry = kernelSize.geometry(3, shape, outputGradient.shape, stride, padding, dilation)
    return Self.convolutionParameterGradients([self], outputGradient, geometry, algorithm)
  }

  /// The gradients of weights and bias of ``conv3D(joinedWith:_:bias:stride:padding:dilation:algorithm:)``.
  public func conv3DParameterGradients(
    joinedWith second: Tensor, _ outputGradient: Tensor, kernelSize: KernelSteps, stride: KernelSteps = 1,
    padding: KernelSteps = 0, dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> (weight: Tensor, bias: Tensor) {
    let geometry = kernelSize.geometry(
      3, shape.joiningChannels(second.shape), outputGradient.shape, stride, padding, dilation)
    return Self.convolutionParameterGradients([self, second], outputGradient, geometry, algorithm)
  }
}

extension KernelSteps {
  /// The convolution with a kernel of these lengths that leads from an input to an output of the given shapes.
  fileprivate func geometry(
    _ spatialRank: Int, _ input: TensorShape, _ output: TensorShape, _ stride: KernelSteps,
    _ padding: KernelSteps, _ dilation: KernelSteps
  ) -> ConvolutionGeometry {
    ConvolutionGeometry(
      inputShape: input, weightShape: weightShape(spatialRank, input, output), spatialRank: spatialRank,
      stride: stride, padding: padding, dilation: dilation)
  }

  /// `[kernel..., C, K]` for an input and an output of the given shapes.
  func weightShape(_ spatialRank: Int, _ input: TensorShape, _ output: TensorShape) -> TensorShape {
    shapePrecondition(
      input.rank == spatialRank + 2 && output.rank == spatialRank + 2,
      "shapes \(input) and \(output) are not those of a \(spatialRank)-D convolution")
    return TensorShape(
      expanded(to: spatialRank, minimum: 1, named: "kernel size") + [input[-1], output[-1]])
  }
}
