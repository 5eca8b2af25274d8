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

  /// The ranks that train together, and how.
  let ranks: Ranks
  let sharing: RankSharing
  let objectives: [Objective]
  let optimizers: [Optimizer<Float>]
  let exampleCount: Int
  let samplerIdentity: SamplerIdentity
  let loader: DataLoader<Task.Batch>
  /// What the next report says, beside what the task does.
  var resumeNotes: [String] = []

  /// A loop at step 0 over all examples, in a shuffled order unless the task has one of its own.
  ///
  /// With a communicator of several ranks each of them makes the same loop over the same examples, reads its part of every batch
  /// and learns from all of it: the recipe's batch is that of all ranks together. Only rank 0 validates, reports and writes; what
  /// it decides holds for all. See ``RankSharing``.
  ///
  /// - Parameters:
  ///   - task: What is trained.
  ///   - examples: Read when a batch needs them, several at once: memory holds a few batches.
  ///   - workers: Threads that read and collate ahead; with 0 all cores do it between two steps.
  ///   - communicator: What ranks speak through: this process alone.
  ///   - sharing: How ranks share the training; without others it changes nothing.
  /// - Throws: ``TrainingError``: a bad recipe, no examples, an objective without anything to train, ranks that differ;
  ///   ``CommunicationError``.
  public convenience init<Source: Dataset<Task.Example>>(
    _ task: Task, on examples: Source, workers: Int = 0, communicator: any Communicator = SingleProcess(),
    sharing: RankSharing = .init()
  ) throws {
    try self.init(
      task, workers: workers, communicator: communicator, sharing: sharing,
      examples: { (examples, try Self.sampler(of: task, over: examples), task.check) })
  }

  /// A loop over examples in memory, all of which are checked now.
  ///
  /// - Throws: what ``TrainingTask/check`` throws, too.
  public convenience init(
    _ task: Task, on examples: [Task.Example], workers: Int = 0,
    communicator: any Communicator = SingleProcess(), sharing: RankSharing = .init()
  ) throws {
    try self.init(
      task, workers: workers, communicator: communicator, sharing: sharing,
      examples: {
        for (index, example) in examples.enumerated() { try task.check(example, index) }
        let examples = ArrayDataset(examples)
        return (examples, try Self.sampler(of: task, over: examples), { _, _ in })
      })
  }

  /// A loop over the examples that a sampler names, in its order.
  public convenience init<Source: Dataset<Task.Example>>(
    _ task: Task, on examples: Source, sampler: some Sampler, workers: Int = 0,
    communicator: any Communicator = SingleProcess(), sharing: RankSharing = .init()
  ) throws {
    try self.init(
      task, workers: workers, communicator: communicator, sharing: sharing,
      examples: { (examples, sampler, task.check) })
  }

  /// What is read: the examples, their order, and the check of each as it is read.
  private typealias Reading<Source: Dataset<Task.Example>> = (
    examples: Source, sampler: any Sampler, check: @Sendable (Task.Example, Int) throws -> Void
  )

  /// What one rank can find wrong by itself is found before any speaks to another.
  private init<Source: Dataset<Task.Example>>(
    _ task: Task, workers: Int, communicator: any Communicator, sharing: RankSharing,
    examples read: () throws -> Reading<Source>
  ) throws {
    let share = BatchShare(rank: communicator.rank, count: communicator.count, ends: sharing.ends)
    let parts = try communicator.agreed { () throws -> LoopParts<Task> in
      try task.recipe.validate()
      let (examples, sampler, check) = try read()
      try task.recipe.check(examples: sampler.count, share)
      try Self.check(task.objectives)
      try Self.check(task.state, keeps: task.objectives)
      return try LoopParts(task, examples, sampler, check, share, workers: workers)
    }
    self.task = task
    self.sharing = sharing
    ranks = communicator.count > 1 ? Ranks(communicator) : .single
    (objectives, optimizers) = (parts.objectives, parts.optimizers)
    (exampleCount, samplerIdentity, loader) = (parts.exampleCount, parts.samplerIdentity, parts.loader)
    if ranks.count > 1 { try communicator.requireEqual(identityOfRank()) }
    task.state.shareNorms(across: sharing.norms == .ofAllRanks && ranks.count > 1 ? ranks : nil)
  }

  private static func sampler(
    of task: Task, over examples: some Dataset<Task.Example>
  ) throws -> any Sampler {
    guard examples.count > 0 else { return SequentialSampler(count: 0) }
    return try task.sampler(over: examples)
      ?? ShuffledSampler(count: examples.count, seed: task.recipe.seed)
  }
}
