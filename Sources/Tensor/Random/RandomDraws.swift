// Draws of single numbers. The standard library does not promise that its own keep their values from version to version;
// these are written out, so that one key gives one result for good.

extension RandomNumberGenerator {
  /// A whole number in `0..<bound`, each equally likely, by Lemire's method ("Fast random integer generation in an
  /// interval", ACM TOMACS 29, 2019).
  ///
  /// - Precondition: `bound` is at least 1.
  public mutating func integer(below bound: Int) -> Int {
    shapePrecondition(bound >= 1, "there is no whole number from 0 below \(bound)")
    return Int(lemire(below: UInt64(bound), &self))
  }

  /// A number `lower + (upper - lower) u`, with u a multiple of 2^-53 in `0..<1`.
  public mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * unitDraw(&self)
  }

  /// True with a probability: 0 is never true, 1 always.
  public mutating func chance(_ probability: Double) -> Bool { unitDraw(&self) < probability }

  /// The indices `0..<count` in a random order, by Fisher and Yates' shuffle. O(count).
  ///
  /// - Precondition: `count` is not negative.
  public mutating func permutation(of count: Int) -> [Int] {
    shapePrecondition(count >= 0, "a permutation of \(count) indices")
    var indices = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { indices.swapAt(last, integer(below: last + 1)) }
    return indices
  }
}

/// A number in `0..<1` from the upper 53 bits of one draw.
@inline(__always)
func unitDraw(_ generator: inout some RandomNumberGenerator) -> Double {
  Double(generator.next() >> 11) * 0x1p-53
}

/// A number in `0..<bound` without bias.
@inline(__always)
func lemire(below bound: UInt64, _ generator: inout some RandomNumberGenerator) -> UInt64 {
  var product = bound.multipliedFullWidth(by: generator.next())
  if product.low < bound {
    let threshold = (0 &- bound) % bound
    while product.low < threshold { product = bound.multipliedFullWidth(by: generator.next()) }
  }
  return product.high
}
