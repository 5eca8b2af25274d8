import ExampleSupport
import Tensor

/// Which intensities become black and white; beyond them contrast is cut off.
enum IntensityWindow {
  case percentiles
  case full
  case range(ClosedRange<Float>)

  init(argument: String?) throws {
    switch argument {
    case nil: self = .percentiles
    case "full": self = .full
    case let text?:
      let parts = text.replacing("...", with: " ").split(separator: " ").map { Float($0) }
      guard parts.count == 2, let low = parts[0], let high = parts[1], low.isFinite, high.isFinite, low < high
      else { throw ExampleFailure(.usage, "--window = \(text): LOW...HIGH with LOW below HIGH, or full") }
      self = .range(low...high)
    }
  }

  /// The extremes for these values; `nil` when none is finite.
  func range(of values: UnsafeBufferPointer<Float>) -> ClosedRange<Float>? {
    // A million values tell a percentile well enough.
    let step = max(1, values.count / 1_000_000)
    var found: [Float] = []
    switch self {
    case .percentiles:
      for index in stride(from: 0, to: values.count, by: step) where values[index].isFinite {
        found.append(values[index])
      }
      found.sort()
      let last = found.count - 1
      if last > 0, found[last / 200] < found[last - last / 200] {
        return found[last / 200]...found[last - last / 200]
      }
      // Nearly all values are one: the few others are the image.
      return Self.full.range(of: values)
    case .full:
      var (low, high) = (Float.infinity, -Float.infinity)
      for value in values where value.isFinite { (low, high) = (min(low, value), max(high, value)) }
      return low <= high ? low...high : nil
    case .range(let range):
      return values.contains { $0.isFinite } ? range : nil
    }
  }
}
