import Tensor

/// What a loop is made of, once one rank has found nothing wrong.
struct LoopParts<Task: TrainingTask> {
  let objectives: [Objective]
  let optimizers: [Optimizer<Float>]
  let exampleCount: Int
  let samplerIdentity: SamplerIdentity
  let loader: DataLoader<Task.Batch>

  init<Source: Dataset<Task.Example>>(
    _ task: Task, _ examples: Source, _ sampler: some Sampler,
    _ check: @escaping @Sendable (Task.Example, Int) throws -> Void, _ share: BatchShare, workers: Int
  ) throws {
    objectives = task.objectives
    optimizers = objectives.map { $0.settings.optimizer(of: $0.groups) }
    exampleCount = examples.count
    samplerIdentity = try SamplerIdentity(sampler)
    let recipe = task.recipe
    loader = DataLoader(
      CheckedDataset(base: examples, check: check), batchSize: recipe.batchSize, sampler: sampler,
      seed: recipe.seed, lastBatch: recipe.lastBatch, workerCount: workers,
      prefetchCount: max(4, 2 * workers), share: share, collate: task.collate)
  }
}

extension TrainingRecipe {
  /// Refuses a number of examples that gives no batch, or a rank none of its own.
  func check(examples count: Int, _ share: BatchShare) throws(TrainingError) {
    guard count > 0 else { throw TrainingError(.badData("there are no examples to train on")) }
    guard lastBatch != .dropped || count >= batchSize else {
      throw TrainingError(
        .badData("\(count) examples do not fill a batch of \(batchSize), and the rest of an epoch is dropped")
      )
    }
    guard batchSize >= share.count else {
      throw TrainingError(
        .badSetting(
          field: "recipe.batchSize", value: "\(batchSize)",
          reason: "\(share.count) ranks share a batch, and rank \(batchSize) would have no image"))
    }
    guard batchSize % share.count == 0 else {
      throw TrainingError(
        .badSetting(
          field: "recipe.batchSize", value: "\(batchSize)",
          reason: "must be a multiple of the \(share.count) ranks, so that all have as many images"))
    }
    let rest = count % batchSize
    guard lastBatch != .kept || rest == 0 || rest >= share.count || share.ends == .padded else {
      throw TrainingError(
        .badSetting(
          field: "sharing.ends", value: share.ends.rawValue,
          reason:
            "the last batch of an epoch has \(rest) images, and rank \(rest) of \(share.count) would have none"
        ))
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
