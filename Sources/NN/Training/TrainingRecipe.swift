public import Tensor

/// How long a training is, and what a step reads.
public struct TrainingRecipe: Sendable, Hashable, Codable {
  /// Updates of the parameters in all.
  public var steps: Int
  /// Examples in a batch, that of all ranks together where several train.
  public var batchSize: Int
  /// Batches whose gradients are averaged for one update: 1.
  ///
  /// Each part is evaluated by itself, with its own loss, its own negatives and its own batch statistics, so that
  /// accumulation saves memory but is not a larger batch: n parts of b images have contrastive losses over b images each.
  public var accumulation: Int
  /// The seed of the order, of augmentation and of all that a step draws: 1234.
  public var seed: UInt64
  /// What becomes of the last examples of an epoch that do not fill a batch: the next epoch fills it.
  public var lastBatch: LastBatch

  /// A recipe; what is left out has the value above.
  public init(
    steps: Int, batchSize: Int, accumulation: Int = 1, seed: UInt64 = 1234,
    lastBatch: LastBatch = .carriedOver
  ) {
    self.steps = steps
    self.batchSize = batchSize
    self.accumulation = accumulation
    self.seed = seed
    self.lastBatch = lastBatch
  }

  /// The root of a training's random streams.
  public var key: RandomKey { RandomKey(seed: seed) }

  /// - Throws: ``TrainingError/Code/badSetting(field:value:reason:)``.
  func validate() throws(TrainingError) {
    for (field, value, least) in [
      ("recipe.steps", steps, 0), ("recipe.batchSize", batchSize, 1),
      ("recipe.accumulation", accumulation, 1),
    ] where value < least {
      throw TrainingError(.badSetting(field: field, value: "\(value)", reason: "must be at least \(least)"))
    }
  }
}
