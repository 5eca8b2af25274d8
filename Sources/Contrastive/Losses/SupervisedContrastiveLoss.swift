import Foundation
public import Autograd
public import Tensor

/// The supervised contrastive loss: rows of one label attract, all others repel; the denominator runs over all rows but the
/// anchor itself, its positives included. The mean over the positives stands outside the logarithm, or inside:
///
///     outside: L = (T / T0) 1/|A| sum over i in A of -1/|P(i)| sum over j in P(i) of log( e^s_ij / sum over k != i of e^s_ik )
///     inside:  L = (T / T0) 1/|A| sum over i in A of -log( 1/|P(i)| sum over j in P(i) of e^s_ij / sum over k != i of e^s_ik )
///
/// with `s_ij = cos(u_i, u_j) / T`, the positives P(i) of row i, and the anchors A that have one. A row without positives
/// is no anchor but stays a negative of the others; without any anchor the loss is 0 and so is its gradient. Inside is
/// never above outside. Equal rows give log(N - 1) before the factor, both ways. With weights w of the anchors the mean is
/// `sum w_i L_i / sum w_i`. The scale of rows leaves no trace; a row of zeros has cosine 0 with all and no gradient.
///
/// Nothing of size N x N is stored: similarities are computed in tiles, forward and backward, in O(N d) memory and O(N^2 d)
/// time. A mask of positives takes the one byte a pair that it was given with.
///
///     let loss = SupervisedContrastiveLoss()
///     loss(embeddings, labels: labels).backward()
///
/// Source: Khosla et al., NeurIPS 2020, equations 2 (L_out) and 3 (L_in); the factor as in the released code of arXiv
/// 2504.14737.
public struct SupervisedContrastiveLoss: Sendable, Hashable, Codable {
  /// Where the mean over the positives stands.
  public enum Form: String, Sendable, Hashable, Codable {
    /// Outside the logarithm: L_out, which the authors recommend and whose gradient is not weighted by how near a positive
    /// is already.
    case outside
    /// Inside: L_in.
    case inside
  }

  /// Temperature, and the factor in front: .1 and .1 / .07.
  public var scale: ContrastiveTemperature
  /// Where the mean over the positives stands: outside the logarithm.
  public var form: Form
  /// The least length that rows are divided by: 1e-8.
  public var floor: CosineFloor

  /// A loss with the given temperature; SuperCL's without arguments.
  public init(
    _ scale: ContrastiveTemperature = .init(), form: Form = .outside, floor: CosineFloor = .cosineSimilarity
  ) {
    self.scale = scale
    self.form = form
    self.floor = floor
  }

  /// The loss of rows `[N, d]`; positives share a label `[N]`.
  ///
  /// `weights`: weights of the anchors, `[N]`; a row of weight 0 is no anchor, and stays a negative.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ rows: Variable<Scalar>, labels: Tensor<Int32>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    groupLosses(
      [rows.expanded(at: 0)], labels: groupLabels(labels, rows.shape),
      weights: groupWeights(weights, rows.shape[0])
    ).losses.sum()
  }

  /// The loss of rows `[N, d]` whose positives a mask `[N, N]` names; its diagonal is ignored.
  ///
  /// `weights`: weights of the anchors, `[N]`.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ rows: Variable<Scalar>, positives: Tensor<Bool>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    let unit = ContrastiveRows(rows, floor: floor)
    return loss(
      RowComparison(anchors: unit, references: unit, excluding: .sameIndex), [[rows.expanded(at: 0)]],
      .mask(positives),
      counts: positiveCounts(positives, unit.rowCount, unit.rowCount, excluding: .sameIndex),
      groupWeights(weights, unit.rowCount)
    ).sum()
  }

  /// The loss of anchors `[N, d]` against references `[M, d]`, such as embeddings of another machine, a queue, or
  /// prototypes. Gradients flow into both that track them.
  ///
  /// - Parameters:
  ///   - anchors: Rows that attract and repel.
  ///   - references: What the anchors are compared with.
  ///   - positives: `[N, M]`.
  ///   - excluded: Which reference an anchor is not compared with.
  ///   - weights: Weights of the anchors, `[N]`.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    anchors: Variable<Scalar>, references: Variable<Scalar>, positives: Tensor<Bool>,
    excluding excluded: ExcludedReference = .none, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    let comparison = comparison(anchors, references, excluded)
    return loss(
      comparison, [anchors, references].map { [$0.expanded(at: 0)] }, .mask(positives),
      counts: positiveCounts(positives, anchors.shape[0], references.shape[0], excluding: excluded),
      groupWeights(weights, anchors.shape[0])
    ).sum()
  }

  /// The loss of anchors `[N, d]` against references `[M, d]`; positives share a label, `[N]` and `[M]`.
  ///
  /// Where the anchors are the rows from `first` on among the references of several machines, exclude `.index(offset: first)`.
  ///
  /// - Parameters:
  ///   - anchors: Rows that attract and repel.
  ///   - labels: Of the anchors.
  ///   - references: What the anchors are compared with.
  ///   - referenceLabels: Of the references.
  ///   - excluded: Which reference an anchor is not compared with.
  ///   - weights: Weights of the anchors, `[N]`.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    anchors: Variable<Scalar>, labels: Tensor<Int32>, references: Variable<Scalar>,
    referenceLabels: Tensor<Int32>, excluding excluded: ExcludedReference = .none,
    weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    let sets = PositiveSets(
      anchorLabels: groupLabels(labels, anchors.shape),
      referenceLabels: groupLabels(referenceLabels, references.shape), excluding: excluded)
    return loss(
      comparison(anchors, references, excluded), [anchors, references].map { [$0.expanded(at: 0)] },
      .labels(sets), counts: sets.counts, groupWeights(weights, anchors.shape[0])
    ).sum()
  }

  /// One loss for each group of rows, such as the pixels of an image.
  ///
  /// - Parameters:
  ///   - views: Tensors `[groups, rows, d]`; the rows of a group are those of the first view, then of the second, and so
  ///     on. Nothing is concatenated.
  ///   - labels: `[groups, rows of all views]`; positives share a label within their group.
  ///   - weights: Weights of the anchors, `[groups, rows of all views]`.
  /// - Returns: The losses `[groups]`, and the positives of every row, `[groups, rows of all views]`.
  public func groupLosses<Scalar: TensorFloatingPointScalar>(
    _ views: [Variable<Scalar>], labels: Tensor<Int32>, weights: Tensor<Scalar>? = nil
  ) -> (losses: Variable<Scalar>, positiveCounts: Tensor<Int32>) {
    let sets = PositiveSets(labels: labels)
    return (groupLosses(views, sets, weights: weights), sets.counts)
  }

  func groupLosses<Scalar: TensorFloatingPointScalar>(
    _ views: [Variable<Scalar>], _ sets: PositiveSets, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    let rows = ContrastiveRows(views: views.map(\.value), normalization: floor.normalization())
    return loss(RowComparison(rows), [views], .labels(sets), counts: sets.counts, weights)
  }

  private func comparison<Scalar>(
    _ anchors: Variable<Scalar>, _ references: Variable<Scalar>, _ excluded: ExcludedReference
  ) -> RowComparison<Scalar> {
    RowComparison(
      anchors: ContrastiveRows(anchors, floor: floor), references: ContrastiveRows(references, floor: floor),
      excluding: excluded)
  }

  /// `rows`: the views of the anchors, and those of the references where they are other rows.
  private func loss<Scalar>(
    _ comparison: RowComparison<Scalar>, _ rows: [[Variable<Scalar>]], _ pairs: PositivePairs,
    counts: Tensor<Int32>, _ weights: Tensor<Scalar>?
  ) -> Variable<Scalar> {
    let temperature = Scalar(scale.temperature)
    var terms = [PairTerm<Scalar>(.logSumExp, temperature: temperature)]
    var positives: CosinePositives<Scalar>?
    switch (form, pairs) {
    case (.outside, .labels(let sets)):
      positives = CosinePositives(comparison: comparison, sets: sets, rowSet: rows.count - 1)
    case (.outside, .mask): terms.append(PairTerm(.sum, over: .positives(pairs), temperature: temperature))
    case (.inside, _): terms.append(PairTerm(.logSumExp, over: .positives(pairs), temperature: temperature))
    }
    let (byCosines, isOutside) = (positives != nil, form == .outside)
    return AnchorMeans(
      comparison,
      rowSets: rows.count == 1 ? [comparison.anchors] : [comparison.anchors, comparison.references],
      referenceSet: rows.count - 1,
      terms: zip(terms, ContrastiveProduct.reduce(comparison, terms)).map { (term: $0, sums: $1) },
      positives: positives,
      counts: counts, weights: weights
    ) { sums in
      let count = Scalar(sums.count)
      guard count > 0 else { return nil }
      if byCosines {
        let divisor = temperature * count
        return AnchorLoss(value: sums.first - sums.cosines / divisor, first: 1, cosines: -1 / divisor)
      }
      if isOutside {
        return AnchorLoss(value: sums.first - sums.second / count, first: 1, second: -1 / count)
      }
      return AnchorLoss(
        value: sums.first - sums.second + Scalar(converting: log(count.doubleValue)), first: 1, second: -1)
    }.recorded("supervisedContrastive", rows, factor: scale.factor(as: Scalar.self))
  }
}
