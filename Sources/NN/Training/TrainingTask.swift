public import Autograd
public import Tensor

/// What a ``TrainingLoop`` trains: a segmentation, a pre-training, or a task of your own.
///
/// A task says what is learned (``state``), by whom (``objectives``), how a batch is put together (``collate``) and what a
/// batch costs (``evaluate(_:at:)``). The loop does the rest: order of the examples, backward passes, optimisers,
/// schedules, checks, progress, log, checkpoints and resuming.
///
///     final class Fit: TrainingTask {
///       let layer = Linear<Float>(weight: Tensor(rows: [[0]]), bias: Tensor([0]))
///       let recipe = TrainingRecipe(steps: 100, batchSize: 4)
///       var settings: String { "a line through points" }
///       var state: any Module<Float> { layer }
///       var objectives: [Objective] { [Objective(layer, OptimizerSettings(.adam(), rate: .constant(0.1)))] }
///       var collate: @Sendable ([Point], RandomKey) throws -> [Point] { { points, _ in points } }
///       func evaluate(_ batch: [Point], at moment: TrainingMoment) throws -> StepOutcome { ... }
///     }
public protocol TrainingTask<Example> {
  /// One element of the dataset.
  associatedtype Example: Sendable
  /// What ``collate`` makes of some examples.
  associatedtype Batch: Sendable
  /// All that changes the result beside the recipe and the optimisers. It is saved with every checkpoint, and a resumed
  /// training must have the same, field by field.
  associatedtype Settings: Encodable & Sendable

  /// All that changes the result beside the recipe and the optimisers.
  var settings: Settings { get }
  /// Steps, batch, accumulation, seed.
  var recipe: TrainingRecipe { get }
  /// Everything that the training changes or remembers; it is saved whole.
  var state: any Module<Float> { get }
  /// What is minimised, and which parameters each objective moves: one, unless networks train against one another.
  var objectives: [Objective] { get }
  /// Puts examples together, with random numbers of the key alone: it may run ahead of the training, on another thread.
  var collate: @Sendable ([Example], RandomKey) throws -> Batch { get }

  /// Refuses an example that cannot be trained on, given its index in the dataset: before the first step for data in
  /// memory, as it is read otherwise. By default every example is taken.
  var check: @Sendable (_ example: Example, _ index: Int) throws -> Void { get }
  /// The order of the examples where the task needs one of its own, as for batches that must hold certain examples side by
  /// side; `nil`, the default, for any order. The loop asks before the first step, unless it is given a sampler.
  func sampler(over examples: some Dataset<Example>) throws -> (any Sampler)?
  /// What the user should know before the first step, such as a value that was chosen; a run's first report has it.
  var notes: [String] { get }
  /// The loss of each objective, in their order, and what to report. The state is in training mode.
  func evaluate(_ batch: Batch, at moment: TrainingMoment) throws -> StepOutcome
  /// Called once a step, when all gradients are there and nothing has changed yet: to hold a parameter, drop its gradient.
  func willUpdate(at moment: TrainingMoment) throws
  /// Called once a step, when the optimisers have moved the parameters: for averages of weights, queues, norms.
  func didUpdate(at moment: TrainingMoment) throws
}

extension TrainingTask {
  public var check: @Sendable (_ example: Example, _ index: Int) throws -> Void { { _, _ in } }
  public func sampler(over examples: some Dataset<Example>) throws -> (any Sampler)? { nil }
  public var notes: [String] { [] }
  public func willUpdate(at moment: TrainingMoment) throws {}
  public func didUpdate(at moment: TrainingMoment) throws {}
}

/// A place in a training, as a task sees it.
public struct TrainingMoment: Sendable, Hashable {
  /// Steps done before this one.
  public let step: Int
  /// Steps in all.
  public let totalSteps: Int
  /// Which part of an accumulated step this is, from 0; see ``TrainingRecipe/accumulation``.
  public let part: Int
  /// The random numbers of this part of this step, the same on all ranks.
  public let key: RandomKey
  /// The ranks that train together: this process alone, unless the loop has a communicator. A batch is then this rank's
  /// part of one; losses that compare images compare rows gathered across the ranks.
  public let ranks: Ranks

  /// A place in a training.
  public init(step: Int, totalSteps: Int, part: Int = 0, key: RandomKey, ranks: Ranks = .single) {
    self.step = step
    self.totalSteps = totalSteps
    self.part = part
    self.key = key
    self.ranks = ranks
  }

  public static func == (first: TrainingMoment, second: TrainingMoment) -> Bool {
    first.step == second.step && first.totalSteps == second.totalSteps && first.part == second.part
      && first.key == second.key && first.ranks === second.ranks
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(step)
    hasher.combine(totalSteps)
    hasher.combine(part)
    hasher.combine(key)
    hasher.combine(ObjectIdentifier(ranks))
  }

  /// The share of the training that is done, from 0, for schedules of momentum or temperature.
  public var fraction: Double { totalSteps > 0 ? Double(step) / Double(totalSteps) : 0 }
}

/// What one batch costs, and what to report beside it.
public struct StepOutcome {
  /// A scalar for each objective, in their order, that its backward pass starts from. Losses may share parameters but no
  /// computed variable, for a backward pass frees its graph: detach what a second one reads, or compute it again.
  public let losses: [Variable<Float>]
  /// What to report, in order.
  public let terms: [LossTerm]
  /// What the user should know.
  public let warnings: [TrainingWarning]

  /// The outcome of a task with one objective.
  public init(loss: Variable<Float>, terms: [LossTerm], warnings: [TrainingWarning] = []) {
    self.init(losses: [loss], terms: terms, warnings: warnings)
  }

  /// The outcome of a task with several objectives.
  public init(losses: [Variable<Float>], terms: [LossTerm], warnings: [TrainingWarning] = []) {
    self.losses = losses
    self.terms = terms
    self.warnings = warnings
  }
}

/// Something about a step that the user should know.
public struct TrainingWarning: Sendable, Hashable, Codable, CustomStringConvertible {
  /// What it is about, the same from step to step: warnings are counted by it.
  public let kind: String
  /// A sentence with this step's figures.
  public let message: String

  /// A warning of a kind.
  public init(_ kind: String, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { message }
}
