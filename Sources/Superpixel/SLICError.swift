/// Why a segmentation could not be made: which parameter, and the value that it had.
///
///     do {
///       _ = try SLIC(segmentCount: 0).segment(image)
///     } catch {
///       print(error)  // segmentCount = 0: must be at least 1
///     }
public struct SLICError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of failure.
  public enum Code: Hashable, Sendable {
    /// A number is out of its range, or not finite.
    case invalidParameter
    /// An array has a shape that does not fit.
    case invalidShape
    /// A pixel inside the mask is NaN or infinite.
    case nonFinitePixel
    /// The image has no pixels.
    case emptyImage
    /// The mask leaves no pixel.
    case emptyMask
    /// The progress handler asked to stop.
    case cancelled
  }

  /// The kind of failure.
  public let code: Code
  /// The name of the parameter, as in the Swift API.
  public let parameter: String
  /// The value that it had, as text.
  public let value: String
  /// What is wrong with it.
  public let reason: String

  public init(code: Code, parameter: String, value: String, reason: String) {
    self.code = code
    self.parameter = parameter
    self.value = value
    self.reason = reason
  }

  public var description: String { "\(parameter) = \(value): \(reason)" }

  static var emptyMask: SLICError {
    SLICError(code: .emptyMask, parameter: "mask", value: "no pixel", reason: "at least one must be inside")
  }

  static func parameter(_ name: String, _ value: some Any, _ reason: String) -> SLICError {
    SLICError(code: .invalidParameter, parameter: name, value: "\(value)", reason: reason)
  }

  static func shape(_ name: String, _ value: some Any, _ reason: String) -> SLICError {
    SLICError(code: .invalidShape, parameter: name, value: "\(value)", reason: reason)
  }
}
