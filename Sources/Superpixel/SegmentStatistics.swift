public import Tensor

/// Size, place and color of each segment of a label map.
///
///     let statistics = SegmentStatistics(of: superpixels.labels, image: image)
///     statistics.areas[3]          // pixels of segment 3
///     statistics.mean(of: 3)       // one value for each channel
///
/// Entry i of each table belongs to label i; negative labels are left out. A label without pixels has area
/// 0, zeros elsewhere, and an empty bounding box. Variances are population variances (divided by the area).
/// O(pixels * channels), two passes over the image.
///
/// The tables are as long as the largest label, which suits labels that count from 0. Maps whose labels are names, such as
/// those of atlases, are renumbered first: `labels.relabeled()`; ``init(validating:image:)`` refuses them by an error.
public struct SegmentStatistics: Hashable, Sendable {
  /// The extent of a segment: the first and the last plane, row and column that hold one of its pixels.
  public struct BoundingBox: Hashable, Sendable {
    /// Plane, row, column of the first pixel along each axis.
    public var lower: SIMD3<Int>
    /// Plane, row, column of the last pixel along each axis; below `lower` in an empty box.
    public var upper: SIMD3<Int>

    public init(lower: SIMD3<Int>, upper: SIMD3<Int>) {
      self.lower = lower
      self.upper = upper
    }
  }

  /// The number of labels: the largest plus one.
  public let count: Int
  /// The number of channels of the image; 0 without an image.
  public let channels: Int
  /// Pixels of each segment.
  public let areas: [Int]
  /// Mean plane, row and column of each segment.
  public let centroids: [SIMD3<Double>]
  /// The extent of each segment.
  public let boundingBoxes: [BoundingBox]
  /// `[count, channels]`, row-major.
  public let means: [Double]
  /// `[count, channels]`, row-major.
  public let variances: [Double]

  /// The same for labels that come from a file.
  ///
  /// - Throws: ``SuperpixelError`` when the largest label is at or beyond `LabelMap.tableBound`.
  public init(validating labels: LabelMap, image: Tensor<Float>? = nil) throws(SuperpixelError) {
    try labels.checkTables()
    self.init(of: labels, image: image)
  }

  /// - Parameters:
  ///   - labels: The segments.
  ///   - image: `labels.shape` or `labels.shape + [channels]`.
  /// - Precondition: the image has the map's extents; labels are below `LabelMap.tableBound`.
  public init(of labels: LabelMap, image: Tensor<Float>? = nil) {
    labels.requireTables()
    let rank = labels.shape.rank
    if let image {
      shapePrecondition(
        (image.rank == rank || image.rank == rank + 1)
          && Array(image.shape.dimensions.prefix(rank)) == labels.shape.dimensions,
        "an image \(image.shape) does not fit labels \(labels.shape)")
    }
    let channels = image.map { $0.rank == rank ? 1 : $0.shape[-1] } ?? 0
    let count = labels.labelBound
    self.count = count
    self.channels = channels
    var areas = [Int](repeating: 0, count: count)
    var sums = [SIMD3<Double>](repeating: .zero, count: count)
    var boxes = [BoundingBox](
      repeating: BoundingBox(lower: SIMD3(repeating: .max), upper: SIMD3(repeating: -1)), count: count)
    var means = [Double](repeating: 0, count: count * channels)
    var variances = means
    let (height, width) = (labels.shape[-2], labels.shape[-1])
    labels.labels.withUnsafeBufferPointer { labels in
      for index in labels.indices where labels[index] >= 0 {
        let label = Int(labels[index])
        let place = SIMD3(index / (height * width), index / width % height, index % width)
        areas[label] += 1
        sums[label] += SIMD3<Double>(place)
        boxes[label].lower.replace(with: place, where: place .< boxes[label].lower)
        boxes[label].upper.replace(with: place, where: place .> boxes[label].upper)
      }
      image?.withUnsafeBufferPointer { image in
        for index in labels.indices where labels[index] >= 0 {
          let row = Int(labels[index]) * channels
          for channel in 0..<channels { means[row + channel] += Double(image[index * channels + channel]) }
        }
        for i in means.indices { means[i] /= Double(max(areas[i / channels], 1)) }
        for index in labels.indices where labels[index] >= 0 {
          let row = Int(labels[index]) * channels
          for channel in 0..<channels {
            let difference = Double(image[index * channels + channel]) - means[row + channel]
            variances[row + channel] += difference * difference
          }
        }
        for i in variances.indices { variances[i] /= Double(max(areas[i / channels], 1)) }
      }
    }
    self.areas = areas
    centroids = zip(sums, areas).map { $0 / Double(max($1, 1)) }
    boundingBoxes = zip(boxes, areas).map {
      $1 > 0 ? $0 : BoundingBox(lower: .zero, upper: SIMD3(repeating: -1))
    }
    self.means = means
    self.variances = variances
  }

  /// The mean color of a segment, one value for each channel.
  public func mean(of label: Int) -> [Double] { Array(means[label * channels..<(label + 1) * channels]) }

  /// The variance of a segment, one value for each channel.
  public func variance(of label: Int) -> [Double] {
    Array(variances[label * channels..<(label + 1) * channels])
  }
}
