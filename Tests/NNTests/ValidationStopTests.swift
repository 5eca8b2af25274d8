import Foundation
import NN
import Tensor
import TestSupport
import Testing

/// A score that is asked to stop ends the training at once, and nothing of the step that it belongs to is lost.
@Suite struct ValidationStopTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Every second step is scored by the weight; behind `stop` scores in all, once, the score throws.
  private final class Scores {
    var made = 0
    var stop: (after: Int, error: any Error)?
    let best: URL

    init(_ best: URL, stop: (after: Int, error: any Error)? = nil) { (self.best, self.stop) = (best, stop) }

    func validation(of task: LineTask) -> Validation {
      Validation(everySteps: 2, better: .lower, best: best) {
        if let stop = self.stop, self.made == stop.after {
          self.stop = nil
          throw stop.error
        }
        self.made += 1
        return Double(task.layer.parameters[0].value.scalars[0]).magnitude
      }
    }
  }

  private static let stops: [(after: Int, error: any Error)] = [
    (0, ValidationStopped()), (2, InferenceError(.stopped(windows: 1, of: 9))), (4, ValidationStopped()),
  ]

  @Test(arguments: [0, 1, 2]) func aStoppedScoreIsMadeWhenTheTrainingGoesOn(number: Int) throws {
    let whole = try TrainingLoop(LineTask(), on: linePoints)
    let policies = ["whole", "parts"].map { CheckpointPolicy(folder.file($0), everySteps: 100) }
    let expected = Scores(folder.file("best"))
    #expect(
      try whole.run(checkpoint: policies[0], validation: expected.validation(of: whole.task)) == .finished)

    let stopped = try TrainingLoop(LineTask(), on: linePoints)
    let scores = Scores(folder.file("parts-best"), stop: Self.stops[number])
    let step = 2 * (Self.stops[number].after + 1)
    #expect(
      try stopped.run(checkpoint: policies[1], validation: scores.validation(of: stopped.task)) == .stopped)
    #expect(stopped.step == step)
    // The step is done and waits; its line comes with its score.
    #expect(try TrainingLog.entries(of: policies[1].logURL).map(\.step) == Array(1..<step))

    let resumed = try TrainingLoop(LineTask(), on: linePoints)
    try resumed.resume(from: policies[1].url)
    var seen: [Int] = []
    let end = try resumed.run(checkpoint: policies[1], validation: scores.validation(of: resumed.task)) {
      seen.append($0.step)
      #expect($0.imagesPerSecond.isFinite && $0.secondsRemaining.isFinite)
      return .proceed
    }
    #expect(end == .finished && seen == Array(step...10))
    #expect(resumed.task.layer.state().entries == whole.task.layer.state().entries)
    #expect(resumed.record == whole.record)
    #expect(
      try TrainingLog.entries(of: policies[1].logURL) == TrainingLog.entries(of: policies[0].logURL))
    #expect(try Data(contentsOf: scores.best) == Data(contentsOf: expected.best))
    #expect(try Data(contentsOf: policies[1].url) == Data(contentsOf: policies[0].url))
  }

  /// Without a file the loop itself remembers.
  @Test func theSameLoopGoesOn() throws {
    let loop = try TrainingLoop(LineTask(), on: linePoints)
    let scores = Scores(folder.file("best"), stop: Self.stops[1])
    let validation = scores.validation(of: loop.task)
    #expect(try loop.run(validation: validation) == .stopped && loop.step == 6)
    var seen: [Int] = []
    try loop.run(validation: validation) {
      seen.append($0.step)
      return .proceed
    }
    #expect(seen == Array(6...10) && scores.made == 5)
  }

  @Test func anotherErrorIsPassedOn() throws {
    struct Broken: Error {}
    let loop = try TrainingLoop(LineTask(), on: linePoints)
    let scores = Scores(folder.file("best"), stop: (1, Broken()))
    #expect(throws: Broken.self) { try loop.run(validation: scores.validation(of: loop.task)) }
  }
}
