/// A temperature that goes from one value to another in a straight line: that of a teacher, which begins sharp.
///
/// Source: Caron et al., ICCV 2021 (DINO), section 4, where it rises once an epoch.
public struct TemperatureRamp: Sendable, Hashable, Codable {
  /// That of the first step.
  public var start: Double
  /// That from ``steps`` on.
  public var end: Double
  /// Steps of the line; 0 for the end at once.
  public var steps: Int

  /// A line.
  public init(start: Double, end: Double, steps: Int) {
    self.start = start
    self.end = end
    self.steps = steps
  }

  /// The same temperature throughout.
  public init(constant: Double) { self.init(start: constant, end: constant, steps: 0) }

  /// The temperature of a step, counted from 0.
  public func value(at step: Int) -> Double {
    step < steps ? start + (end - start) * Double(step) / Double(steps) : end
  }

  func validate(_ check: SettingCheck, _ field: String) throws(PretrainingError) {
    try check.positive("\(field).start", start)
    try check.positive("\(field).end", end)
    try check.require(steps >= 0, "\(field).steps", steps, "must not be negative")
  }
}
