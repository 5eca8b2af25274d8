extension Tensor where Scalar: TensorFloatingPointScalar {
  /// The transposed 2-D convolution: each pixel of `self` `[N, H, W, C]` spreads a scaled kernel over the
  /// result, `[N, (H - 1) stride + kh - 2 padding, ..., K]`.
  ///
  ///     y[n, h * stride + kh - padding, w * stride + kw - padding, k] += x[n, h, w, c] * weight[kh, kw, c, k]
  ///
  /// It is the data gradient of a convolution with that stride, and a U-Net's way up: a 2x2 kernel of stride
  /// 2 doubles height and width. No product with an inserted zero is computed.
  ///
  ///     let up = features.transposedConv2D(weight, bias: bias, stride: 2)
  ///
  /// - Parameters:
  ///   - weight: `[kernelHeight, kernelWidth, C, K]`: the input channels stand before the output channels.
  ///   - bias: `[K]`, added to every pixel.
  ///   - stride: the distance between neighbouring spread kernels, at least 1.
  ///   - padding: how much is cut from every edge of the result, at least 0.
  ///   - algorithm: How the sums are computed; see ``ConvolutionAlgorithm``.
  /// - Precondition: the channels agree.
  public func transposedConv2D(
    _ weight: Tensor, bias: Tensor? = nil, stride: KernelSteps = 1, padding: KernelSteps = 0,
    algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    transposedConvolution(2, weight, bias: bias, stride, padding, algorithm)
  }

  /// The transposed 3-D convolution of volumes `[N, D, H, W, C]` with weights
  /// `[kernelDepth, kernelHeight, kernelWidth, C, K]`; see
  /// ``transposedConv2D(_:bias:stride:padding:algorithm:)``.
  public func transposedConv3D(
    _ weight: Tensor, bias: Tensor? = nil, stride: KernelSteps = 1, padding: KernelSteps = 0,
    algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    transposedConvolution(3, weight, bias: bias, stride, padding, algorithm)
  }

  /// The gradient with respect to the input `[N, H, W, C]` of a transposed 2-D convolution; `self` is the
  /// gradient with respect to its output. It is an ordinary convolution with the same weights.
  ///
  /// - Precondition: the shapes belong to one transposed convolution.
  public func transposedConv2DDataGradient(
    _ weight: Tensor, inputShape: TensorShape, stride: KernelSteps = 1, padding: KernelSteps = 0,
    algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    transposedDataGradient(2, weight, inputShape, stride, padding, algorithm)
  }

  /// The data gradient of a transposed 3-D convolution; see
  /// ``transposedConv2DDataGradient(_:inputShape:stride:padding:algorithm:)``.
  public func transposedConv3DDataGradient(
    _ weight: Tensor, inputShape: TensorShape, stride: KernelSteps = 1, padding: KernelSteps = 0,
    algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    transposedDataGradient(3, weight, inputShape, stride, padding, algorithm)
  }

  /// The gradient with respect to the weights `[kernelHeight, kernelWidth, C, K]` of a transposed 2-D
  /// convolution; `self` is its input `[N, H, W, C]`.
  ///
  /// - Precondition: the shapes belong to one transposed convolution.
  public func transposedConv2DWeightGradient(
    _ outputGradient: Tensor, kernelSize: KernelSteps, stride: KernelSteps = 1, padding: KernelSteps = 0,
    algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    transposedWeightGradient(2, outputGradient, kernelSize, stride, padding, algorithm)
  }

  /// The weight gradient of a transposed 3-D convolution; see
  /// ``transposedConv2DWeightGradient(_:kernelSize:stride:padding:algorithm:)``.
  public func transposedConv3DWeightGradient(
    _ outputGradient: Tensor, kernelSize: KernelSteps, stride: KernelSteps = 1, padding: KernelSteps = 0,
    algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    transposedWeightGradient(3, outputGradient, kernelSize, stride, padding, algorithm)
  }
}

// MARK: Both ranks

extension Tensor where Scalar: TensorFloatingPointScalar {
  private func transposedConvolution(
    _ spatialRank: Int, _ weight: Tensor, bias: Tensor?, _ stride: KernelSteps, _ padding: KernelSteps,
    _ algorithm: ConvolutionAlgorithm
  ) -> Tensor {
    let geometry = ConvolutionGeometry(
      transposing: shape, weightShape: weight.shape, spatialRank: spatialRank, stride: stride,
      padding: padding)
    return convolutionDataGradient(
      weight, order: .outputFirst, bias: bias, geometry, channels: [geometry.inputChannels], algorithm)[0]
  }

  private func transposedDataGradient(
    _ spatialRank: Int, _ weight: Tensor, _ inputShape: TensorShape, _ stride: KernelSteps,
    _ padding: KernelSteps, _ algorithm: ConvolutionAlgorithm
  ) -> Tensor {
    let geometry = ConvolutionGeometry(
      transposing: inputShape, weightShape: weight.shape, spatialRank: spatialRank, stride: stride,
      padding: padding)
    shapePrecondition(
      shape == geometry.inputShape,
      "an output gradient of shape \(shape) does not fit an output of shape \(geometry.inputShape)")
    return Self.convolution([self], weight, order: .outputFirst, bias: nil, geometry, algorithm)
  }

  private func transposedWeightGradient(
    _ spatialRank: Int, _ outputGradient: Tensor, _ kernelSize: KernelSteps, _ stride: KernelSteps,
    _ padding: KernelSteps, _ algorithm: ConvolutionAlgorithm
  ) -> Tensor {
    let geometry = ConvolutionGeometry(
      transposing: shape, weightShape: kernelSize.weightShape(spatialRank, shape, outputGradient.shape),
      spatialRank: spatialRank, stride: stride, padding: padding)
    shapePrecondition(
      outputGradient.shape == geometry.inputShape,
      "an output gradient of shape \(outputGradient.shape) does not fit an output of shape "
        + "\(geometry.inputShape)")
    return Self.convolutionWeightGradient(
      [outputGradient], self, order: .outputFirst, geometry, algorithm)
  }
}
