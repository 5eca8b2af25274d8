public import Autograd
public import Tensor

/// ILCP, intra-image local contrastive pairs: pixels of one image attract when they lie in the same superpixel, in either
/// of the two views, and repel otherwise.
///
/// Rows are the feature map's pixels of view 1, then of view 2; both take the labels of view 1's superpixels. For each
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
  ///   - view1: Features `[B, h, w, C]` of the first view.
  ///   - view2: Features of the second view, in the same place.
  ///   - superpixels: Labels `[B, h, w]` of view 1, sampled to the feature map.
  /// - Returns: The loss, and the positives of each row, for ``SuperCLDiagnostics``.
  /// - Throws: ``PretrainingError/Code/superpixelMapDoesNotFit(map:features:)``.
  public func evaluate<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, superpixels: Tensor<Int32>
  ) throws(PretrainingError) -> (loss: Variable<Scalar>, positiveCounts: Tensor<Int32>) {
    shapePrecondition(
      view1.shape.rank >= 3 && view1.shape == view2.shape,
      "views of shapes \(view1.shape) and \(view2.shape) do not pair")
    guard superpixels.shape == view1.shape.removing(axis: -1) else {
      throw PretrainingError(.superpixelMapDoesNotFit(map: superpixels.shape, features: view1.shape))
    }
    let rows = [view1, view2].map { sampling.rows(of: $0) }
    var labels = sampling.pixels(of: superpixels)
    var groups = rows
    if scope == .batch {
      labels = distinctLabels(labels).reshaped([1, -1])
      groups = rows.map { $0.reshaped([1, -1, $0.shape[2]]) }
    }
    let both = Tensor(concatenating: [labels, labels], along: 1)
    let (losses, counts) = SupervisedContrastiveLoss(scale, floor: floor).groupLosses(groups, labels: both)
    return (losses.mean(), counts)
  }

  /// The loss alone; see ``evaluate(_:_:superpixels:)``.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, superpixels: Tensor<Int32>
  ) throws(PretrainingError) -> Variable<Scalar> {
    try evaluate(view1, view2, superpixels: superpixels).loss
  }
}

/// Labels `[B, n]` numbered so that equal ones of different images differ.
private func distinctLabels(_ labels: Tensor<Int32>) -> Tensor<Int32> {
  var result = labels
  let pixels = labels.shape[1]
  var next: Int32 = 0
  result.withUnsafeMutableBufferPointer { values in
    for image in 0..<labels.shape[0] {
      var numbers: [Int32: Int32] = [:]
      for index in image * pixels..<(image + 1) * pixels {
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

/// Which pixels of a feature map take part in ILCP.
public enum PixelSampling: Sendable, Hashable, Codable {
  /// Every stride-th pixel of the row-major order, as the released code, whose script has 16; 1 takes all.
  case flat(stride: Int)
  /// Every stride-th pixel along each axis.
  case grid(stride: Int)

  var stride: Int {
    switch self {
    case .flat(let stride), .grid(let stride): stride
    }
  }

  /// `[B, h, w, C]` to the sampled rows `[B, n, C]`.
  func rows<Scalar>(of features: Variable<Scalar>) -> Variable<Scalar> {
    shapePrecondition(stride >= 1, "a pixel stride is at least 1, not \(stride)")
    let (batch, channels) = (features.shape[0], features.shape[-1])
    guard stride > 1 else { return features.reshaped([batch, -1, channels]) }
    switch self {
    case .flat: return features.reshaped([batch, -1, channels]).sliced(along: 1, 0..., step: stride)
    case .grid:
      let spatial = 1..<features.shape.rank - 1
      return spatial.reduce(features) { $0.sliced(along: $1, 0..., step: stride) }.reshaped([
        batch, -1, channels,
      ])
    }
  }

  /// Labels `[B, h, w]` to the sampled labels `[B, n]`.
  func pixels(of labels: Tensor<Int32>) -> Tensor<Int32> {
    let batch = labels.shape[0]
    guard stride > 1 else { return labels.reshaped([batch, -1]) }
    switch self {
    case .flat: return labels.reshaped([batch, -1]).sliced(along: 1, 0..., step: stride)
    case .grid:
      return (1..<labels.rank).reduce(labels) { $0.sliced(along: $1, 0..., step: stride) }.reshaped([
        batch, -1,
      ])
    }
  }
}

/// Over which pixels ILCP's denominator runs.
public enum PixelScope: String, Sendable, Codable {
  /// The pixels of the same image: one loss per image, then the mean (the released code's).
  case image
  /// The pixels of all images in one loss; superpixels of different images are never positives.
  case batch
}
