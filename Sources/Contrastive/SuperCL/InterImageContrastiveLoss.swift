public import Autograd
public import NN
public import Tensor

/// IGCP, inter-image global contrastive pairs: images attract when their superpixel features put them into one group.
///
/// ASP (``AverageSuperpixelFeatures``) gives each of the 2B fixed views a vector, CCL (``ConnectedComponentLabels``) groups
/// them into weak labels W without gradient, and the projections z of the 2B varied views are contrasted with the positives
/// that W names. The gradient reaches the encoder through z only.
///
/// Equal rows, rows of zeros, one image and the scale of rows: as in ``SupervisedContrastiveLoss``.
///
/// Source: arXiv 2504.14737, L_inter.
public struct InterImageContrastiveLoss: Sendable, Hashable, Codable {
  /// Temperature, and the factor in front: .1 and .1 / .07.
  public var scale: ContrastiveTemperature
  /// ASP: how features become one vector per image.
  public var averaging: AverageSuperpixelFeatures
  /// The least length that superpixel features and projections are divided by: 1e-8.
  public var floor: CosineFloor

  /// A loss; the released code's without arguments.
  public init(
    _ scale: ContrastiveTemperature = .init(), averaging: AverageSuperpixelFeatures = .init(),
    floor: CosineFloor = .cosineSimilarity
  ) {
    self.scale = scale
    self.averaging = averaging
    self.floor = floor
  }

  /// The groups of 2B images from features `[B, h, w, C]` of the two fixed views, each with its own superpixels
  /// `[B, h, w]` sampled to the feature map. Over several ranks each gives its images, and the groups are of all.
  ///
  /// - Throws: ``PretrainingError/Code/superpixelMapDoesNotFit(map:features:)``.
  public func components<Scalar: TensorFloatingPointScalar>(
    _ features: [Tensor<Scalar>], superpixels: [Tensor<Int32>], across ranks: Ranks = .single
  ) throws(PretrainingError) -> ConnectedComponentLabels {
    shapePrecondition(
      features.count == superpixels.count, "\(features.count) views, \(superpixels.count) superpixel maps")
    var vectors: [Tensor<Scalar>] = []
    for (view, map) in zip(features, superpixels) {
      vectors.append(ranks.gather(try averaging(view, superpixels: map)))
    }
    return ConnectedComponentLabels(
      NearestNeighborGraph(Tensor(concatenating: vectors, along: 0), floor: floor))
  }

  /// The loss of projections `[2B, d]` (view 1, then view 2) with the positives of CCL.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ projections: Variable<Scalar>, components: ConnectedComponentLabels
  ) -> Variable<Scalar> {
    shapePrecondition(
      projections.shape.rank == 2 && projections.shape[0] == components.labels.count,
      "projections of shape \(projections.shape) do not fit \(components.labels.count) images")
    return SupervisedContrastiveLoss(scale, floor: floor).groupLosses(
      [projections.expanded(at: 0)], components.positiveSets
    ).sum()
  }
}
