public import NN
import Tensor

/// The figures that show whether SuperCL learns or collapses.
///
/// When ASP vectors become uniform, the graph of CCL becomes one component, every pair of images is positive, and the
/// losses teach nothing. And where a superpixel has hardly a sampled pixel, ILCP's only positive is the same pixel in the
/// other view. Figures of terms that are not computed are `nil`.
public struct SuperCLDiagnostics: Sendable, Equatable {
  /// What CCL found among the 2B images.
  public struct Groups: Sendable, Equatable {
    /// Components that CCL found.
    public let componentCount: Int
    /// Images among which they were found: 2B.
    public let imageCount: Int
    /// Mean number of positives of an image in IGCP.
    public let positivesPerImage: Double
    /// Mean cosine of IGCP's positive pairs; NaN without any.
    public let positiveSimilarity: Double
    /// Mean cosine of the other pairs; NaN without any.
    public let negativeSimilarity: Double
  }

  /// The groups of IGCP.
  public let groups: Groups?
  /// How far the 2B embeddings are spread, about 1 where they point everywhere and 0 in a collapse: `embeddingSpread(_:)`.
  public let spread: Double?
  /// Mean number of positives of a pixel in ILCP beyond the same pixel in the other view.
  public let positivesPerPixel: Double?
  /// How many superpixels the maps have; `nil` where the views do not tell.
  public let superpixels: SuperpixelCounts?

  /// How many superpixels the maps of a batch have, both views of all images.
  public struct SuperpixelCounts: Sendable, Equatable {
    /// Their mean.
    public let mean: Double
    /// The fewest.
    public let least: Int
    /// The most.
    public let most: Int
  }

  init<Scalar: TensorFloatingPointScalar>(
    projections: Tensor<Scalar>?, components: ConnectedComponentLabels?, pixelPositives: Tensor<Int32>?,
    superpixelCounts: [Int], floor: CosineFloor, ranks: Ranks
  ) {
    superpixels = superpixelCounts.min().map { least in
      let sum = superpixelCounts.reduce(0, +)
      return SuperpixelCounts(
        mean: Double(sum) / Double(superpixelCounts.count), least: least,
        most: superpixelCounts.max() ?? least)
    }
    spread = projections.map { embeddingSpread($0) }
    groups =
      if let projections, let components { Groups(projections, components, floor: floor) } else { nil }
    positivesPerPixel = pixelPositives.map { counts in
      let beyond = counts.withUnsafeBufferPointer { $0.reduce(0.0) { $0 + Double(max($1 - 1, 0)) } }
      let sums = ranks.sum([beyond, Double(counts.elementCount)])
      return sums[0] / max(sums[1], 1)
    }
  }

  /// The figures under short names, for progress and reports.
  public var terms: [LossTerm] {
    var terms: [LossTerm] = []
    if let groups {
      terms.append(LossTerm("components", Double(groups.componentCount)))
      terms.append(LossTerm("imagePositives", groups.positivesPerImage))
      terms.append(LossTerm("positiveSimilarity", groups.positiveSimilarity))
      terms.append(LossTerm("negativeSimilarity", groups.negativeSimilarity))
    }
    if let spread { terms.append(LossTerm("spread", spread)) }
    if let positivesPerPixel { terms.append(LossTerm("pixelPositives", positivesPerPixel)) }
    if let superpixels { terms.append(LossTerm("superpixels", superpixels.mean)) }
    return terms
  }

  /// A mean cosine of pairs of other images above this is no spread any more: dead units, or rates too high, leave .9999 and
  /// more, where first weights begin at about .99.
  static let equalSimilarity = 0.9995

  /// What a person should know about this step; empty when all is well.
  public var warnings: [TrainingWarning] {
    var warnings: [TrainingWarning] = []
    if let groups, groups.componentCount == 1, groups.imageCount > 2 {
      warnings.append(
        TrainingWarning(
          "one component", "one component covers the batch: every pair of images is a positive of IGCP"))
    }
    if let groups, groups.negativeSimilarity > Self.equalSimilarity {
      warnings.append(
        TrainingWarning(
          "equal embeddings",
          "the embeddings of all images are equal (mean cosine of other pairs above \(Self.equalSimilarity)): "
            + "the image losses teach nothing; a lower rate or other first weights may help"))
    }
    if let positivesPerPixel, positivesPerPixel < 2 {
      let rounded = (positivesPerPixel * 100).rounded() / 100
      warnings.append(
        TrainingWarning(
          "few positives per pixel",
          "\(rounded) positives per pixel beyond the pixel itself: choose a finer level, a larger patch or fewer segments"
        ))
    }
    return warnings
  }
}

extension SuperCLDiagnostics.Groups {
  init<Scalar: TensorFloatingPointScalar>(
    _ projections: Tensor<Scalar>, _ components: ConnectedComponentLabels, floor: CosineFloor
  ) {
    let count = components.labels.count
    let rows = RowComparison(ContrastiveRows(projections, normalization: floor.normalization()))
    func cosines(_ sets: PositiveSets) -> (sum: Double, count: Double) {
      (
        ContrastiveProduct.positiveSums(rows, sets).scalars.reduce(0) { $0 + Double($1) },
        sets.counts.scalars.reduce(0) { $0 + Double($1) }
      )
    }
    let positive = cosines(components.positiveSets)
    let all = cosines(PositiveSets(labels: Tensor(zeros: [1, count])))
    self.init(
      componentCount: components.count, imageCount: count,
      positivesPerImage: positive.count / Double(max(count, 1)),
      positiveSimilarity: positive.sum / positive.count,
      negativeSimilarity: (all.sum - positive.sum) / (all.count - positive.count)
    )
  }
}
