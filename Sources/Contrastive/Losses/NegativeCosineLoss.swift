public import Autograd
public import Tensor

/// The loss of BYOL, SimSiam and SimTriplet: predictions turn towards targets, and nothing repels. There is no denominator.
///
///     negativeCosine    L = -1/N sum over i of u_i . v_i          in [-1, 1]
///     squaredDistance   L =  1/N sum over i of |u_i - v_i|^2      in [0, 4]
///
/// with unit rows u of the predictions and v of the targets. The second is `2 - 2 cos` of rows with a length, so its gradient is
/// twice the first's. A loss of two views is the sum of two calls in BYOL and half of it in SimSiam:
///
///     let loss = NegativeCosineLoss()
///     0.5 * (loss(p1, targets: z2) + loss(p2, targets: z1))
///
/// Targets are held unless ``targetGradient`` says otherwise: without that, all rows become equal, which costs the least. The
/// value alone cannot tell; see ``embeddingSpread(_:)``. A row without length has the cosine 0 with every other, the squared
/// distance 1 from a row with a length, and no gradient. Without rows the loss is 0.
///
/// O(N d) time; it keeps three numbers a row, no copy of the rows. Sources: Grill et al., NeurIPS 2020 (BYOL), equation 2; Chen
/// and He, CVPR 2021 (SimSiam), equations 1 to 4.
public struct NegativeCosineLoss: Sendable, Hashable, Codable {
  /// Which of two numbers with the same minimum is the loss.
  public enum Form: String, Sendable, Hashable, Codable {
    /// `-cos`: SimSiam's and SimTriplet's.
    case negativeCosine
    /// `|u - v|^2` of unit rows: BYOL's, whose code adds both views and halves nothing.
    case squaredDistance
  }

  /// Whether a target moves, too.
  public enum TargetGradient: String, Sendable, Hashable, Codable {
    /// Targets are values: the stop-gradient of the papers.
    case stopped
    /// Gradients flow into the targets as well: the ablation that collapses.
    case flowing
  }

  /// The loss's form: minus the cosine.
  public var form: Form
  /// Whether gradients flow into targets: no.
  public var targetGradient: TargetGradient
  /// The least length that rows are divided by: 1e-8, as SimSiam's `CosineSimilarity`; BYOL's code has 1e-6.
  public var floor: CosineFloor

  /// A loss; SimSiam's without arguments.
  public init(
    _ form: Form = .negativeCosine, targetGradient: TargetGradient = .stopped,
    floor: CosineFloor = .cosineSimilarity
  ) {
    self.form = form
    self.targetGradient = targetGradient
    self.floor = floor
  }

  /// BYOL's: the squared distance, with its code's least length.
  public static var byol: NegativeCosineLoss { NegativeCosineLoss(.squaredDistance, floor: .length(1e-6)) }
  /// SimSiam's.
  public static var simSiam: NegativeCosineLoss { NegativeCosineLoss() }

  /// The loss of predictions `[N, d]` and the targets `[N, d]` of the same images in the same order.
  ///
  /// `weights`: what each row counts in the mean, `[N]`, not negative; alike where `nil`.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ predictions: Variable<Scalar>, targets: Variable<Scalar>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    shapePrecondition(
      predictions.shape.rank == 2 && predictions.shape == targets.shape,
      "predictions of shape \(predictions.shape) and targets of shape \(targets.shape) do not pair")
    let shares = RowWeights(weights, count: predictions.shape[0]).shares
    let pairs = UnitRowPairs(predictions.value, targets.value, floor: floor, cost: form)
    let flows = targetGradient == .flowing
    return .recorded(
      "negativeCosine", inputs: flows ? [predictions, targets] : [predictions],
      value: (pairs.costs() * shares).sum()
    ) {
      let slopes = shares * $0.item
      let own = pairs.gradient(slopes, by: .first)
      return flows ? [own, pairs.gradient(slopes, by: .second)] : [own]
    }
  }
}
