public import Tensor

extension Variable {
  /// The 2-D convolution of `[N, H, W, C]`; see `Tensor.conv2D`. The gradient of an input that tracks none,
  /// such as the image, is not computed.
  public func conv2D(
    _ weight: Variable, bias: Variable? = nil, stride: KernelSteps = 1, padding: KernelSteps = 0,
    dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Variable {
    let (x, w) = (saved, weight.value)
    let y = value.conv2D(
      w, bias: bias?.value, stride: stride, padding: padding, dilation: dilation, algorithm: algorithm)
    return Self.convolution(
      "conv2D", [self], weight, bias, y,
      dataGradients: {
        [
          $0.conv2DDataGradient(
            w, inputShape: x.shape, stride: stride, padding: padding, dilation: dilation,
            algorithm: algorithm)
        ]
      },
      weightGradient: {
        x.tensor.conv2DWeightGradient(
          $0, kernelSize: kernelSize(w), stride: stride, padding: padding, dilation: dilation,
          algorithm: algorithm)
      },
      parameterGradients: {
        x.tensor.conv2DParameterGradients(
          $0, kernelSize: kernelSize(w), stride: stride, padding: padding, dilation: dilation,
          algorithm: algorithm)
      })
  }

  /// The 2-D convolution of two inputs side by side in the channels, without making that tensor; see
  /// `Tensor.conv2D(joinedWith:)`.
  public func conv2D(
    joinedWith second: Variable, _ weight: Variable, bias: Variable? = nil, stride: KernelSteps = 1,
    padding: KernelSteps = 0, dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Variable {
    let (x1, x2, w) = (saved, second.saved, weight.value)
    let y = value.conv2D(
      joinedWith: second.value, w, bias: bias?.value, stride: stride, padding: padding, dilation: dilation,
      algorithm: algorithm)
    return Self.convolution(
      "conv2D", [self, second], weight, bias, y,
      dataGradients: {
        let parts = $0.conv2DDataGradients(
          w, firstShape: x1.shape, secondShape: x2.shape, stride: stride, padding: padding,
          dilation: dilation, algorithm: algorithm)
        return [parts.first, parts.second]
      },
      weightGradient: {
        x1.tensor.conv2DWeightGradient(
          joinedWith: x2.tensor, $0, kernelSize: kernelSize(w), stride: stride, padding: padding,
          dilation: dilation, algorithm: algorithm)
      })
  }

  /// The 3-D convolution of `[N, D, H, W, C]`; see `Tensor.conv3D`.
  public func conv3D(
    _ weight: Variable, bias: Variable? = nil, stride: KernelSteps = 1, padding: KernelSteps = 0,
    dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Variable {
    let (x, w) = (saved, weight.value)
    let y = value.conv3D(
      w, bias: bias?.value, stride: stride, padding: padding, dilation: dilation, algorithm: algorithm)
    return Self.convolution(
      "conv3D", [self], weight, bias, y,
      dataGradients: {
        [
          $0.conv3DDataGradient(
            w, inputShape: x.shape, stride: stride, padding: padding, dilation: dilation,
            algorithm: algorithm)
        ]
      },
      weightGradient: {
        x.tensor.conv3DWeightGradient(
          $0, kernelSize: kernelSize(w), stride: stride, padding: padding, dilation: dilation,
          algorithm: algorithm)
      },
      parameterGradients: {
        x.tensor.conv3DParameterGradients(
          $0, kernelSize: kernelSize(w), stride: stride, padding: padding, dilation: dilation,
          algorithm: algorithm)
      })
  }

  /// The 3-D convolution of two inputs side by side in the channels; see `Tensor.conv3D(joinedWith:)`.
  public func conv3D(
    joinedWith second: Variable, _ weight: Variable, bias: Variable? = nil, stride: KernelSteps = 1,
    padding: KernelSteps = 0, dilation: KernelSteps = 1, algorithm: ConvolutionAlgorithm = .fast
  ) -> Variable {
    let (x1, x2, w) = (saved, second.saved, weight.value)
    let y = value.conv3D(
      joinedWith: second.value, w, bias: bias?.value, stride: stride, padding: padding, dilation: dilation,
      algorithm: algorithm)
    return Self.convolution(
      "conv3D", [self, second], weight, bias, y,
      dataGradients: {
        let parts = $0.conv3DDataGradients(
          w, firstShape: x1.shape, secondShape: x2.shape, stride: stride, padding: padding,
          dilation: dilation, algorithm: algorithm)
        return [parts.first, parts.second]
      },
      weightGradient: {
        x1.tensor.conv3DWeightGradient(
          joinedWith: x2.tensor, $0, kernelSize: kernelSize(w), stride: stride, padding: padding,
          dilation: dilation, algorithm: algorithm)
      },
      parameterGradients: {
        x1.tensor.conv3DParameterGradients(
          joinedWith: x2.tensor, $0, kernelSize: kernelSize(w), stride: stride, padding: padding,
          dilation: dilation, algorithm: algorithm)
      })
  }
}

extension Variable {
  /// Records a convolution. Only the gradients that somebody tracks are computed. `parameterGradients` computes those
  /// of weights and bias at once, where that saves work.
  static func convolution(
    _ name: String, _ inputs: [Variable], _ weight: Variable, _ bias: Variable?, _ value: Tensor<Scalar>,
    dataGradients: @escaping (Tensor<Scalar>) -> [Tensor<Scalar>],
    weightGradient: @escaping (Tensor<Scalar>) -> Tensor<Scalar>,
    parameterGradients: ((Tensor<Scalar>) -> (weight: Tensor<Scalar>, bias: Tensor<Scalar>))? = nil
  ) -> Variable {
    let inputCount = inputs.count
    let tracksInputs = inputs.contains { $0.tracksGradient }
    let tracksWeight = weight.tracksGradient
    let tracksBias = bias?.tracksGradient ?? false
    let hasBias = bias != nil
    return .recorded(name, inputs: inputs + [weight] + (bias.map { [$0] } ?? []), value: value) { gradient in
      let data: [Tensor<Scalar>?] =
        tracksInputs ? dataGradients(gradient) : Array(repeating: nil, count: inputCount)
      if tracksWeight, tracksBias, let parameterGradients {
        let (weightGradient, biasGradient) = parameterGradients(gradient)
        return data + [weightGradient, biasGradient]
      }
      return data + [tracksWeight ? weightGradient(gradient) : nil]
        + (!hasBias ? [] : [tracksBias ? gradient.convolutionBiasGradient() : nil])
    }
  }
}

/// The kernel's lengths, which precede the channels in the weights' shape.
func kernelSize<Scalar>(_ weight: Tensor<Scalar>) -> KernelSteps {
  KernelSteps(perAxis: weight.shape.dimensions.dropLast(2))
}
