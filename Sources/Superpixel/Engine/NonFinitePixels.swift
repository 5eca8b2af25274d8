/// The values of an image that are not finite: how many, and the first.
struct NonFinitePixels {
  let isVolume: Bool
  let height: Int
  private(set) var count = 0
  private var first = (value: Double.nan, place: "")

  init(isVolume: Bool, height: Int) {
    self.isVolume = isVolume
    self.height = height
  }

  /// Counts a value of the row `line % height` of plane `line / height`.
  mutating func add(_ value: Double, line: Int, column: Int, channel: Int) {
    if count == 0 {
      let plane = isVolume ? "plane \(line / height), " : ""
      first = (value, "\(plane)row \(line % height), column \(column), channel \(channel)")
    }
    count += 1
  }

  var error: SuperpixelError {
    SuperpixelError(.nonFinitePixels(count: count, value: "\(first.value)", place: first.place))
  }
}
