public import Tensor

extension Variable {
  /// Batch norm with the statistics of the batch, and a leaky ReLU; see
  /// `Tensor.batchNorm(weight:bias:epsilon:negativeSlope:)`.
  ///
  /// The statistics come back as tensors, for the running averages of a layer; no gradient flows through
  /// them. The tape keeps the input and the statistics. The output is not needed: a convolution behind it does not
  /// keep a large one either, but has it computed again.
  public func batchNorm(
    weight: Variable? = nil, bias: Variable? = nil, epsilon: Scalar = 1e-5, negativeSlope: Scalar = 1
  ) -> (output: Variable, statistics: NormalizationStatistics<Scalar>) {
    let (x, w, b) = (value, weight?.value, bias?.value)
    let (output, statistics) = x.batchNorm(weight: w, bias: b, epsilon: epsilon, negativeSlope: negativeSlope)
    let result = Self.normalization(
      "batchNorm", self, weight, bias, output,
      recomputation: {
        x.batchNorm(
          weight: w, bias: b, mean: statistics.mean, variance: statistics.variance, epsilon: epsilon,
          negativeSlope: negativeSlope)
      }
    ) {
      x.batchNormGradients(
        outputGradient: $0, weight: w, bias: b, statistics: statistics, negativeSlope: negativeSlope)
    }
    return (result, statistics)
  }

  /// Batch norm with given statistics, and a leaky ReLU; see
  /// `Tensor.batchNorm(weight:bias:mean:variance:epsilon:negativeSlope:)`. Mean and variance are constants.
  public func batchNorm(
    weight: Variable? = nil, bias: Variable? = nil, mean: Tensor<Scalar>, variance: Tensor<Scalar>,
    epsilon: Scalar = 1e-5, negativeSlope: Scalar = 1
  ) -> Variable {
    let (x, w, b) = (value, weight?.value, bias?.value)
    let compute = {
      x.batchNorm(
        weight: w, bias: b, mean: mean, variance: variance, epsilon: epsilon, negativeSlope: negativeSlope)
    }
    return Self.normalization("batchNorm", self, weight, bias, compute(), recomputation: compute) {
      x.batchNormGradients(
        outputGradient: $0, weight: w, bias: b,
        statistics: NormalizationStatistics(mean: mean, variance: variance, epsilon: epsilon, count: 0),
        negativeSlope: negativeSlope, origin: .fixed)
    }
  }

  /// Instance norm and a leaky ReLU; see `Tensor.instanceNorm(weight:bias:epsilon:negativeSlope:)`.
  public func instanceNorm(
    weight: Variable? = nil, bias: Variable? = nil, epsilon: Scalar = 1e-5, negativeSlope: Scalar = 1
  ) -> Variable {
    groupNorm(
      groupCount: Swift.max(shape[-1], 1), weight: weight, bias: bias, epsilon: epsilon,
      negativeSlope: negativeSlope, name: "instanceNorm")
  }

  /// Group norm and a leaky ReLU; see `Tensor.groupNorm(groupCount:weight:bias:epsilon:negativeSlope:)`.
  public func groupNorm(
    groupCount: Int, weight: Variable? = nil, bias: Variable? = nil, epsilon: Scalar = 1e-5,
    negativeSlope: Scalar = 1
  ) -> Variable {
    groupNorm(
      groupCount: groupCount, weight: weight, bias: bias, epsilon: epsilon, negativeSlope: negativeSlope,
      name: "groupNorm")
  }

  /// Layer norm over the last axes; see `Tensor.layerNorm(axisCount:weight:bias:epsilon:)`.
  public func layerNorm(
    axisCount: Int = 1, weight: Variable? = nil, bias: Variable? = nil, epsilon: Scalar = 1e-5
  ) -> Variable {
    let (x, w) = (value, weight?.value)
    let (output, statistics) = x.layerNorm(
      axisCount: axisCount, weight: w, bias: bias?.value, epsilon: epsilon)
    return Self.normalization("layerNorm", self, weight, bias, output) {
      x.layerNormGradients(outputGradient: $0, axisCount: axisCount, weight: w, statistics: statistics)
    }
  }

  private func groupNorm(
    groupCount: Int, weight: Variable?, bias: Variable?, epsilon: Scalar, negativeSlope: Scalar, name: String
  ) -> Variable {
    let (x, w, b) = (value, weight?.value, bias?.value)
    let (output, statistics) = x.groupNorm(
      groupCount: groupCount, weight: w, bias: b, epsilon: epsilon, negativeSlope: negativeSlope)
    return Self.normalization(name, self, weight, bias, output) {
      x.groupNormGradients(
        outputGradient: $0, groupCount: groupCount, weight: w, bias: b, statistics: statistics,
        negativeSlope: negativeSlope)
    }
  }

  /// Records a normalisation: the gradients of input, weight and bias come from one call.
  static func normalization(
    _ name: String, _ input: Variable, _ weight: Variable?, _ bias: Variable?, _ output: Tensor<Scalar>,
    recomputation: (() -> Tensor<Scalar>)? = nil,
    gradients: @escaping (Tensor<Scalar>) -> NormalizationGradients<Scalar>
  ) -> Variable {
    let (hasWeight, hasBias) = (weight != nil, bias != nil)
    return .recorded(
      name, inputs: [input] + [weight, bias].compactMap { $0 }, value: output, recomputation: recomputation
    ) {
      let result = gradients($0)
      return [result.input] + (hasWeight ? [result.weight] : []) + (hasBias ? [result.bias] : [])
    }
  }
}
