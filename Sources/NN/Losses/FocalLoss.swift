public import Autograd
public import Tensor

/// The mean over the pixels of `-w_y (1 - p_y)^gamma log p_y`: cross-entropy in which well-classified pixels count less.
/// The mean divides by the number of pixels, not by their weights. A pixel of weight 0 adds 0, whatever its logits; without
/// pixels the loss is 0.
///
/// Source: Lin et al., ICCV 2017, equation 5.
public struct FocalLoss: SegmentationLoss, Codable, Hashable {
  /// How fast the weight falls with the probability: 2. At 0 this is cross-entropy.
  public let gamma: Double
  /// A weight per class, or `nil` for ones.
  public let classWeights: [Double]?

  /// A loss with the given exponent.
  ///
  /// - Precondition: `gamma` is not negative.
  public init(gamma: Double = 2, classWeights: [Double]? = nil) {
    shapePrecondition(gamma >= 0, "a focal loss needs a gamma of at least 0, not \(gamma)")
    self.gamma = gamma
    self.classWeights = classWeights
  }

  /// The mean over this rank's pixels: ranks have equally many.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>, across ranks: Ranks
  ) -> Variable<Scalar> { self(logits, labels) }

  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>
  ) -> Variable<Scalar> {
    checkLabels(labels, fit: logits, ignoring: nil)
    let classes = logits.shape[-1]
    let classWeights = classWeights?.map { Scalar($0) } ?? [Scalar](repeating: 1, count: classes)
    shapePrecondition(
      classWeights.count == classes, "\(classWeights.count) class weights do not fit \(classes) classes")
    guard labels.elementCount > 0 else { return Variable(Tensor(0)) }
    // log p of each pixel's own class, by a gather along the last axis.
    let own = Tensor<Int32>(converting: labels).expanded(at: -1)
    let weights = Tensor(classWeights).gathered(at: labels.flattened()).reshaped(labels.shape)
    // Before softmax: 0 times an infinite logarithm would be NaN, and so would its gradient.
    let counted = logits.replacing(with: 0, where: (weights .== 0).expanded(at: -1))
    let logProbability = counted.logSoftmax(along: -1).gatheredElements(along: -1, at: own).squeezed(at: -1)
    let weight = Variable(weights)
    // At least a tiny number: a power below 1 has no derivative at 0.
    let remaining = (-logProbability.expm1()).maximum(.leastNormalMagnitude)
    let factor = gamma == 0 ? weight : weight * remaining.power(Scalar(gamma))
    return -(factor * logProbability).mean()
  }
}
