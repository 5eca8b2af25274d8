public import Tensor

extension Variable {
  /// The transposed 2-D convolution of `[N, H, W, C]`; see `Tensor.transposedConv2D`.
  public func transposedConv2D(
    _ weight: Variable, bias: Variable? = nil, stride: KernelSteps = 1, padding: KernelSteps = 0,
    algorithm: ConvolutionAlgorithm = .fast
  ) -> Variable {
    let (x, w) = (saved, weight.value)
    let y = value.transposedConv2D(
      w, bias: bias?.value, stride: stride, padding: padding, algorithm: algorithm)
    return Self.convolution(
      "transposedConv2D", [self], weight, bias, y,
      dataGradients: {
        [
          $0.transposedConv2DDataGradient(
            w, inputShape: x.shape, stride: stride, padding: padding, algorithm: algorithm)
        ]
      },
      weightGradient: {
        x.tensor.transposedConv2DWeightGradient(
          $0, kernelSize: kernelSize(w), stride: stride, padding: padding, algorithm: algorithm)
      })
  }

  /// The transposed 3-D convolution of `[N, D, H, W, C]`; see `Tensor.transposedConv3D`.
  public func transposedConv3D(
    _ weight: Variable, bias: Variable? = nil, stride: KernelSteps = 1, padding: KernelSteps = 0,
    algorithm: ConvolutionAlgorithm = .fast
  ) -> Variable {
    let (x, w) = (saved, weight.value)
    let y = value.transposedConv3D(
      w, bias: bias?.value, stride: stride, padding: padding, algorithm: algorithm)
    return Self.convolution(
      "transposedConv3D", [self], weight, bias, y,
      dataGradients: {
        [
          $0.transposedConv3DDataGradient(
            w, inputShape: x.shape, stride: stride, padding: padding, algorithm: algorithm)
        ]
      },
      weightGradient: {
        x.tensor.transposedConv3DWeightGradient(
          $0, kernelSize: kernelSize(w), stride: stride, padding: padding, algorithm: algorithm)
      })
  }
}
