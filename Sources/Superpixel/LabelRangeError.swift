public import Tensor

/// Labels too large for a table with an entry for each: of four pixels labelled 0 and 614,454,277, as in some atlases, it
/// would take gigabytes.
///
/// `labels.relabeled()` makes any map fit.
public struct LabelRangeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The map's largest label.
  public let label: Int32
  /// The extents of the map.
  public let shape: TensorShape

  public init(label: Int32, shape: TensorShape) {
    self.label = label
    self.shape = shape
  }

  /// Labels below this have tables: 2^20, or the number of pixels where that is more. Dense labels always are.
  public static func bound(of shape: TensorShape) -> Int { max(1 << 20, shape.elementCount) }

  public var description: String {
    "label \(label) in a map \(shape) would need a table of as many entries; renumber the map by relabeled() first"
  }

  /// The error of a map, if it has one.
  private init?(of map: LabelMap) {
    let bound = map.labelBound
    guard bound > Self.bound(of: map.shape) else { return nil }
    self.init(label: Int32(bound - 1), shape: map.shape)
  }

  static func check(_ map: LabelMap) throws(LabelRangeError) {
    if let error = LabelRangeError(of: map) { throw error }
  }

  static func precondition(_ map: LabelMap) {
    if let error = LabelRangeError(of: map) { shapePrecondition(false, error.description) }
  }
}
