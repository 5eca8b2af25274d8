import Foundation
import NN
import Testing

@Suite struct LearningRateScheduleTests {
  private struct Rates: Decodable {
    let rates: [Double]
    let metrics: [Double]?
  }

  private func reference(_ name: String) throws -> Rates {
    let data = try Data(contentsOf: fixture("schedules", "json"))
    let all = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    return try JSONDecoder().decode(
      Rates.self, from: JSONSerialization.data(withJSONObject: try #require(all[name])))
  }

  @Test(arguments: [
    ("cosine", LearningRateSchedule.cosine(start: 0.1, steps: 10)),
    ("cosineToMinimum", .cosine(start: 0.1, end: 0.001, steps: 10)),
    ("paperFineTuning", .cosine(start: 5e-4, end: 5e-6, steps: 100)),
    ("linearWarmup", .warmUp(steps: 4, startFactor: 0.1, then: .constant(0.1))),
    (
      "warmupThenCosine",
      .warmUp(steps: 4, startFactor: 0.1, then: .cosine(start: 0.1, end: 0.001, steps: 8))
    ),
    ("polynomial", .polynomial(start: 0.1, steps: 10)),
    ("step", .step(start: 0.1, interval: 3)),
  ])
  func itIsTheReference(_ name: String, _ schedule: LearningRateSchedule) throws {
    let expected = try reference(name).rates
    for (step, rate) in expected.enumerated() {
      #expect(abs(schedule.rate(at: step) - rate) <= 1e-16 + 1e-12 * rate, "\(name) at step \(step)")
    }
  }

  @Test func aPlateauIsTheReference() throws {
    let reference = try reference("plateau")
    var schedule = PlateauSchedule(rate: 0.1, patience: 2)
    let rates = try #require(reference.metrics).map { schedule.report($0) }
    #expect(zip(rates, reference.rates).allSatisfy { abs($0 - $1) <= 1e-15 }, "\(rates)")
  }

  @Test func aPlateauOfScoresCountsHigherAsBetter() {
    // Best .5; .5, .5 do not improve: at the second the rate is halved; .6 improves.
    var schedule = PlateauSchedule(rate: 1, direction: .higher, factor: 0.5, patience: 1, minimumRate: 0.4)
    #expect(
      [0.5, 0.5, 0.5, 0.6, 0.1, 0.1, 0.1].map { schedule.report($0) } == [1, 1, 0.5, 0.5, 0.5, 0.4, 0.4])
  }

  /// An equal score is no improvement, whatever its sign; nor is a worse one.
  @Test(arguments: [PlateauSchedule.Direction.lower, .higher], [1.0, -1, 0])
  func aPlateauOfSignedScores(_ direction: PlateauSchedule.Direction, _ score: Double) {
    let expected = [1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01]
    let worse = direction == .lower ? 5e-5 : -5e-5
    for drift in [0, worse, -worse / 10] {
      var schedule = PlateauSchedule(rate: 1, direction: direction, factor: 0.1, patience: 2)
      // An improvement of less than the threshold of 1e-4 does not count, unless the best is 0.
      if score == 0, drift != 0, drift != worse { continue }
      let rates = (0..<8).map { schedule.report(score + drift * Double($0)) }
      #expect(zip(rates, expected).allSatisfy { ($0 - $1).magnitude < 1e-15 }, "\(drift): \(rates)")
    }
  }

  @Test func aPlateauOfNegativeScoresSeesImprovement() {
    var lower = PlateauSchedule(rate: 1, direction: .lower, factor: 0.5, patience: 0)
    #expect([-1, -1.01, -1.02, -1.01].map { lower.report($0) } == [1, 1, 1, 0.5])
    var higher = PlateauSchedule(rate: 1, direction: .higher, factor: 0.5, patience: 0)
    #expect([-1, -0.99, -0.98, -0.99].map { higher.report($0) } == [1, 1, 1, 0.5])
    // A first score that is infinite can be improved on.
    var infinite = PlateauSchedule(rate: 1, factor: 0.5, patience: 0)
    #expect([Double.infinity, 5, .infinity].map { infinite.report($0) } == [1, 1, 0.5])
  }

  @Test func aPlateauSurvivesNaN() {
    var schedule = PlateauSchedule(rate: 1, factor: 0.5, patience: 1)
    #expect([.nan, 3, .nan, 2, 1].map { schedule.report($0) } == [1, 1, 1, 1, 1])
    #expect([.nan, .nan].map { schedule.report($0) } == [1, 0.5])
  }

  @Test func byHandAtTheEnds() {
    #expect(LearningRateSchedule.constant(0.3).rate(at: 1_000_000) == 0.3)
    #expect(LearningRateSchedule.cosine(start: 2, steps: 4).rate(at: 0) == 2)
    #expect(abs(LearningRateSchedule.cosine(start: 2, steps: 4).rate(at: 2) - 1) <= 1e-15)
    #expect(LearningRateSchedule.cosine(start: 2, end: 0.5, steps: 4).rate(at: 9) == 0.5)
    #expect(LearningRateSchedule.polynomial(start: 2, end: 1, power: 2, steps: 4).rate(at: 2) == 1.25)
    #expect(LearningRateSchedule.step(start: 8, factor: 0.5, interval: 2).rate(at: 5) == 2)
    #expect(LearningRateSchedule.warmUp(steps: 4, then: .constant(1)).rate(at: 1) == 0.25)
  }

  /// The released fine-tuning: a cosine from 5e-4 to 0 over T, never below 5e-6.
  @Test func aFlooredCosineIsCutOff() {
    let schedule = LearningRateSchedule.flooredCosine(start: 5e-4, floor: 5e-6, steps: 1000)
    let fitted = LearningRateSchedule.cosine(start: 5e-4, end: 5e-6, steps: 1000)
    #expect(
      schedule.rate(at: 0) == 5e-4 && schedule.rate(at: 1000) == 5e-6 && schedule.rate(at: 5000) == 5e-6)
    #expect(abs(schedule.rate(at: 500) - 2.5e-4) <= 1e-18)
    // cos(pi t / T) = -.98 at t = .93623 T.
    #expect(schedule.rate(at: 936) > 5e-6 && schedule.rate(at: 937) == 5e-6)
    // There the fitted one is 5e-6 + 4.95e-4 * .01 = 9.95e-6.
    let ratios = (0..<1000).map { fitted.rate(at: $0) / schedule.rate(at: $0) }
    #expect(abs((ratios.max() ?? 0) - 1.99) < 0.01)
    #expect(ratios.allSatisfy { $0 >= 1 - 1e-15 })
  }

  @Test func schedulesSurviveJSON() throws {
    let schedule = LearningRateSchedule.warmUp(steps: 3, then: .cosine(start: 0.1, steps: 10))
    let copy = try JSONDecoder().decode(LearningRateSchedule.self, from: JSONEncoder().encode(schedule))
    #expect(copy == schedule)
  }
}
