import Autograd
import Foundation
import Tensor

extension TrainingLoop {
  /// Runs steps until the recipe's are done, `progress` or the validation's score says stop, or the validation's patience is
  /// over.
  ///
  /// - Parameters:
  ///   - checkpoint: Where and how often the state is written; the last step and a stop always write.
  ///   - validation: A score along the way.
  ///   - progress: Called after every step.
  /// - Returns: Why it ended.
  /// - Throws: ``TrainingError``, `DataError`, ``CheckpointError``, and what task, hooks, validation and progress throw.
  @discardableResult
  public func run(
    checkpoint: CheckpointPolicy? = nil, validation: Validation? = nil,
    progress: (TrainingProgress) throws -> TrainingControl = { _ in .proceed }
  ) throws -> TrainingEnd {
    let recipe = task.recipe
    try check(validation)
    // A training that begins anew takes the place of what stood there; one without steps is done with this.
    if let checkpoint, step == 0 || step == recipe.steps { try write(to: checkpoint.url) }
    let log: TrainingLog? =
      if let checkpoint { try TrainingLog(checkpoint.logURL, cutTo: step) } else { nil }
    let clock = RunClock(step: step, imagesPerStep: recipe.batchSize * recipe.accumulation)
    let batches = loader.batches(steps: step * recipe.accumulation..<recipe.steps * recipe.accumulation)
      .makeIterator()
    defer { batches.cancel() }
    var notes = task.notes
    while step < recipe.steps || unscored != nil {
      // A training that ended here goes no further when it is resumed.
      if isOver(validation) { return .scoreStoppedImproving }
      guard let entry = try scored(unscored ?? step(from: batches), validation) else {
        try log?.synchronize()
        if let checkpoint { try write(to: checkpoint.url) }
        return .stopped
      }
      try log?.append(entry)
      let control = try progress(
        clock.progress(
          entry, notes: notes, totalSteps: recipe.steps,
          epoch: loader.epoch(ofStep: (step - 1) * recipe.accumulation)))
      notes = []
      if let checkpoint,
        isOver(validation) || control == .stop || step == recipe.steps || step % checkpoint.interval == 0
      {
        try log?.synchronize()
        try write(to: checkpoint.url)
      }
      if control == .stop, step < recipe.steps { return .stopped }
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

  /// The report of this step with its score; `nil` when the score was stopped, and the report waits for it.
  private func scored(
    _ entry: TrainingLog.Entry, _ validation: Validation?
  ) throws -> TrainingLog.Entry? {
    var entry = entry
    do {
      entry.score = try validation.flatMap { try validate($0) }
    } catch let error where error is ValidationStopped || (error as? InferenceError)?.isStop ?? false {
      unscored = entry
      return nil
    }
    unscored = nil
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
    var gradients = GradientsByObjective(objectives)
    var means = TermMeans()
    var warnings: [TrainingWarning] = []
    for part in 0..<recipe.accumulation {
      guard let batch = try batches.next()?.get() else { throw CancellationError() }
      let outcome = try task.state.withMode(.training) {
        try task.evaluate(batch, at: currentMoment(part: part))
      }
      try check(outcome.losses)
      gradients.add(outcome.losses, scale: 1 / Float(recipe.accumulation))
      means.add(outcome.terms)
      warnings += outcome.warnings
    }
    gradients.finish()
    try checkGradients()
    let moment = currentMoment(part: 0)
    try task.willUpdate(at: moment)
    for hook in hooks.beforeUpdate { try hook(everything, moment) }
    for (objective, optimizer) in zip(objectives, optimizers) {
      try optimizer.refuseNonFinite(step: step)
      optimizer.learningRate = try rate(of: objective)
    }
    for optimizer in optimizers { optimizer.move() }
    // The weights have moved: whatever is thrown from here on, the step is done.
    step += 1
    try task.didUpdate(at: moment)
    for hook in hooks.afterUpdate { try hook(everything, moment) }
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
      key: task.recipe.key.stream(for: .steps).at(step: step * task.recipe.accumulation + part))
  }

  private func check(_ losses: [Variable<Float>]) throws(TrainingError) {
    guard losses.count == objectives.count else {
      throw TrainingError(.lossesDoNotFit(count: losses.count, objectives: objectives.map(\.name)))
    }
    for (loss, objective) in zip(losses, objectives) where !loss.item.isFinite {
      throw TrainingError(.lossIsNotFinite(step: step, objective: objective.name, loss: Double(loss.item)))
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

/// The gradients of several objectives apart: a backward pass may reach parameters of the others, which it must not move.
private struct GradientsByObjective {
  private let objectives: [Objective]
  private var kept: [ObjectIdentifier: Tensor<Float>] = [:]

  init(_ objectives: [Objective]) { self.objectives = objectives }

  mutating func add(_ losses: [Variable<Float>], scale: Float) {
    for (loss, objective) in zip(losses, objectives) where loss.tracksGradient {
      (scale == 1 ? loss : loss * scale).backward()
      guard objectives.count > 1 else { continue }
      for (_, parameter) in objective.parameters {
        guard let gradient = parameter.gradient else { continue }
        let key = ObjectIdentifier(parameter)
        kept[key] = kept[key].map { $0 + gradient } ?? gradient
      }
      for other in objectives { for (_, parameter) in other.parameters { parameter.gradient = nil } }
    }
  }

  /// Puts the gradients back where the optimisers look for them.
  mutating func finish() {
    guard objectives.count > 1 else { return }
    for (_, parameter) in objectives.flatMap(\.parameters) {
      parameter.gradient = kept[ObjectIdentifier(parameter)]
    }
  }
}

/// The means of terms over the parts of a step; parts that lack a term, or where it is not a number, leave it out.
private struct TermMeans {
  private var names: [String] = []
  private var sums: [String: (sum: Double, count: Int)] = [:]

  mutating func add(_ terms: [LossTerm]) {
    for term in terms {
      if sums[term.name] == nil { names.append(term.name) }
      let old = sums[term.name] ?? (0, 0)
      sums[term.name] = term.value.isNaN ? old : (old.sum + term.value, old.count + 1)
    }
  }

  var terms: [LossTerm] {
    names.map { name in
      let (sum, count) = sums[name] ?? (0, 0)
      return LossTerm(name, count > 0 ? sum / Double(count) : .nan)
    }
  }
}
