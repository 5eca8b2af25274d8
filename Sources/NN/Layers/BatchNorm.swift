public import Autograd
public import Tensor

/// Batch norm of images `[N, H, W, C]`; see ``BatchNorm``.
public typealias BatchNorm2D<Scalar: TensorFloatingPointScalar> = BatchNorm<Scalar>
/// Batch norm of volumes `[N, D, H, W, C]`; see ``BatchNorm``.
public typealias BatchNorm3D<Scalar: TensorFloatingPointScalar> = BatchNorm<Scalar>

/// Batch norm: channels are last, and every other axis is averaged over, so one layer serves images and volumes.
///
/// Training: `y = weight (x - m) / sqrt(v + epsilon) + bias`, then a leaky ReLU of ``negativeSlope`` (1 is none, 0 is
/// ReLU), with the batch's own mean m and biased variance v per channel; running statistics move by
/// `r := (1 - momentum) r + momentum s`, where the running variance takes the unbiased variance (PyTorch's rule).
/// Evaluation uses the running statistics in place of the batch's. The activation is fused: what is saved for the
/// gradient is the input and two numbers per channel.
///
/// A batch of one value per channel has no variance: it would become the bias, without a gradient, while its variance of 0
/// pulled the running one down. Training on it stops, as in PyTorch; evaluation takes it.
///
/// Source: Ioffe and Szegedy, ICML 2015, algorithms 1 and 2.
public final class BatchNorm<Scalar: TensorFloatingPointScalar>: Layer, RankSharedNorm {
  /// Scale `[C]`, ones at first; `nil` for a layer without.
  public let weight: Parameter<Scalar>?
  /// Shift `[C]`, zeros at first; `nil` for a layer without.
  public let bias: Parameter<Scalar>?
  /// The running mean `[C]`, zeros at first.
  public let runningMean: ModuleBuffer<Scalar>
  /// The running variance `[C]`, ones at first.
  public let runningVariance: ModuleBuffer<Scalar>
  /// Batches seen in training.
  public let batchesTracked = ModuleCounter()
  /// The share of the batch in the running statistics: .1.
  public let momentum: Scalar
  /// Added to the variance under the root: 1e-5.
  public let epsilon: Scalar
  /// The slope of the fused leaky ReLU for negative values; 1 leaves the activation out.
  public let negativeSlope: Scalar
  /// Whether the batch's statistics are used or the running ones; set by ``Module/setMode(_:)``.
  public private(set) var mode: ModuleMode = .training
  /// The ranks whose inputs are measured together in training (SyncBN), forward and backward; `nil`, at first, for this process
  /// alone. See ``Module/shareNorms(across:)``.
  public var sharedRanks: Ranks?

  /// A layer for `channels`, which a negative slope of 1 leaves without activation.
  public init(
    channels: Int, affine: NormAffine = .scaleAndShift, momentum: Scalar = 0.1, epsilon: Scalar = 1e-5,
    negativeSlope: Scalar = 1
  ) {
    weight = affine == .neither ? nil : Parameter(Tensor(ones: [channels]))
    bias = affine == .scaleAndShift ? Parameter(Tensor(zeros: [channels])) : nil
    runningMean = ModuleBuffer(Tensor(zeros: [channels]))
    runningVariance = ModuleBuffer(Tensor(ones: [channels]))
    self.momentum = momentum
    self.epsilon = epsilon
    self.negativeSlope = negativeSlope
  }

  public var members: [ModuleMember<Scalar>] {
    [weight.map { .parameter("weight", $0) }, bias.map { .parameter("bias", $0) }].compactMap { $0 } + [
      .buffer("running_mean", runningMean), .buffer("running_var", runningVariance),
      .counter("num_batches_tracked", batchesTracked),
    ]
  }

  public var ownMode: ModuleMode? { mode }
  public func modeDidChange(to mode: ModuleMode) { self.mode = mode }

  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    shapePrecondition(
      input.shape[-1] == runningMean.value.shape[0],
      "batch norm of \(runningMean.value.shape[0]) channels got an input of shape \(input.shape)")
    guard mode == .training else {
      return input.batchNorm(
        weight: weight?.variable, bias: bias?.variable, mean: runningMean.value,
        variance: runningVariance.value,
        epsilon: epsilon, negativeSlope: negativeSlope)
    }
    let (output, statistics) = normalizedByBatch(input)
    // An empty batch has no statistics: they would be NaN for good.
    if !isRecomputingCheckpoint, statistics.count > 0 { updateRunningStatistics(statistics) }
    return output
  }

  private func normalizedByBatch(
    _ input: Variable<Scalar>
  ) -> (Variable<Scalar>, NormalizationStatistics<Scalar>) {
    let (weight, bias) = (weight?.variable, bias?.variable)
    let values = input.shape.elementCount / max(input.shape[-1], 1)
    if let ranks = sharedRanks, ranks.count > 1 {
      checkStatistics("batch norm", of: input.shape, values: values * ranks.count)
      return input.batchNorm(
        weight: weight, bias: bias, epsilon: epsilon, negativeSlope: negativeSlope,
        shift: runningMean.value
      ) { ranks.sum($0) }
    }
    checkStatistics("batch norm", of: input.shape, values: values)
    return input.batchNorm(weight: weight, bias: bias, epsilon: epsilon, negativeSlope: negativeSlope)
  }

  private func updateRunningStatistics(_ statistics: NormalizationStatistics<Scalar>) {
    let count = Scalar(statistics.count)
    let unbiased = statistics.variance * (count / (count - 1))
    runningMean.value = runningMean.value * (1 - momentum) + statistics.mean * momentum
    runningVariance.value = runningVariance.value * (1 - momentum) + unbiased * momentum
    batchesTracked.value += 1
  }
}

/// What a norm learns behind dividing by the deviation.
public enum NormAffine: Sendable {
  /// A scale and a shift: the usual.
  case scaleAndShift
  /// A scale alone: SimCLR's output.
  case scale
  /// Nothing (PyTorch's `affine=False`): SimSiam's output.
  case neither
}

/// Stops with the shape when the statistics of a training layer would be those of a single value.
func checkStatistics(_ layer: String, of shape: TensorShape, values: Int) {
  shapePrecondition(
    values != 1,
    "\(layer) in training needs more than one value for each mean; an input of shape \(shape) has one")
}
