import Tensor

/// The figures that show whether SuperCL learns or collapses.
///
/// When ASP vectors become uniform, the graph of CCL becomes one component, every pair of images is positive, and the
/// losses teach nothing. And where a superpixel has hardly a sampled pixel, ILCP's only positive is the same pixel in the
/// other view.
public struct SuperCLDiagnostics: Sendable, Equatable {
  /// Components that CCL found.
  public let componentCount: Int
  /// Images among which they were found: 2B.
  public let imageCount: Int
  /// Mean number of positives of an image in IGCP.
  public let positivesPerImage: Double
  /// Mean number of positives of a pixel in ILCP beyond the same pixel in the other view.
  public let positivesPerPixel: Double
  /// Mean cosine of IGCP's positive pairs; NaN without any.
  public let positiveSimilarity: Double
  /// Mean cosine of the other pairs; NaN without any.
  public let negativeSimilarity: Double

  init<Scalar: TensorFloatingPointScalar>(
    projections: Tensor<Scalar>, components: ConnectedComponentLabels, pixelPositives: Tensor<Int32>
  ) {
    componentCount = components.count
    let imageCount = components.labels.count
    self.imageCount = imageCount
    let mask = components.weakPositives
    let unit = UnitRows(projections, floor: .cosineSimilarity).rows
    var sums = (positive: 0.0, negative: 0.0)
    var counts = (positive: 0.0, negative: 0.0)
    unit.matmul(unit, transposing: .right).withUnsafeBufferPointer { cosines in
      mask.withUnsafeBufferPointer { mask in
        for index in cosines.indices where index / imageCount != index % imageCount {
          if mask[index] {
            sums.positive += Double(cosines[index])
            counts.positive += 1
          } else {
            sums.negative += Double(cosines[index])
            counts.negative += 1
          }
        }
      }
    }
    positivesPerImage = counts.positive / Double(max(imageCount, 1))
    positiveSimilarity = sums.positive / counts.positive
    negativeSimilarity = sums.negative / counts.negative
    let pixels = pixelPositives.withUnsafeBufferPointer { $0.reduce(0.0) { $0 + Double(max($1 - 1, 0)) } }
    positivesPerPixel = pixels / Double(max(pixelPositives.elementCount, 1))
  }

  /// What a person should know about this step; empty when all is well.
  public var warnings: [String] {
    var warnings: [String] = []
    if componentCount == 1 && imageCount > 2 {
      warnings.append("one component covers the batch: every pair of images is a positive of IGCP")
    }
    if positivesPerPixel < 2 {
      let rounded = (positivesPerPixel * 100).rounded() / 100
      warnings.append(
        "\(rounded) positives per pixel beyond the pixel itself: choose a finer level, a larger patch or fewer segments"
      )
    }
    return warnings
  }
}
