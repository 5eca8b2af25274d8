extension Tensor where Scalar: TensorFloatingPointScalar {
  // MARK: Batch norm

  /// Normalises every channel over the whole batch and applies a leaky ReLU: the form used in training.
  ///
  /// `y = f(weight (x - mean) / sqrt(variance + epsilon) + bias)`, with mean and biased variance over all
  /// axes but the last, and `f(v) = v` for v >= 0, `negativeSlope v` below. The activation costs no pass
  /// over memory of its own, and nothing but x and the statistics needs to be kept for the gradient.
  ///
  ///     let (output, statistics) = features.batchNorm(weight: weight, bias: bias, negativeSlope: 0.01)
  ///
  /// - Parameters:
  ///   - weight: a factor for each channel `[C]`; `nil` stands for ones.
  ///   - bias: a summand for each channel `[C]`; `nil` stands for zeros.
  ///   - epsilon: added to the variance, so that a constant channel is no division by zero.
  ///   - negativeSlope: 1 for no activation, 0 for ReLU, 0.01 for the usual leaky ReLU.
  /// - Returns: the output, shaped like the input, and the statistics `[C]`. An empty batch has no mean:
  ///   its statistics are NaN.
  /// - Precondition: the tensor has a channel axis, and weight and bias have its length.
  /// - Complexity: O(elements), two passes.
  public func batchNorm(
    weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Scalar = 1e-5, negativeSlope: Scalar = 1
  ) -> (output: Tensor, statistics: NormalizationStatistics<Scalar>) {
    normalized(
      "batchNorm", layout: batchLayout("batchNorm"), statisticShape: [shape[-1]], weight: weight, bias: bias,
      epsilon: epsilon, negativeSlope: negativeSlope)
  }

  /// Normalises every channel with given statistics and applies a leaky ReLU: the form used in evaluation.
  ///
  /// The equation is that of ``batchNorm(weight:bias:epsilon:negativeSlope:)``, with the running mean and
  /// variance of training in place of the batch's own.
  ///
  /// - Parameters:
  ///   - mean: a mean for each channel `[C]`.
  ///   - variance: a variance for each channel `[C]`.
  ///   - weight: A factor for each channel, or `nil` for ones.
  ///   - bias: A shift for each channel, or `nil` for none.
  ///   - epsilon: What is added to the variance.
  ///   - negativeSlope: The slope of the leaky ReLU that follows: 1 for none, 0 for ReLU.
  /// - Precondition: all per-channel tensors have the length of the last axis.
  public func batchNorm(
    weight: Tensor? = nil, bias: Tensor? = nil, mean: Tensor, variance: Tensor, epsilon: Scalar = 1e-5,
    negativeSlope: Scalar = 1
  ) -> Tensor {
    let layout = batchLayout("batchNorm")
    checkParameter(mean, named: "mean", length: layout.channels)
    checkParameter(variance, named: "variance", length: layout.channels)
    let statistics = NormalizationStatistics(mean: mean, variance: variance, epsilon: epsilon, count: 0)
    let weight = parameter(weight, named: "weight", length: layout.channels, otherwise: 1)
    let bias = parameter(bias, named: "bias", length: layout.channels, otherwise: 0)
    return Profiler.measure("batchNorm evaluation", flops: 4 * elementCount, bytes: 2 * byteCount) {
      NormalizationKernels.normalize(
        self, layout: layout, mean: mean, inverseDeviation: statistics.inverseStandardDeviation,
        weight: weight, bias: bias, slope: negativeSlope)
    }
  }

  /// The gradients of ``batchNorm(weight:bias:epsilon:negativeSlope:)``; `self` is its input.
  package func batchNormGradients(
    outputGradient: Tensor, weight: Tensor? = nil, bias: Tensor? = nil,
    statistics: NormalizationStatistics<Scalar>, negativeSlope: Scalar = 1,
    origin: StatisticsOrigin = .input
  ) -> NormalizationGradients<Scalar> {
    normalizationGradients(
      "batchNorm gradient", layout: batchLayout("batchNorm"), outputGradient: outputGradient, weight: weight,
      bias: bias,
      statistics: statistics, negativeSlope: negativeSlope, origin: origin)
  }

  // MARK: Instance and group norm

  /// Normalises every channel of every image by itself and applies a leaky ReLU.
  ///
  /// The equation is that of ``batchNorm(weight:bias:epsilon:negativeSlope:)``, with mean and variance over
  /// the positions of one image. It does not depend on the rest of the batch, so training and evaluation
  /// agree. Images are `[N, H, W, C]`, volumes `[N, D, H, W, C]`; the statistics are `[N, C]`.
  ///
  /// - Precondition: rank of at least 2; weight and bias have the length of the last axis.
  public func instanceNorm(
    weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Scalar = 1e-5, negativeSlope: Scalar = 1
  ) -> (output: Tensor, statistics: NormalizationStatistics<Scalar>) {
    groupNorm(
      groupCount: Swift.max(shape[-1], 1), weight: weight, bias: bias, epsilon: epsilon,
      negativeSlope: negativeSlope)
  }

  /// Normalises groups of neighbouring channels of every image by themselves and applies a leaky ReLU.
  ///
  /// The channels fall into `groupCount` runs of equal length; mean and variance are taken over the
  /// positions and channels of a run in one image, weight and bias stay per channel. The statistics are
  /// `[N, groupCount]`. One group a channel is ``instanceNorm(weight:bias:epsilon:negativeSlope:)``.
  /// Source: Wu and He, Group Normalization, ECCV 2018.
  ///
  /// - Precondition: rank of at least 2; `groupCount` divides the number of channels; weight and bias have
  ///   the length of the last axis.
  public func groupNorm(
    groupCount: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Scalar = 1e-5,
    negativeSlope: Scalar = 1
  ) -> (output: Tensor, statistics: NormalizationStatistics<Scalar>) {
    normalized(
      "groupNorm", layout: groupLayout(groupCount), statisticShape: [shape[0], groupCount], weight: weight,
      bias: bias,
      epsilon: epsilon, negativeSlope: negativeSlope)
  }

  /// The gradients of ``groupNorm(groupCount:weight:bias:epsilon:negativeSlope:)``; `self` is its input.
  package func groupNormGradients(
    outputGradient: Tensor, groupCount: Int, weight: Tensor? = nil, bias: Tensor? = nil,
    statistics: NormalizationStatistics<Scalar>, negativeSlope: Scalar = 1
  ) -> NormalizationGradients<Scalar> {
    normalizationGradients(
      "groupNorm gradient", layout: groupLayout(groupCount), outputGradient: outputGradient, weight: weight,
      bias: bias,
      statistics: statistics, negativeSlope: negativeSlope, origin: .input)
  }

  // MARK: Layer norm

  /// Normalises the values along the last axis, or the last axes, at every place by itself.
  ///
  /// `y = weight (x - mean) / sqrt(variance + epsilon) + bias`, with mean and biased variance over the last
  /// `axisCount` axes. Source: Ba, Kiros and Hinton, Layer Normalization, 2016.
  ///
  /// - Parameters:
  ///   - axisCount: how many trailing axes are normalised together.
  ///   - weight: a factor for each normalised element, shaped like those axes; `nil` stands for ones.
  ///   - bias: a summand for each normalised element, shaped like those axes; `nil` stands for zeros.
  ///   - epsilon: What is added to the variance.
  /// - Precondition: `1 <= axisCount <= rank`; weight and bias have the shape of those axes.
  public func layerNorm(
    axisCount: Int = 1, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Scalar = 1e-5
  ) -> (output: Tensor, statistics: NormalizationStatistics<Scalar>) {
    let layout = layerLayout(axisCount)
    return normalized(
      "layerNorm", layout: layout, statisticShape: Array(shape.dimensions.dropLast(axisCount)),
      weight: flatParameter(weight, named: "weight", axisCount: axisCount),
      bias: flatParameter(bias, named: "bias", axisCount: axisCount), epsilon: epsilon, negativeSlope: 1)
  }

  /// The gradients of ``layerNorm(axisCount:weight:bias:epsilon:)``; `self` is its input.
  package func layerNormGradients(
    outputGradient: Tensor, axisCount: Int = 1, weight: Tensor? = nil,
    statistics: NormalizationStatistics<Scalar>
  ) -> NormalizationGradients<Scalar> {
    let gradients = normalizationGradients(
      "layerNorm gradient", layout: layerLayout(axisCount), outputGradient: outputGradient,
      weight: flatParameter(weight, named: "weight", axisCount: axisCount), bias: nil,
      statistics: statistics, negativeSlope: 1, origin: .input)
    let parameterShape = Array(shape.dimensions.suffix(axisCount))
    return NormalizationGradients(
      input: gradients.input, weight: gradients.weight.reshaped(parameterShape),
      bias: gradients.bias.reshaped(parameterShape))
  }

  // MARK: Shared

  func batchLayout(_ name: String) -> NormalizationLayout {
    shapePrecondition(rank >= 1, "\(name) needs a channel axis; a tensor of shape \(shape) has none")
    let channels = shape[-1]
    return NormalizationLayout(
      samples: 1, positions: channels == 0 ? 0 : elementCount / channels, channels: channels,
      groups: channels)
  }

  private func groupLayout(_ groupCount: Int) -> NormalizationLayout {
    shapePrecondition(
      rank >= 2 && groupCount >= 1 && shape[-1] % groupCount == 0,
      "a tensor of shape \(shape) has no batch axis or its channels do not fall into \(groupCount) groups")
    let positions = shape.dimensions.dropFirst().dropLast().reduce(1, *)
    return NormalizationLayout(
      samples: shape[0], positions: positions, channels: shape[-1], groups: groupCount)
  }

  private func layerLayout(_ axisCount: Int) -> NormalizationLayout {
    shapePrecondition(
      axisCount >= 1 && axisCount <= rank, "a tensor of shape \(shape) has no \(axisCount) trailing axes")
    let channels = shape.dimensions.suffix(axisCount).reduce(1, *)
    let samples = shape.dimensions.dropLast(axisCount).reduce(1, *)
    return NormalizationLayout(
      samples: samples, positions: 1, channels: channels, groups: 1)
  }

  private func normalized(
    _ name: String, layout: NormalizationLayout, statisticShape: [Int], weight: Tensor?, bias: Tensor?,
    epsilon: Scalar,
    negativeSlope: Scalar
  ) -> (output: Tensor, statistics: NormalizationStatistics<Scalar>) {
    let weight = parameter(weight, named: "weight", length: layout.channels, otherwise: 1)
    let bias = parameter(bias, named: "bias", length: layout.channels, otherwise: 0)
    return Profiler.measure(name, flops: 8 * elementCount, bytes: 3 * byteCount) {
      let moments = NormalizationKernels.moments(self, layout: layout)
      let statistics = NormalizationStatistics(
        mean: moments.mean.reshaped(statisticShape), variance: moments.variance.reshaped(statisticShape),
        epsilon: epsilon, count: layout.count)
      let output = NormalizationKernels.normalize(
        self, layout: layout, mean: statistics.mean, inverseDeviation: statistics.inverseStandardDeviation,
        weight: weight, bias: bias, slope: negativeSlope)
      return (output, statistics)
    }
  }

  private func normalizationGradients(
    _ name: String, layout: NormalizationLayout, outputGradient: Tensor, weight: Tensor?, bias: Tensor?,
    statistics: NormalizationStatistics<Scalar>, negativeSlope: Scalar, origin: StatisticsOrigin
  ) -> NormalizationGradients<Scalar> {
    shapePrecondition(
      outputGradient.shape == shape,
      "the gradient of shape \(outputGradient.shape) does not fit an input of shape \(shape)")
    let weight = parameter(weight, named: "weight", length: layout.channels, otherwise: 1)
    let bias = parameter(bias, named: "bias", length: layout.channels, otherwise: 0)
    return Profiler.measure(name, flops: 16 * elementCount, bytes: 5 * byteCount) {
      NormalizationKernels.gradients(
        outputGradient, input: self, layout: layout, mean: statistics.mean,
        inverseDeviation: statistics.inverseStandardDeviation, weight: weight, bias: bias,
        slope: negativeSlope, origin: origin)
    }
  }

  /// Bytes of the elements.
  private var byteCount: Int { elementCount * MemoryLayout<Scalar>.stride }

  private func parameter(_ tensor: Tensor?, named name: String, length: Int, otherwise value: Scalar)
    -> Tensor
  {
    guard let tensor else { return Tensor(repeating: value, shape: [length]) }
    checkParameter(tensor, named: name, length: length)
    return tensor
  }

  private func checkParameter(_ tensor: Tensor, named name: String, length: Int) {
    shapePrecondition(
      tensor.shape == [length],
      "the \(name) of shape \(tensor.shape) does not fit \(length) channels of a tensor of shape \(shape)")
  }

  private func flatParameter(_ tensor: Tensor?, named name: String, axisCount: Int) -> Tensor? {
    guard let tensor else { return nil }
    shapePrecondition(
      tensor.shape.dimensions == Array(shape.dimensions.suffix(axisCount)),
      "the \(name) of shape \(tensor.shape) does not fit the last \(axisCount) axes of shape \(shape)")
    return tensor.flattened()
  }
}
