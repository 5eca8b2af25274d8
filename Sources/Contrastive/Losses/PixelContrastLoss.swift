public import Autograd
public import Tensor

/// The supervised contrastive loss on pixels: features of one class attract, all others repel. It is
/// ``SupervisedContrastiveLoss`` on the rows of labelled pixels; its denominator runs over all drawn pixels of the ``Scope`` but
/// the anchor itself.
///
/// A large class would fill the rows, and a slice has more background than anything else. So at most
/// ``pixelsPerClass`` pixels of each class and image take part, drawn anew at each call.
///
/// The loss is the mean over the groups (images, or the batch) that have two pixels of one label; without any it is 0, and so
/// is its gradient. Equal rows, zeros and the scale: as in ``SupervisedContrastiveLoss``. Tiled: for n drawn pixels of d
/// channels it takes O(n d) memory beside the features and O(n^2 d) time.
/// Pixels carry no weights; a class is weighted by how many of its pixels are drawn.
///
/// Sources: Khosla et al., NeurIPS 2020, equation 2; Wang et al., ICCV 2021 (pixel contrast), whose configuration has
/// T .1, T0 .07 and 100 pixels a class and image. It draws hard pixels first, for which a prediction is needed; here all
/// pixels are alike.
public struct PixelContrastLoss: Sendable, Hashable, Codable {
  /// Which pixels are compared, and which of them are positives.
  public enum Scope: String, Sendable, Hashable, Codable {
    /// The pixels of one image.
    case image
    /// The pixels of all images; a label means the same class in each of them.
    case batch
    /// The pixels of all images; labels number the regions of their image, such as superpixels, so that pixels of different
    /// images are never positives.
    case batchOfRegions
  }

  /// Temperature, and the factor in front: .1 and none.
  public var scale: ContrastiveTemperature
  /// The most pixels of a class and image that take part: 100; all where `nil`.
  public var pixelsPerClass: Int?
  /// Pixels of this label take no part.
  public var ignoredLabel: Int32?
  /// Which pixels are compared: those of one image.
  public var scope: Scope
  /// The least length that rows are divided by: 1e-8.
  public var floor: CosineFloor

  /// - Precondition: the number of pixels is positive.
  public init(
    _ scale: ContrastiveTemperature = .init(0.1, base: nil), pixelsPerClass: Int? = 100,
    ignoredLabel: Int32? = nil, scope: Scope = .image, floor: CosineFloor = .cosineSimilarity
  ) {
    shapePrecondition(pixelsPerClass ?? 1 >= 1, "pixels a class are positive, not \(pixelsPerClass ?? 0)")
    self.scale = scale
    self.pixelsPerClass = pixelsPerClass
    self.ignoredLabel = ignoredLabel
    self.scope = scope
    self.floor = floor
  }

  /// The loss of features `[B, spatial..., d]` with labels `[B, spatial...]`.
  ///
  /// `generator`: what pixels are drawn from, where a class has more than take part.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ features: Variable<Scalar>, labels: Tensor<Int32>, using generator: inout some RandomNumberGenerator
  ) -> Variable<Scalar> {
    shapePrecondition(
      features.shape.rank >= 2 && labels.shape == features.shape.removing(axis: -1),
      "labels of shape \(labels.shape) do not fit features of shape \(features.shape)")
    let drawn = LabeledPixel.drawn(pixelsPerClass, of: labels, ignoring: ignoredLabel, using: &generator)
    let groups = (scope == .image ? drawn : [drawn.flatMap(\.self)]).filter { $0.count > 1 }
    // Groups of one size are compared in one product.
    let sets = Dictionary(grouping: groups, by: \.count).sorted { $0.key < $1.key }
    let rows = features.reshaped([labels.elementCount, features.shape[-1]])
      .gathered(at: sets.flatMap { $0.value.flatMap { $0.map(\.place) } })
      .split(along: 0, lengths: sets.map { $0.key * $0.value.count })
    let loss = SupervisedContrastiveLoss(scale, floor: floor)
    var total = Variable<Scalar>(Tensor(0))
    var count = 0
    for (rows, (pixels, groups)) in zip(rows, sets) {
      let (losses, positives) = loss.groupLosses(
        [rows.reshaped([groups.count, pixels, features.shape[-1]])],
        labels: Tensor(stacking: groups.map(groupLabels)))
      // A group without positives has a loss of 0.
      total = total + losses.sum()
      count += positives.max(along: 1).scalars.count { $0 > 0 }
    }
    return count == 0 ? features.sum() * 0 : total / Scalar(count)
  }

  /// The labels of a group; those of regions are numbered over all images.
  private func groupLabels(_ pixels: [LabeledPixel]) -> Tensor<Int32> {
    guard scope == .batchOfRegions else { return Tensor(pixels.map(\.label)) }
    struct Region: Hashable {
      let image: Int
      let label: Int32
    }
    var numbers: [Region: Int32] = [:]
    return Tensor(
      pixels.map { pixel in
        let region = Region(image: pixel.image, label: pixel.label)
        let number = numbers[region] ?? Int32(numbers.count)
        numbers[region] = number
        return number
      })
  }
}
