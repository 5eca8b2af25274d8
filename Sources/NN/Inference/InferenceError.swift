public import Tensor

/// Why an image has no prediction by sliding windows.
public struct InferenceError: CodedError {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// A setting is out of range, or does not go with the image.
    case badSetting(field: String, value: String, reason: String)
    /// A side of the window is no multiple of what the network halves; a smaller one is none.
    case windowIsNoMultiple(window: [Int], multiple: [Int])
    /// The image has other channels than the network takes.
    case channelsDoNotFit(found: Int, expected: Int)
    /// The image has no pixel.
    case imageIsEmpty(shape: TensorShape)
    /// So many values of the image are NaN or infinite; `place` is the first.
    case imageIsNotFinite(place: [Int], count: Int)
    /// The network's scores have another shape than one score for each class and pixel of the windows, or other classes
    /// than those of the first windows.
    case scoresDoNotFit(scores: TensorShape, windows: TensorShape)
    /// The network gave so many scores that are NaN or infinite, for the window that begins at this place: the weights are
    /// broken, or the values are far from those that the network was trained on.
    case scoresAreNotFinite(window: [Int], count: Int)
    /// The progress handler asked to stop.
    case stopped(windows: Int, of: Int)
  }

  /// What went wrong.
  public let code: Code

  /// An error of a kind.
  public init(_ code: Code) { self.code = code }

  /// Whether nothing went wrong but that somebody asked to stop.
  var isStop: Bool { if case .stopped = code { true } else { false } }

  public var field: String? {
    switch code {
    case .badSetting(let field, _, _): field
    case .windowIsNoMultiple: "windowSize"
    default: nil
    }
  }

  public var context: String {
    switch code {
    case .badSetting(let field, let value, let reason): "\(field) = \(value): \(reason)"
    case .windowIsNoMultiple(let window, let multiple):
      "windowSize = \(window): the network takes multiples of \(multiple)"
    case .channelsDoNotFit(let found, let expected):
      "the image has \(found) channels, the network takes \(expected)"
    case .imageIsEmpty(let shape): "an image of shape \(shape) has no pixel"
    case .imageIsNotFinite(let place, let count):
      "the image has \(count) values that are not finite, the first at \(place)"
    case .scoresDoNotFit(let scores, let windows):
      "the network gives scores \(scores) for windows \(windows)"
    case .scoresAreNotFinite(let window, let count):
      "the window at \(window) gets \(count) scores that are not finite"
    case .stopped(let windows, let total): "stopped behind \(windows) of \(total) windows"
    }
  }
}
