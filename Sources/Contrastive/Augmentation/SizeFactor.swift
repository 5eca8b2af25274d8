import Tensor

/// How a change of size is drawn. A size factor above 1 enlarges the picture, as everywhere in the library.
public enum SizeFactor: Sendable, Hashable, Codable {
  /// Evenly from the range: torchvision's `scale`.
  case uniform(ClosedRange<Double>)
  /// `1 / s`, with s drawn evenly below 1 in half of the draws and above 1 in the others, where the range has both:
  /// batchgenerators' `scale`, which multiplies coordinates and so shrinks above 1. Of .7...1.3 come the sizes
  /// .77...1.43.
  case reciprocal(of: ClosedRange<Double>)

  /// No change of size.
  public static let unchanged = SizeFactor.uniform(1...1)

  /// The range that numbers are drawn from.
  var range: ClosedRange<Double> {
    switch self {
    case .uniform(let range), .reciprocal(of: let range): range
    }
  }

  /// One size factor.
  ///
  /// - Precondition: the range lies above 0.
  func draw(using generator: inout some RandomNumberGenerator) -> Double {
    switch self {
    case .uniform(let range): return generator.uniform(in: range)
    case .reciprocal(let range):
      guard range.lowerBound < 1, range.upperBound > 1 else {
        return 1 / generator.uniform(in: range)
      }
      return generator.chance(0.5)
        ? 1 / generator.uniform(in: range.lowerBound...1)
        : 1 / generator.uniform(in: 1...range.upperBound)
    }
  }
}
