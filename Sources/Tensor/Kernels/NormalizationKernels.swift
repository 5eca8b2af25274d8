/// Mean, variance, output and gradients of every normalisation: the fast path for `Float`, the exact one for
/// the rest.
enum NormalizationKernels {
  static func moments<Scalar: TensorFloatingPointScalar>(
    _ input: Tensor<Scalar>, layout: NormalizationLayout
  ) -> (mean: Tensor<Scalar>, variance: Tensor<Scalar>) {
    var variance = Tensor<Scalar>(zeros: [layout.statisticCount])
    let mean = Tensor<Scalar>(shape: [layout.statisticCount]) { mean in
      variance.withUnsafeMutableBufferPointer { variance in
        guard let mean = mean.baseAddress, let variance = variance.baseAddress else { return }
        if Scalar.self == Float.self {
          NormalizationFast.moments(
            input.pointer.asFloat, layout: layout, mean: mean.asFloat, variance: variance.asFloat)
        } else {
          NormalizationExact.moments(input.pointer, layout: layout, mean: mean, variance: variance)
        }
      }
    }
    return (mean, variance)
  }

  static func normalize<Scalar: TensorFloatingPointScalar>(
    _ input: Tensor<Scalar>, layout: NormalizationLayout, mean: Tensor<Scalar>,
    inverseDeviation: Tensor<Scalar>, weight: Tensor<Scalar>, bias: Tensor<Scalar>, slope: Scalar
  ) -> Tensor<Scalar> {
    Tensor(shape: input.shape) { output in
      guard let output = output.baseAddress, input.elementCount > 0 else { return }
      if Scalar.self == Float.self {
        NormalizationFast.normalize(
          input.pointer.asFloat, layout: layout, mean: mean.pointer.asFloat,
          inverseDeviation: inverseDeviation.pointer.asFloat, weight: weight.pointer.asFloat,
          bias: bias.pointer.asFloat, slope: Float(slope), output: output.asFloat)
      } else {
        NormalizationExact.normalize(
          input.pointer, layout: layout, mean: mean.pointer, inverseDeviation: inverseDeviation.pointer,
          weight: weight.pointer, bias: bias.pointer, slope: slope, output: output)
      }
    }
  }

  static func gradients<Scalar: TensorFloatingPointScalar>(
    _ outputGradient: Tensor<Scalar>, input: Tensor<Scalar>, layout: NormalizationLayout,
    mean: Tensor<Scalar>, inverseDeviation: Tensor<Scalar>, weight: Tensor<Scalar>, bias: Tensor<Scalar>,
    slope: Scalar, origin: StatisticsOrigin
  ) -> NormalizationGradients<Scalar> {
    var weightGradient = Tensor<Scalar>(zeros: [layout.channels])
    var biasGradient = Tensor<Scalar>(zeros: [layout.channels])
    let inputGradient = Tensor<Scalar>(shape: input.shape) { result in
      weightGradient.withUnsafeMutableBufferPointer { weightResult in
        biasGradient.withUnsafeMutableBufferPointer { biasResult in
          guard let result = result.baseAddress, let weightResult = weightResult.baseAddress,
            let biasResult = biasResult.baseAddress
          else { return }
          guard input.elementCount > 0 else { return }
          if Scalar.self == Float.self {
            NormalizationFast.gradients(
              outputGradient.pointer.asFloat, input: input.pointer.asFloat, layout: layout,
              mean: mean.pointer.asFloat, inverseDeviation: inverseDeviation.pointer.asFloat,
              weight: weight.pointer.asFloat, bias: bias.pointer.asFloat, slope: Float(slope),
              origin: origin, inputGradient: result.asFloat, weightGradient: weightResult.asFloat,
              biasGradient: biasResult.asFloat)
          } else {
            NormalizationExact.gradients(
              outputGradient.pointer, input: input.pointer, layout: layout, mean: mean.pointer,
              inverseDeviation: inverseDeviation.pointer, weight: weight.pointer, bias: bias.pointer,
              slope: slope, origin: origin, inputGradient: result, weightGradient: weightResult,
              biasGradient: biasResult)
          }
        }
      }
    }
    return NormalizationGradients(input: inputGradient, weight: weightGradient, bias: biasGradient)
  }
}
