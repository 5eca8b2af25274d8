import Autograd
import Foundation
import Tensor

extension TrainingLoop {
  /// Runs steps until the recipe's are done, `progress` or the validation's score says stop, or the validation's patience is
  /// over.
  ///
  /// Of several ranks rank 0 alone writes, validates and reports, and its decisions hold for all. A rank that meets an error of its
  /// own, such as an image that it cannot read, tells the others (``Communicator/leave(_:)``); what all of them see, such as
  /// a loss that is not finite, all of them throw.
  ///
  /// - Parameters:
  ///   - checkpoint: Where and how often the state is written; the last step and a stop always write.
  ///   - validation: A score along the way.
  ///   - progress: Called after every step.
  /// - Returns: Why it ended.
  /// - Throws: ``TrainingError``, `DataError`, ``CheckpointError``, ``CommunicationError``, and what task, hooks, validation and progress throw.
  @discardableResult
  public func run(
    checkpoint: CheckpointPolicy? = nil, validation: Validation? = nil,
    progress: (TrainingProgress) throws -> TrainingControl = { _ in .proceed }
  ) throws -> TrainingEnd {
    let recipe = task.recipe
    try check(validation)
    try shareStart()
    let interval = checkpoint?.interval
    let checkpoint = ranks.rank == 0 ? checkpoint : nil
    // A training that begins anew takes the place of what stood there; one without steps is done with this.
    if let checkpoint, step == 0 || step == recipe.steps { try alone { try write(to: checkpoint.url) } }
    let log: TrainingLog? =
      if let checkpoint { try alone { try TrainingLog(checkpoint.logURL, cutTo: step) } } else { nil }
    let clock = RunClock(step: step, imagesPerStep: recipe.batchSize * recipe.accumulation)
    let batches = loader.batches(steps: step * recipe.accumulation..<recipe.steps * recipe.accumulation)
      .makeIterator()
    defer { batches.cancel() }
    var notes = task.notes + resumeNotes
    resumeNotes = []
    while step < recipe.steps || unscored != nil {
      // A training that ended here goes no further when it is resumed.
      if isOver(validation) { return .scoreStoppedImproving }
      let report = try unscored ?? step(from: batches)
      let decision = try decided {
        guard let entry = try scored(report, validation) else {
          return Decision(control: .stop, score: nil, waitsForScore: true)
        }
        try log?.append(entry)
        let control = try progress(
          clock.progress(
            entry, notes: notes, totalSteps: recipe.steps,
            epoch: loader.epoch(ofStep: (step - 1) * recipe.accumulation)))
        return Decision(control: control, score: entry.score)
      }
      unscored = decision.waitsForScore ? report : nil
      notes = []
      if ranks.rank > 0, let validation, let score = decision.score {
        _ = record.add(score, step: step, better: validation.better)
      }
      let stops = isOver(validation) || decision.control == .stop || step == recipe.steps
      if let interval, stops || step % interval == 0 {
        try checkEqualWeights()
        if let checkpoint {
          try alone {
            try log?.synchronize()
            try write(to: checkpoint.url)
          }
        }
      }
      if decision.control == .stop, step < recipe.steps || unscored != nil { return .stopped }
    }
    return .finished
  }

  /// One step, not yet scored.
  private func step(from batches: BatchSequence<Task.Batch>.Iterator) throws -> TrainingLog.Entry {
    let report = try update(from: batches)
    for kind in Set(report.warnings.map(\.kind)) { warningCounts[kind, default: 0] += 1 }
    return TrainingLog.Entry(
      step: step, terms: report.terms, learningRates: optimizers.map(\.learningRate),
      warnings: report.warnings, score: nil)
  }

  /// The report of a step with its score; `nil` when the score was stopped.
  private func scored(
    _ entry: TrainingLog.Entry, _ validation: Validation?
  ) throws -> TrainingLog.Entry? {
    var entry = entry
    do {
      entry.score = try validation.flatMap { try validate($0) }
    } catch let error where error is ValidationStopped || (error as? InferenceError)?.isStop ?? false {
      return nil
    }
    return entry
  }

  /// A record of scores goes on in its own direction alone.
  private func check(_ validation: Validation?) throws(TrainingError) {
    guard let validation, let recorded = record.better, recorded != validation.better else { return }
    throw TrainingError(
      .badSetting(
        field: "validation.better", value: validation.better.rawValue,
        reason: "the scores so far were better when \(recorded.rawValue)"))
  }

  private func isOver(_ validation: Validation?) -> Bool {
    validation?.patience.map { record.scoresSinceBest > $0 } ?? false
  }

  /// One update: every part of the step, the checks, the hooks, the optimisers.
  private func update(
    from batches: BatchSequence<Task.Batch>.Iterator
  ) throws -> (terms: [LossTerm], warnings: [TrainingWarning]) {
    let recipe = task.recipe
    let everything = objectives.flatMap(\.parameters)
    // Of the whole state: a loss may reach parameters that no objective moves.
    task.state.zeroGradients()
    defer { task.state.zeroGradients() }
    var gradients = GradientsByObjective(objectives, ranks: ranks, bucketBytes: sharing.bucketBytes)
    var means = TermMeans()
    var warnings: [TrainingWarning] = []
    for part in 0..<recipe.accumulation {
      let outcome = try alone {
        guard let batch = try batches.next()?.get() else { throw CancellationError() }
        return try task.state.withMode(.training) {
          try task.evaluate(batch, at: currentMoment(part: part))
        }
      }
      try ranks.check()
      try check(outcome.losses)
      gradients.add(
        outcome.losses, scale: 1 / Float(recipe.accumulation), isLast: part == recipe.accumulation - 1)
      means.add(outcome.terms)
      warnings += outcome.warnings
    }
    try gradients.finish()
    try ranks.check()
    try means.average(over: ranks)
    try checkGradients()
    let moment = currentMoment(part: 0)
    try alone {
      try task.willUpdate(at: moment)
      for hook in hooks.beforeUpdate { try hook(everything, moment) }
    }
    for (objective, optimizer) in zip(objectives, optimizers) {
      try optimizer.refuseNonFinite(step: step)
      optimizer.learningRate = try rate(of: objective)
    }
    for optimizer in optimizers { optimizer.move() }
    // The weights have moved: whatever is thrown from here on, the step is done.
    step += 1
    try alone {
      try task.didUpdate(at: moment)
      for hook in hooks.afterUpdate { try hook(everything, moment) }
    }
    try ranks.check()
    return (means.terms, warnings)
  }

  /// - Throws: ``TrainingError/Code/badSetting(field:value:reason:)``: a rate that is not finite would end every weight.
  private func rate(of objective: Objective) throws(TrainingError) -> Double {
    let rate = plateau?.rate ?? objective.settings.rate.value(at: step)
    guard rate >= 0, rate.isFinite else {
      throw TrainingError(
        .badSetting(
          field: "objectives.\(objective.name).rate", value: "\(rate)",
          reason: "the learning rate of step \(step) must be finite and not negative"))
    }
    return rate
  }

  private func currentMoment(part: Int) -> TrainingMoment {
    TrainingMoment(
      step: step, totalSteps: task.recipe.steps, part: part,
      key: task.recipe.key.stream(for: .steps).at(step: step * task.recipe.accumulation + part),
      ranks: ranks)
  }

  private func check(_ losses: [Variable<Float>]) throws {
    guard losses.count == objectives.count else {
      throw TrainingError(.lossesDoNotFit(count: losses.count, objectives: objectives.map(\.name)))
    }
    // A rank's own loss may be finite where another's is not: they say it of the sum.
    let values = ranks.sum(losses.map { Double($0.item) })
    try ranks.check()
    for (value, objective) in zip(values, objectives) where !value.isFinite {
      throw TrainingError(.lossIsNotFinite(step: step, objective: objective.name, loss: value))
    }
  }

  /// Before anything changes: a step with a gradient that is not finite would break weights and moments for good.
  private func checkGradients() throws(TrainingError) {
    for (objective, optimizer) in zip(objectives, optimizers) {
      guard objective.parameters.contains(where: { $0.parameter.gradient != nil }) else {
        throw TrainingError(.noGradient(step: step, objective: objective.name))
      }
      try optimizer.refuseNonFinite(step: step)
    }
  }

  /// The score of this step, if it is one to be scored.
  private func validate(_ validation: Validation) throws -> Double? {
    guard step % validation.interval == 0 || step == task.recipe.steps else { return nil }
    let score = try task.state.withMode(.evaluation) { try validation.score() }
    if record.add(score, step: step, better: validation.better), let best = validation.best {
      try task.state.save(to: best)
    }
    return score
  }
}
