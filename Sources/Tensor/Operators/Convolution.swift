extension Tensor where Scalar: TensorFloatingPointScalar {
  /// The 2-D convolution (cross-correlation, as every neural network library means it) of a batch of images.
  ///
  ///     y[n, oh, ow, k] = bias[k]
  ///       + sum over kh, kw, c of x[n, oh * stride + kh * dilation - padding, ow * ..., c] * w[kh, kw, c, k]
  ///
  /// where the input reads 0 outside its edges. `self` is `[N, H, W, C]`, the result `[N, OH, OW, K]` with
  /// `OH = (H + 2 padding - dilation (kh - 1) - 1) / stride + 1`, rounded down; an image smaller than the
  /// dilated kernel gives an empty result, and so does an empty batch.
  ///
  ///     let edges = images.conv2D(sobel, padding: 1)
  ///
  /// - Parameters:
  ///   - weight: `[kernelHeight, kernelWidth, C, K]`.
  ///   - bias: `[K]`, added to every pixel.
  ///   - stride: the distance between neighbouring windows, at least 1.
  ///   - padding: zeros around the image, at least 0.
  ///   - dilation: the distance between neighbouring kernel elements, at least 1.
  ///   - algorithm: for `Float`, the fast path or the exact one.
  /// - Precondition: the channels agree.
  /// - Complexity: O(N OH OW kh kw C K) products in the exact form.
  public func conv2D(
    _ weight: Tensor, bias: Tensor? = nil, stride: KernelSteps = 1, padding: KernelSteps = 0,
    dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    let geometry = ConvolutionGeometry(
      inputShape: shape, weightShape: weight.shape, spatialRank: 2, stride: stride, padding: padding,
      dilation: dilation)
    return Self.convolution([self], weight, bias: bias, geometry, algorithm)
  }

  /// The 3-D convolution of a batch of volumes `[N, D, H, W, C]` with weights
  /// `[kernelDepth, kernelHeight, kernelWidth, C, K]`; otherwise as
  /// ``conv2D(_:bias:stride:padding:dilation:algorithm:)``.
  public func conv3D(
    _ weight: Tensor, bias: Tensor? = nil, stride: KernelSteps = 1, padding: KernelSteps = 0,
    dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    let geometry = ConvolutionGeometry(
      inputShape: shape, weightShape: weight.shape, spatialRank: 3, stride: stride, padding: padding,
      dilation: dilation)
    return Self.convolution([self], weight, bias: bias, geometry, algorithm)
  }

  /// The 2-D convolution of two batches of images side by side in the channels, without making that tensor.
  ///
  /// `first.conv2D(joinedWith: second, weight)` equals the convolution of `[first, second]` concatenated
  /// along the channels: weights `[kernelHeight, kernelWidth, C1 + C2, K]`, those of `first` in front. A
  /// U-Net's skip connection so needs no copy of its two halves.
  ///
  /// - Precondition: batch, height and width agree; the channels add up to the weight's.
  public func conv2D(
    joinedWith second: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: KernelSteps = 1,
    padding: KernelSteps = 0, dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    let geometry = ConvolutionGeometry(
      inputShape: shape.joiningChannels(second.shape), weightShape: weight.shape, spatialRank: 2,
      stride: stride,
      padding: padding, dilation: dilation)
    return Self.convolution([self, second], weight, bias: bias, geometry, algorithm)
  }

  /// The 3-D convolution of two batches of volumes side by side in the channels; see
  /// ``conv2D(joinedWith:_:bias:stride:padding:dilation:algorithm:)``.
  public func conv3D(
    joinedWith second: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: KernelSteps = 1,
    padding: KernelSteps = 0, dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Tensor {
    let geometry = ConvolutionGeometry(
      inputShape: shape.joiningChannels(second.shape), weightShape: weight.shape, spatialRank: 3,
      stride: stride,
      padding: padding, dilation: dilation)
    return Self.convolution([self, second], weight, bias: bias, geometry, algorithm)
  }
}
