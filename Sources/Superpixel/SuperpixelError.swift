public import Tensor

/// Why an image could not be segmented, or labels could not be worked on.
///
///     do {
///       _ = try SLIC(segmentCount: 0).segment(image)
///     } catch {
///       print(error)  // segmentCount = 0: must be at least 1
///     }
public struct SuperpixelError: CodedError {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// A parameter, by its name in the Swift API, is out of its range, or not finite.
    case badSetting(field: String, value: String, reason: String)
    /// An argument, by its name in the Swift API, has a shape that does not fit.
    case badShape(field: String, shape: String, reason: String)
    /// So many pixels inside the mask are NaN or infinite; `value` is the first, and `place` where it stands.
    case nonFinitePixels(count: Int, value: String, place: String)
    /// The image has no pixels.
    case emptyImage
    /// The mask leaves no pixel.
    case emptyMask
    /// The progress handler asked to stop at this stage.
    case cancelled(at: SLICProgress.Stage)
    /// The largest label of a map of this shape is too large for a table with an entry for each label: of four pixels
    /// labelled 0 and 614,454,277, as in some atlases, it would take gigabytes. `labels.relabeled()` makes any map fit.
    case labelTooLarge(label: Int32, map: TensorShape)
    /// A label map cannot be put on a feature map, as a length is no whole multiple.
    case sizesDoNotFit(map: TensorShape, features: TensorShape)
  }

  /// What went wrong.
  public let code: Code

  /// An error of a kind.
  public init(_ code: Code) { self.code = code }

  static func setting(_ name: String, _ value: some Any, _ reason: String) -> Self {
    Self(.badSetting(field: name, value: "\(value)", reason: reason))
  }

  static func shape(_ name: String, _ value: some Any, _ reason: String) -> Self {
    Self(.badShape(field: name, shape: "\(value)", reason: reason))
  }

  public var field: String? {
    switch code {
    case .badSetting(let field, _, _), .badShape(let field, _, _): field
    case .nonFinitePixels, .emptyImage: "image"
    case .emptyMask: "mask"
    case .cancelled: "progress"
    case .labelTooLarge, .sizesDoNotFit: "labels"
    }
  }

  public var context: String {
    switch code {
    case .badSetting(let field, let value, let reason), .badShape(let field, let value, let reason):
      "\(field) = \(value): \(reason)"
    case .nonFinitePixels(let count, let value, let place):
      "image = \(value): "
        + (count == 1 ? "not finite at \(place)" : "\(count) values are not finite, the first at \(place)")
    case .emptyImage: "image = no pixels: there is nothing to do"
    case .emptyMask: "mask = no pixel: at least one must be inside"
    case .cancelled(let stage): "progress = stop: the caller gave up at \(stage)"
    case .labelTooLarge(let label, let map):
      "label \(label) in a map \(map) would need a table of as many entries; renumber the map by relabeled() first"
    case .sizesDoNotFit(let map, let features):
      "a label map \(map) does not fit a feature map \(features): each length must be a whole multiple"
    }
  }
}
