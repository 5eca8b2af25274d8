public import Autograd
public import Tensor

/// ILCP, intra-image local contrastive pairs: pixels of one image attract when they lie in the same superpixel, in either
/// of the two views, and repel otherwise.
///
/// Rows are the feature map's pixels of view 1, then of view 2, of as many axes as there are; both take the labels of view 1's
/// superpixels. Pixels without a superpixel (outside a mask) take no part. For each
/// image by itself the loss is ``SupervisedContrastiveLoss``; the result is the mean over the batch. Tiled: for n rows
/// of d channels an image it takes O(n d) memory beside the features, never n x n. Equal rows, rows of zeros and the scale of
/// rows: as there.
///
/// Source: arXiv 2504.14737, L_intra.
public struct IntraImageContrastiveLoss: Sendable, Hashable, Codable {
  /// Temperature, and the factor in front: .1 and .1 / .07.
  public var scale: ContrastiveTemperature
  /// Which pixels take part: all.
  public var sampling: PixelSampling
  /// Over which pixels the denominator runs: the image's.
  public var scope: PixelScope
  /// The least length that rows are divided by: 1e-8.
  public var floor: CosineFloor

  /// A loss; the released code's without arguments, but for its stride of 16.
  public init(
    _ scale: ContrastiveTemperature = .init(), sampling: PixelSampling = .flat(stride: 1),
    scope: PixelScope = .image, floor: CosineFloor = .cosineSimilarity
  ) {
    self.scale = scale
    self.sampling = sampling
    self.scope = scope
    self.floor = floor
  }

  /// - Parameters:
  ///   - view1: Features `[B, spatial..., C]` of the first view.
  ///   - view2: Features of the second view, in the same place.
  ///   - superpixels: Labels `[B, spatial...]` of view 1, sampled to the feature map; a pixel with a negative one takes no part.
  /// - Returns: The loss, and the positives of each row, for ``SuperCLDiagnostics``.
  /// - Throws: ``PretrainingError/Code/superpixelMapDoesNotFit(map:features:)``.
  public func evaluate<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, superpixels: Tensor<Int32>
  ) throws(PretrainingError) -> (loss: Variable<Scalar>, positiveCounts: Tensor<Int32>) {
    try evaluate(view1, view2, superpixels: (superpixels, superpixels))
  }

  /// The loss of views whose pixels do not lie in the same places, each with labels of its own: pixels of one label are
  /// positives wherever they lie.
  ///
  /// - Parameters:
  ///   - view1: Features `[B, spatial..., C]` of the first view.
  ///   - view2: Features of the second view.
  ///   - superpixels: Labels `[B, spatial...]` of the pixels of each view; a pixel with a negative one takes no part, neither
  ///     as an anchor nor as a negative.
  /// - Returns: The loss, and the positives of each row that takes part.
  /// - Throws: ``PretrainingError/Code/superpixelMapDoesNotFit(map:features:)``.
  public func evaluate<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, superpixels: (Tensor<Int32>, Tensor<Int32>)
  ) throws(PretrainingError) -> (loss: Variable<Scalar>, positiveCounts: Tensor<Int32>) {
    shapePrecondition(
      view1.shape.rank >= 3 && view1.shape == view2.shape,
      "views of shapes \(view1.shape) and \(view2.shape) do not pair")
    for map in [superpixels.0, superpixels.1] where map.shape != view1.shape.removing(axis: -1) {
      throw PretrainingError(.superpixelMapDoesNotFit(map: map.shape, features: view1.shape))
    }
    var rows = [view1, view2].map { sampling.rows(of: $0) }
    var labels = [superpixels.0, superpixels.1].map { sampling.pixels(of: $0) }
    let loss = SupervisedContrastiveLoss(scale, floor: floor)
    if scope == .batch {
      let distinct = distinctLabels(Tensor(concatenating: labels, along: 1)).split(along: 1, count: 2)
      labels = distinct.map { $0.reshaped([1, -1]) }
      rows = rows.map { $0.reshaped([1, -1, $0.shape[2]]) }
    }
    guard labels.contains(where: { $0.elementCount > 0 && $0.min().item < 0 }) else {
      let (losses, counts) = loss.groupLosses(rows, labels: Tensor(concatenating: labels, along: 1))
      return (losses.mean(), counts)
    }
    return meanOfGroups(loss, rows, labels)
  }

  /// The mean over groups of which each keeps the rows with a label of its own choice; a group without any counts as 0.
  private func meanOfGroups<Scalar: TensorFloatingPointScalar>(
    _ loss: SupervisedContrastiveLoss, _ rows: [Variable<Scalar>], _ labels: [Tensor<Int32>]
  ) -> (loss: Variable<Scalar>, positiveCounts: Tensor<Int32>) {
    let groups = labels[0].shape[0]
    var losses: [Variable<Scalar>] = []
    var counts: [Tensor<Int32>] = []
    for group in 0..<groups {
      var (kept, keptLabels): ([Variable<Scalar>], [Int32]) = ([], [])
      for (rows, labels) in zip(rows, labels) {
        let own = labels[group].scalars
        let places = own.indices.filter { own[$0] >= 0 }
        guard !places.isEmpty else { continue }
        keptLabels += places.map { own[$0] }
        kept.append(rows[group..<group + 1].gathered(along: 1, at: places))
      }
      guard !keptLabels.isEmpty else { continue }
      let result = loss.groupLosses(kept, labels: Tensor(keptLabels, shape: [1, keptLabels.count]))
      losses.append(result.losses.sum())
      counts.append(result.positiveCounts)
    }
    guard let first = losses.first else {
      return (rows[0].sliced(along: 1, 0..<0).sum(), Tensor(zeros: [1, 0]))
    }
    let sum = losses.dropFirst().reduce(first) { $0 + $1 }
    return (sum / Scalar(groups), Tensor(concatenating: counts, along: 1))
  }

  /// The loss alone; `evaluate` with one map has the number of positives beside it.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, superpixels: Tensor<Int32>
  ) throws(PretrainingError) -> Variable<Scalar> {
    try evaluate(view1, view2, superpixels: superpixels).loss
  }
}

/// Labels `[B, n]` numbered so that equal ones of different images differ; negative ones, of pixels that take no part, stay.
private func distinctLabels(_ labels: Tensor<Int32>) -> Tensor<Int32> {
  var result = labels
  let pixels = labels.shape[1]
  var next: Int32 = 0
  result.withUnsafeMutableBufferPointer { values in
    for image in 0..<labels.shape[0] {
      var numbers: [Int32: Int32] = [:]
      for index in image * pixels..<(image + 1) * pixels where values[index] >= 0 {
        let number = numbers[values[index]] ?? next
        if number == next {
          numbers[values[index]] = number
          next += 1
        }
        values[index] = number
      }
    }
  }
  return result
}
