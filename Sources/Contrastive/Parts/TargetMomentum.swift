public import NN

/// How slowly a ``TargetNetwork`` follows in the course of a training: from `start` to `end` on a cosine.
///
///     m(k) = end - (end - start) (1 + cos(pi k / K)) / 2
///
/// for step k of K. BYOL and DeSD end at 1, where the target stands still. A small batch takes more steps an epoch, and wants
/// a higher start.
///
/// Sources: Grill et al., NeurIPS 2020 (BYOL), section 3.3; the released codes of BYOL and of DeSD.
public struct TargetMomentum: Sendable, Hashable, Codable {
  /// m of the first step.
  public var start: Double
  /// m behind the last step: 1.
  public var end: Double

  /// A momentum that rises to 1, or to another end.
  public init(start: Double, end: Double = 1) {
    self.start = start
    self.end = end
  }

  /// m of a step.
  public func value(at moment: TrainingMoment) -> Double {
    Schedule.cosine(start: start, end: end, steps: max(moment.totalSteps, 1)).value(at: moment.step)
  }

  func validate(_ check: SettingCheck, _ field: String) throws(PretrainingError) {
    for (name, value) in [("start", start), ("end", end)] {
      try check.require((0...1).contains(value), "\(field).\(name)", value, "must be in 0...1")
    }
  }
}
