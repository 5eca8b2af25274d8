public import Autograd
public import Tensor

/// The supervised contrastive loss: rows of one label attract, all others repel. The mean over the positives stands
/// outside the logarithm, and the denominator runs over all rows but the anchor itself:
///
///     L = -(T / T0) 1/|A| sum over i in A of 1/|P(i)| sum over j in P(i) of [ s_ij - log sum over k != i of exp(s_ik) ]
///
/// with `s_ij = cos(u_i, u_j) / T`, the positives P(i) of row i, and the anchors A that have one. A row without positives
/// is no anchor but stays a negative of the others; without any anchor the loss is 0 and so is its gradient.
///
/// By labels, nothing of size N x N is stored: similarities are computed in tiles, forward and backward, in O(N d)
/// memory and O(N^2 d) time. By a mask, the N x M similarities are held: for image-level losses, where N is small.
///
///     let loss = SupervisedContrastiveLoss()
///     loss(embeddings, labels: labels).backward()
///
/// Source: Khosla et al., NeurIPS 2020, equation 2 (L_out); the factor as in the released code of arXiv 2504.14737.
public struct SupervisedContrastiveLoss: Sendable, Hashable, Codable {
  /// Temperature, and the factor in front: .1 and .1 / .07.
  public var scale: ContrastiveTemperature
  /// The least length that rows are divided by: 1e-8.
  public var floor: CosineFloor

  /// A loss with the given temperature; SuperCL's without arguments.
  public init(_ scale: ContrastiveTemperature = .init(), floor: CosineFloor = .cosineSimilarity) {
    self.scale = scale
    self.floor = floor
  }

  /// The loss of rows `[N, d]`; positives share a label `[N]`.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ rows: Variable<Scalar>, labels: Tensor<Int32>
  ) -> Variable<Scalar> {
    shapePrecondition(
      rows.shape.rank == 2 && labels.shape == [rows.shape[0]],
      "labels of shape \(labels.shape) do not fit rows of shape \(rows.shape)")
    return groupLosses([rows.expanded(at: 0)], labels: labels.expanded(at: 0)).losses.sum()
  }

  /// The loss of rows `[N, d]` whose positives a mask `[N, N]` names; its diagonal is ignored.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ rows: Variable<Scalar>, positives: Tensor<Bool>
  ) -> Variable<Scalar> {
    self(anchors: rows, references: rows, positives: positives, excluding: .sameIndex)
  }

  /// The loss of anchors `[N, d]` against references `[M, d]`, such as embeddings of another machine, a queue, or
  /// prototypes. Gradients flow into both that track them.
  ///
  /// - Parameters:
  ///   - positives: `[N, M]`.
  ///   - excluded: Which reference an anchor is not compared with.
  ///   - anchors: Rows that attract and repel.
  ///   - references: What the anchors are compared with.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    anchors: Variable<Scalar>, references: Variable<Scalar>, positives: Tensor<Bool>,
    excluding excluded: ExcludedReference = .none
  ) -> Variable<Scalar> {
    maskedContrastiveLoss(
      anchors: anchors, references: references, positives: positives, excluded: excluded, scale: scale,
      floor: floor)
  }

  /// One loss for each group of rows, such as the pixels of an image.
  ///
  /// - Parameters:
  ///   - views: Tensors `[groups, rows, d]`; the rows of a group are those of the first view, then of the second, and so
  ///     on. Nothing is concatenated.
  ///   - labels: `[groups, rows of all views]`; positives share a label within their group.
  /// - Returns: The losses `[groups]`, and the positives of every row, `[groups, rows of all views]`.
  public func groupLosses<Scalar: TensorFloatingPointScalar>(
    _ views: [Variable<Scalar>], labels: Tensor<Int32>
  ) -> (losses: Variable<Scalar>, positiveCounts: Tensor<Int32>) {
    let rows = ContrastiveRows(views: views.map(\.value), normalization: floor.normalization())
    let positives = PositiveSets(labels: labels)
    let product = SupervisedContrastiveProduct(
      rows: rows, positives: positives, temperature: Scalar(scale.temperature))
    let factor = scale.factor(as: Scalar.self)
    let losses = Variable.recorded(
      "supervisedContrastive", inputs: views, value: product.losses * factor
    ) { product.gradients($0 * factor) }
    return (losses, positives.counts)
  }
}

/// Which reference an anchor is not compared with.
public enum ExcludedReference: Sendable, Equatable {
  /// All references count.
  case none
  /// The reference of the anchor's own index: anchors and references are the same rows.
  case sameIndex
}
