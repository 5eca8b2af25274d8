import NN
import Testing

@Suite struct PlateauScheduleTests {
  @Test func aPlateauIsTheReference() throws {
    let reference = try ReferenceRates("plateau")
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
  @Test(arguments: [ScoreDirection.lower, .higher], [1.0, -1, 0])
  func aPlateauOfSignedScores(_ direction: ScoreDirection, _ score: Double) {
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
}
