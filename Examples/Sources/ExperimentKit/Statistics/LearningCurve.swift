/// A score along a training: Dice against steps.
///
/// A score at the end alone cannot tell a method that learns sooner from one that learns more; the curve tells both.
public struct LearningCurve: Codable, Hashable, Sendable {
  /// Steps done, rising, from 0 where the score before the first step was taken.
  public let steps: [Int]
  /// The scores, 0...1.
  public let scores: [Double]

  /// - Precondition: as many steps as scores, and at least one; steps rise.
  public init(steps: [Int], scores: [Double]) {
    precondition(
      steps.count == scores.count && !steps.isEmpty && zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 },
      "a curve of \(steps.count) rising steps and \(scores.count) scores")
    (self.steps, self.scores) = (steps, scores)
  }

  /// The score at the end.
  public var last: Double { scores[scores.count - 1] }

  /// The area under the straight lines between the points, divided by the steps between the first and the last: the mean
  /// score along the training, 0...1; the one score of a curve of one point.
  public var meanScore: Double {
    guard steps.count > 1 else { return scores[0] }
    var area = 0.0
    for index in 1..<steps.count {
      let height = (scores[index] + scores[index - 1]) / 2
      area += Double(steps[index] - steps[index - 1]) * height
    }
    return area / Double(steps[steps.count - 1] - steps[0])
  }

  /// The first step, on the straight lines between the points, at which the score is at least `target`; `nil` where it never
  /// is.
  public func steps(toReach target: Double) -> Double? {
    guard let index = scores.firstIndex(where: { $0 >= target }) else { return nil }
    guard index > 0 else { return Double(steps[0]) }
    let (low, high) = (scores[index - 1], scores[index])
    let share = (target - low) / (high - low)
    return Double(steps[index - 1]) + share * Double(steps[index] - steps[index - 1])
  }
}
