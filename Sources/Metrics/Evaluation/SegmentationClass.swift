/// A class of a label map: the label that marks it, and a name for tables.
public struct SegmentationClass: Hashable, Sendable {
  public let label: Int32
  public let name: String

  /// - Parameter name: the label's number unless given.
  /// - Parameter label: The value in the label map.
  public init(label: Int32, name: String? = nil) {
    self.label = label
    self.name = name ?? "\(label)"
  }
}
