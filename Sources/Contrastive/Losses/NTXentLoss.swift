public import Autograd
public import Tensor

/// The normalised temperature-scaled cross-entropy of SimCLR: each of the 2N rows attracts the other view of its image
/// and repels the other 2N - 2; the denominator runs over all rows but the anchor itself:
///
///     L = -1/2N sum over i of [ s_ip - log sum over k != i of exp(s_ik) ]    s_ij = cos(z_i, z_j) / T
///
/// One image has loss 0; equal rows give log(2N - 1). The scale of rows leaves no trace; a row of zeros has cosine 0 with all
/// and no gradient. Without rows the loss is 0. O(N d) memory: no N x N matrix is stored. Source: Chen et al., ICML
/// 2020, equation 1 (its released code adds the means of the two halves: twice this).
public struct NTXentLoss: Sendable, Hashable, Codable {
  /// T: .1 in SuperCL; SimCLR's own default is .5.
  public var temperature: Double
  /// The least length that rows are divided by: 1e-8.
  public var floor: CosineFloor

  /// A loss of the given temperature, which divides by lengths of at least `floor`.
  ///
  /// - Precondition: the temperature is positive.
  public init(temperature: Double = 0.1, floor: CosineFloor = .cosineSimilarity) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    self.temperature = temperature
    self.floor = floor
  }

  /// The loss of two views `[N, d]` of the same images in the same order.
  ///
  /// `weights`: weights of the anchors, `[2N]`, view 1, then view 2: the mean is `sum w_i L_i / sum w_i`. A row of
  ///   weight 0 is no anchor, and stays a negative of the others.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    let pair = ViewPair(view1, view2, floor: floor, leavingOut: .itself)
    return pair.loss("ntXent", [PairTerm(.logSumExp, temperature: Scalar(temperature))], weights) {
      AnchorLoss(
        value: $0.first - $0.cosines / Scalar(temperature), first: 1, cosines: -1 / Scalar(temperature))
    }
  }
}

/// Two views of the same images, whose rows are the anchors of a loss: each attracts the other view of its image.
struct ViewPair<Scalar: TensorFloatingPointScalar> {
  let count: Int
  let comparison: RowComparison<Scalar>
  private let views: [Variable<Scalar>]
  private let positives: CosinePositives<Scalar>

  /// - Parameters:
  ///   - view1: `[N, d]`.
  ///   - view2: Of the same images, in the same order.
  init(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, floor: CosineFloor,
    leavingOut exclusion: RowExclusion
  ) {
    shapePrecondition(
      view1.shape.rank == 2 && view1.shape == view2.shape,
      "views of shapes \(view1.shape) and \(view2.shape) do not pair")
    count = view1.shape[0]
    views = [view1, view2].map { $0.expanded(at: 0) }
    let rows = ContrastiveRows(views: views.map(\.value), normalization: floor.normalization())
    comparison = RowComparison(rows, leavingOut: exclusion)
    positives = CosinePositives(
      comparison: RowComparison(rows), sets: PositiveSets(labels: indexLabels(count, views: 2)), rowSet: 0)
  }

  /// The cosine of each row with the other view of its image, `[1, 2N]`.
  var cosines: Tensor<Scalar> { ContrastiveProduct.positiveSums(positives.comparison, positives.sets) }

  /// The weighted mean over the 2N anchors.
  func loss(
    _ name: String, _ terms: [PairTerm<Scalar>], _ weights: Tensor<Scalar>?,
    _ loss: (AnchorSums<Scalar>) -> AnchorLoss<Scalar>?
  ) -> Variable<Scalar> {
    AnchorMeans(
      comparison, rowSets: [comparison.anchors],
      terms: zip(terms, ContrastiveProduct.reduce(comparison, terms)).map { (term: $0, sums: $1) },
      positives: positives,
      counts: positives.sets.counts, weights: groupWeights(weights, 2 * count), loss: loss
    ).recorded(name, [views]).sum()
  }
}
