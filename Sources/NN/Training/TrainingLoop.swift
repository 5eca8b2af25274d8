public import Tensor

/// The one loop that every training runs: order, batches, backward passes, optimisers, schedules, checks, validation,
/// progress, log, checkpoints.
///
///     let loop = try TrainingLoop(task, on: slices)
///     try loop.run(checkpoint: CheckpointPolicy(url, everySteps: 50)) { print($0); return .proceed }
///
/// To go on where a checkpoint stands, call ``resume(from:policy:)`` before ``run(checkpoint:validation:progress:)``.
///
/// A step depends only on the weights and on its number: its batch and its random numbers come from keys (seed, purpose,
/// step, place), so that a training stopped anywhere and resumed ends in the same bits as one that was never stopped,
/// with any number of threads.
public final class TrainingLoop<Task: TrainingTask> {
  /// What is trained.
  public let task: Task
  /// What a program adds to every step.
  public var hooks = TrainingHooks()
  /// Gives the rate of all objectives in place of their schedules, from the scores that the caller reports to it; `nil`
  /// by default. Checkpoints hold its state.
  public var plateau: PlateauSchedule?
  /// Steps done.
  public internal(set) var step = 0
  /// The scores of validations so far.
  public internal(set) var record = ValidationRecord()
  /// The report of a step that is done and whose score was stopped; `nil` in all other moments.
  var unscored: TrainingLog.Entry?
  /// How many steps gave a warning of each kind, since the loop was made.
  public internal(set) var warningCounts: [String: Int] = [:]

  let objectives: [Objective]
  let optimizers: [Optimizer<Float>]
  let exampleCount: Int
  let samplerIdentity: SamplerIdentity
  let loader: DataLoader<Task.Batch>

  /// A loop at step 0 over all examples, in a shuffled order unless the task has one of its own.
  ///
  /// - Parameters:
  ///   - task: What is trained.
  ///   - examples: Read when a batch needs them, several at once: memory holds a few batches.
  ///   - workers: Threads that read and collate ahead; with 0 all cores do it between two steps.
  /// - Throws: ``TrainingError``: a bad recipe, no examples, an objective without anything to train.
  public convenience init<Source: Dataset<Task.Example>>(
    _ task: Task, on examples: Source, workers: Int = 0
  ) throws {
    try self.init(
      task, on: examples, sampler: Self.sampler(of: task, over: examples), workers: workers, check: task.check
    )
  }

  /// A loop over examples in memory, all of which are checked now.
  ///
  /// - Throws: what ``TrainingTask/check`` throws, too.
  public convenience init(_ task: Task, on examples: [Task.Example], workers: Int = 0) throws {
    for (index, example) in examples.enumerated() { try task.check(example, index) }
    let examples = ArrayDataset(examples)
    try self.init(
      task, on: examples, sampler: Self.sampler(of: task, over: examples), workers: workers,
      check: { _, _ in })
  }

  /// A loop over the examples that a sampler names, in its order.
  public convenience init<Source: Dataset<Task.Example>>(
    _ task: Task, on examples: Source, sampler: some Sampler, workers: Int = 0
  ) throws {
    try self.init(task, on: examples, sampler: sampler, workers: workers, check: task.check)
  }

  private init<Source: Dataset<Task.Example>>(
    _ task: Task, on examples: Source, sampler: some Sampler, workers: Int,
    check: @escaping @Sendable (Task.Example, Int) throws -> Void
  ) throws {
    let recipe = task.recipe
    try recipe.validate()
    guard sampler.count > 0 else { throw TrainingError(.badData("there are no examples to train on")) }
    guard recipe.lastBatch != .dropped || sampler.count >= recipe.batchSize else {
      throw TrainingError(
        .badData(
          "\(sampler.count) examples do not fill a batch of \(recipe.batchSize), and the rest of an epoch is dropped"
        ))
    }
    self.task = task
    objectives = task.objectives
    try Self.check(objectives)
    try Self.check(task.state, keeps: objectives)
    optimizers = objectives.map { $0.settings.optimizer(of: $0.groups) }
    exampleCount = examples.count
    samplerIdentity = try SamplerIdentity(sampler)
    let collate = task.collate
    loader = DataLoader(
      CheckedDataset(base: examples, check: check), batchSize: recipe.batchSize, sampler: sampler,
      seed: recipe.seed,
      lastBatch: recipe.lastBatch, workerCount: workers, prefetchCount: max(4, 2 * workers), collate: collate)
  }

  private static func sampler(
    of task: Task, over examples: some Dataset<Task.Example>
  ) throws -> any Sampler {
    guard examples.count > 0 else { return SequentialSampler(count: 0) }
    return try task.sampler(over: examples)
      ?? ShuffledSampler(count: examples.count, seed: task.recipe.seed)
  }

  /// What is trained must be saved, and under a name of its own.
  private static func check(
    _ state: any Module<Float>, keeps objectives: [Objective]
  ) throws(TrainingError) {
    var names: Set<String> = []
    let saved = state.namedParameters
    for (name, _) in saved where !names.insert(name).inserted {
      throw TrainingError(
        .badSetting(field: "state", value: name, reason: "two parameters have this name"))
    }
    let known = Set(saved.map { ObjectIdentifier($0.parameter) })
    for (name, parameter) in objectives.flatMap(\.parameters)
    where !known.contains(ObjectIdentifier(parameter)) {
      throw TrainingError(
        .badSetting(
          field: "state", value: name, reason: "an objective moves this parameter, and no checkpoint holds it"
        ))
    }
  }

  private static func check(_ objectives: [Objective]) throws(TrainingError) {
    guard !objectives.isEmpty else {
      throw TrainingError(
        .badSetting(field: "objectives", value: "[]", reason: "a training needs at least one"))
    }
    var owners: [ObjectIdentifier: String] = [:]
    var names: Set<String> = []
    for objective in objectives {
      guard names.insert(objective.name).inserted else {
        throw TrainingError(
          .badSetting(field: "objectives", value: objective.name, reason: "two objectives have this name"))
      }
      let parameters = objective.parameters
      // Moments and checkpoints know a parameter by its name.
      let counts = Dictionary(parameters.map { ($0.name, 1) }, uniquingKeysWith: +)
      if let twice = counts.filter({ $0.value > 1 }).keys.min() {
        throw TrainingError(
          .badSetting(
            field: "objectives.\(objective.name)", value: twice, reason: "two parameters have this name"))
      }
      guard !parameters.isEmpty else {
        throw TrainingError(.nothingToTrain(objective: objective.name, reason: "it has no parameters"))
      }
      guard parameters.contains(where: { !$0.parameter.isFrozen }) else {
        throw TrainingError(
          .nothingToTrain(
            objective: objective.name, reason: "all \(parameters.count) parameters are frozen"))
      }
      for (name, parameter) in parameters {
        if let owner = owners.updateValue(objective.name, forKey: ObjectIdentifier(parameter)) {
          throw TrainingError(
            .badSetting(
              field: "objectives", value: name,
              reason: "a parameter is moved once a step, and '\(owner)' and '\(objective.name)' both do"))
        }
      }
    }
  }
}

/// A dataset whose examples are checked as they are read.
private struct CheckedDataset<Base: Dataset>: Dataset {
  let base: Base
  let check: @Sendable (Base.Element, Int) throws -> Void

  var count: Int { base.count }
  func element(at index: Int) throws -> Base.Element {
    let example = try base.element(at: index)
    try check(example, index)
    return example
  }
}
