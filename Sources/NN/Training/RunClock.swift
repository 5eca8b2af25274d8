import Dispatch

/// Speed and time left of a run.
struct RunClock {
  private let start = DispatchTime.now().uptimeNanoseconds
  private let firstStep: Int
  private let imagesPerStep: Int

  init(step: Int, imagesPerStep: Int) {
    firstStep = step
    self.imagesPerStep = imagesPerStep
  }

  func progress(
    _ entry: TrainingLog.Entry, notes: [String], totalSteps: Int, epoch: Int
  ) -> TrainingProgress {
    let seconds = max(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9, 1e-9)
    let done = Double(entry.step - firstStep)
    return TrainingProgress(
      step: entry.step, totalSteps: totalSteps, epoch: epoch, terms: entry.terms, warnings: entry.warnings,
      notes: notes, learningRates: entry.learningRates, score: entry.score,
      imagesPerSecond: done * Double(imagesPerStep) / seconds,
      // A score that was waited for is no step of this run.
      secondsRemaining: Double(totalSteps - entry.step) * seconds / max(done, 1))
  }
}
