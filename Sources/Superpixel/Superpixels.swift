public import Tensor

/// The superpixels of an image: the labels and how they were reached.
public struct Superpixels: Hashable, Sendable {
  /// What a pixel outside the mask carries.
  public static let maskedLabel: Int32 = -1

  /// A label in 0 ..< `count` for each pixel, in the order in which they appear in the image;
  /// ``maskedLabel`` outside the mask. The shape is `[height, width]` or `[depth, height, width]`.
  public let labels: LabelMap
  /// The number of superpixels delivered.
  public let count: Int
  /// The number of passes made.
  public let iterations: Int
  /// Whether the last pass met the convergence test.
  public let hasConverged: Bool
  /// The number of labels that the last pass changed, before connectivity was enforced.
  public let lastChangeCount: Int

  init(labels: LabelMap, report: SLICReport) {
    self.labels = labels
    count = report.count
    iterations = report.iterations
    hasConverged = report.hasConverged
    lastChangeCount = report.lastChangeCount
  }
}

/// What a segmentation into memory of the caller reports.
public struct SLICReport: Hashable, Sendable {
  /// The number of superpixels delivered; the labels are 0 ..< count.
  public var count = 0
  /// The number of clusters that the iterations had.
  public var clusterCount = 0
  /// The number of passes made.
  public var iterations = 0
  /// Whether the last pass met the convergence test.
  public var hasConverged = false
  /// The number of labels that the last pass changed, before connectivity was enforced.
  public var lastChangeCount = 0

  public init() {}
}
