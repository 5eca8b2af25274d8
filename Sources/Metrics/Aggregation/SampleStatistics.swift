/// Mean, spread and middle of a sample.
public struct SampleStatistics: Hashable, Sendable {
  public let count: Int
  /// The mean; `nil` for an empty sample.
  public let mean: Double?
  /// The standard deviation with n - 1 in the denominator; `nil` below two values, and where a value is
  /// infinite.
  public let standardDeviation: Double?
  /// The middle value, or the mean of the two middle ones; `nil` for an empty sample.
  public let median: Double?

  public init(_ values: [Double]) {
    count = values.count
    guard !values.isEmpty else {
      (mean, standardDeviation, median) = (nil, nil, nil)
      return
    }
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    median = values.median
    if values.count > 1, mean.isFinite {
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      standardDeviation = (squares / Double(values.count - 1)).squareRoot()
    } else {
      standardDeviation = nil
    }
  }
}
