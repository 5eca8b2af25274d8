import Foundation
import NN
import Testing

@Suite struct ScheduleTests {
  @Test(arguments: [
    ("cosine", Schedule.cosine(start: 0.1, steps: 10)),
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
  func itIsTheReference(_ name: String, _ schedule: Schedule) throws {
    let expected = try ReferenceRates(name).rates
    for (step, rate) in expected.enumerated() {
      #expect(abs(schedule.value(at: step) - rate) <= 1e-16 + 1e-12 * rate, "\(name) at step \(step)")
    }
  }

  @Test func byHandAtTheEnds() {
    #expect(Schedule.constant(0.3).value(at: 1_000_000) == 0.3)
    #expect(Schedule.cosine(start: 2, steps: 4).value(at: 0) == 2)
    #expect(abs(Schedule.cosine(start: 2, steps: 4).value(at: 2) - 1) <= 1e-15)
    #expect(Schedule.cosine(start: 2, end: 0.5, steps: 4).value(at: 9) == 0.5)
    #expect(Schedule.polynomial(start: 2, end: 1, power: 2, steps: 4).value(at: 2) == 1.25)
    #expect(Schedule.step(start: 8, factor: 0.5, interval: 2).value(at: 5) == 2)
    #expect(Schedule.warmUp(steps: 4, then: .constant(1)).value(at: 1) == 0.25)
  }

  /// The released fine-tuning: a cosine from 5e-4 to 0 over T, never below 5e-6.
  @Test func aFlooredCosineIsCutOff() {
    let schedule = Schedule.flooredCosine(start: 5e-4, floor: 5e-6, steps: 1000)
    let fitted = Schedule.cosine(start: 5e-4, end: 5e-6, steps: 1000)
    #expect(
      schedule.value(at: 0) == 5e-4 && schedule.value(at: 1000) == 5e-6 && schedule.value(at: 5000) == 5e-6)
    #expect(abs(schedule.value(at: 500) - 2.5e-4) <= 1e-18)
    // cos(pi t / T) = -.98 at t = .93623 T.
    #expect(schedule.value(at: 936) > 5e-6 && schedule.value(at: 937) == 5e-6)
    // There the fitted one is 5e-6 + 4.95e-4 * .01 = 9.95e-6.
    let ratios = (0..<1000).map { fitted.value(at: $0) / schedule.value(at: $0) }
    #expect(abs((ratios.max() ?? 0) - 1.99) < 0.01)
    #expect(ratios.allSatisfy { $0 >= 1 - 1e-15 })
  }

  @Test func schedulesSurviveJSON() throws {
    let schedule = Schedule.warmUp(steps: 3, then: .cosine(start: 0.1, steps: 10))
    let copy = try JSONDecoder().decode(Schedule.self, from: JSONEncoder().encode(schedule))
    #expect(copy == schedule)
  }
}
