public import Autograd
import Dispatch
public import Foundation
public import Tensor

/// The loop that every training of the library runs: batches, backward pass, optimiser, schedule, progress, checkpoints.
///
/// A step depends only on the weights and on its number: its batch and its random numbers come from counter-based
/// keys (seed, step), so that a training stopped anywhere and resumed from its checkpoint ends in the same bits as one
/// that was never stopped.
public final class TrainingLoop<Scalar: TensorFloatingPointScalar> {
  /// What is trained.
  public let module: any Module<Scalar>
  /// What changes it.
  public let optimizer: any Optimizer<Scalar>
  /// The learning rate of every step.
  public let schedule: LearningRateSchedule
  /// Gives the rate in place of ``schedule``, from the scores that the caller reports to it; `nil` by default. Checkpoints
  /// hold its state.
  public var plateau: PlateauSchedule?
  /// The seed of batches and of random numbers.
  public let seed: UInt64
  /// Steps done.
  public private(set) var step = 0
  /// The terms that each step reported, from the first.
  public private(set) var history: [[LossTerm]] = []

  /// A loop at step 0.
  public init(
    _ module: any Module<Scalar>, optimizer: any Optimizer<Scalar>, schedule: LearningRateSchedule,
    seed: UInt64
  ) {
    self.module = module
    self.optimizer = optimizer
    self.schedule = schedule
    self.seed = seed
  }

  /// The loss of one step, and what to report beside it.
  public struct StepOutcome {
    /// The scalar that backward starts from.
    public let loss: Variable<Scalar>
    /// What to report, in order.
    public let terms: [LossTerm]

    /// The outcome of a step.
    public init(loss: Variable<Scalar>, terms: [LossTerm]) {
      self.loss = loss
      self.terms = terms
    }
  }

  /// Runs steps until `totalSteps` are done or `progress` says stop.
  ///
  /// - Parameters:
  ///   - totalSteps: Steps in all, those of an earlier run included.
  ///   - imagesPerStep: For the images per second.
  ///   - checkpoint: Where and how often the state is written; the last step and a stop always write.
  ///   - progress: Called after every step.
  ///   - body: Computes the loss of a step from its number (from 0) and its random numbers.
  /// - Throws: ``TrainingError`` for a loss or a gradient that is not finite, before weights, moments and the checkpoint
  ///   change; what `body`, `progress` and the writing of a checkpoint throw. Running statistics of batch norm have then
  ///   seen the batch: go on from the checkpoint.
  public func run(
    until totalSteps: Int, imagesPerStep: Int, checkpoint: CheckpointPolicy? = nil,
    progress: (TrainingProgress) throws -> TrainingControl = { _ in .proceed },
    _ body: (_ step: Int, _ generator: inout PhiloxGenerator) throws -> StepOutcome
  ) throws {
    let start = DispatchTime.now().uptimeNanoseconds
    let firstStep = step
    while step < totalSteps {
      var generator = PhiloxGenerator(seed: seed, stream: RandomStream.step.rawValue, index: step)
      optimizer.learningRate = plateau?.rate ?? schedule.rate(at: step)
      module.zeroGradients()
      let outcome = try body(step, &generator)
      let loss = Double(outcome.loss.item)
      guard loss.isFinite else { throw TrainingError.lossIsNotFinite(step: step, loss: loss) }
      if outcome.loss.tracksGradient { outcome.loss.backward() }
      try optimizer.step(numbered: step)
      module.zeroGradients()
      step += 1
      history.append(outcome.terms)
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
      let done = Double(step - firstStep)
      let control = try progress(
        TrainingProgress(
          step: step, totalSteps: totalSteps, terms: outcome.terms, learningRate: optimizer.learningRate,
          imagesPerSecond: done * Double(imagesPerStep) / max(seconds, 1e-9),
          secondsRemaining: Double(totalSteps - step) * seconds / done))
      if let checkpoint, control == .stop || step == totalSteps || step % checkpoint.interval == 0 {
        try write(to: checkpoint.url)
      }
      if control == .stop { return }
    }
  }

  /// The batch of a step: `size` indices below `count`, by epochs in which every index comes at most once, in an order
  /// drawn from (seed, epoch).
  ///
  /// - Parameters:
  ///   - step: The number of the step, from 0.
  ///   - size: Indices in a batch; the last one of an epoch may have fewer where `epochs` says so.
  ///   - count: The number of examples.
  ///   - epochs: How epochs are cut into batches: without a break, so that a batch may reach into the next one.
  /// - Precondition: `count` and `size` are positive; an epoch that drops its rest fills at least one batch.
  public func batch(
    step: Int, size: Int, count: Int, epochs: EpochBatching = .continuous
  ) -> [Int] {
    var order: (epoch: Int, indices: [Int]) = (-1, [])
    return epochs.places(step: step, size: size, count: count).map { epoch, place in
      if order.epoch != epoch {
        var generator = PhiloxGenerator(seed: seed, stream: RandomStream.order.rawValue, index: epoch)
        order = (epoch, Array(0..<count).shuffled(using: &generator))
      }
      return order.indices[place]
    }
  }

  // MARK: Checkpoints

  /// Writes everything that the training goes on from, atomically: module, optimiser, schedule, seed, step, history.
  public func write(to url: URL) throws(CheckpointError) {
    var file = TrainingCheckpoint()
    file.add(module.state(), under: "module")
    file.add(optimizer.memory.state(), under: "optimizer")
    file.fields["step"] = "\(step)"
    file.fields["seed"] = "\(seed)"
    file.fields["optimizer"] = optimizerName
    try file.encode(schedule, as: "schedule", path: url.path)
    if let plateau { try file.encode(plateau, as: "plateau", path: url.path) }
    try file.encode(history, as: "history", path: url.path)
    try file.write(to: url)
  }

  /// Goes back to the state that a checkpoint holds. The data and the batch size must be those of the training that wrote
  /// it, for the order of the batches follows from them.
  ///
  /// - Throws: ``CheckpointError``: the file cannot be read, or belongs to another module, optimiser, schedule or seed.
  public func resume(from url: URL) throws(CheckpointError) {
    let file = try TrainingCheckpoint(contentsOf: url)
    guard file.fields["seed"] == "\(seed)" else {
      throw CheckpointError(
        .incompatible, path: url.path, context: "seed \(file.fields["seed"] ?? "none"), expected \(seed)")
    }
    guard try file.decode(LearningRateSchedule.self, from: "schedule", path: url.path) == schedule else {
      throw CheckpointError(.incompatible, path: url.path, context: "another schedule than \(schedule)")
    }
    let hasPlateau = file.fields["plateau"] != nil
    guard hasPlateau == (plateau != nil) else {
      throw CheckpointError(
        .incompatible, path: url.path,
        context: "\(hasPlateau ? "a" : "no") plateau schedule, unlike this training")
    }
    let plateau =
      hasPlateau ? try file.decode(PlateauSchedule.self, from: "plateau", path: url.path) : nil
    guard file.fields["optimizer"] == optimizerName else {
      throw CheckpointError(
        .incompatible, path: url.path,
        context: "optimiser \(file.fields["optimizer"] ?? "none"), expected \(optimizerName)")
    }
    guard let step = file.fields["step"].flatMap({ Int($0) }), step >= 0 else {
      throw CheckpointError(.incompatible, path: url.path, context: "step \(file.fields["step"] ?? "none")")
    }
    let history = try file.decode([[LossTerm]].self, from: "history", path: url.path)
    let memory = try OptimizerMemory<Scalar>(file.section("optimizer"), path: url.path)
    try memory.checkShapes(of: optimizer.groups, path: url.path)
    try module.load(file.section("module"), path: url.path)
    optimizer.memory = memory
    self.plateau = plateau
    self.history = history
    self.step = step
  }

  /// The optimiser's type, with its scalar: what a checkpoint's moments belong to.
  private var optimizerName: String { "\(type(of: optimizer))" }
}

/// Where a training writes its state, and how often.
public struct CheckpointPolicy: Sendable {
  /// The file; each write replaces it whole.
  public let url: URL
  /// Steps between writes.
  public let interval: Int

  /// A file, and the steps between writes.
  ///
  /// - Precondition: the interval is at least 1.
  public init(_ url: URL, everySteps interval: Int) {
    shapePrecondition(interval >= 1, "a checkpoint interval is at least one step, not \(interval)")
    self.url = url
    self.interval = interval
  }
}

/// Why a training stopped by itself. The description names every figure.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// The loss became infinite or NaN at a step, counted from 0: the learning rate is too high or the data broken.
  case lossIsNotFinite(step: Int, loss: Double)
  /// So many elements of a parameter's gradient became infinite or NaN at a step, counted from 0, though the loss was
  /// finite: a root or a power at 0, or a division by nearly nothing. Weights and moments are as before the step.
  case gradientIsNotFinite(step: Int, parameter: String, count: Int)
  /// An image to train on, by its index in the data, has so many values that are not finite; `place` is the first.
  case imageIsNotFinite(index: Int, place: [Int], count: Int)
  /// The labels of an image, by its index in the data, have so many pixels whose label is none of the classes; `place`
  /// is the first, and `label` its label.
  case labelIsNoClass(index: Int, label: Int32, place: [Int], count: Int, classes: Int)
  /// The data cannot be trained on.
  case badData(String)

  public var description: String {
    switch self {
    case .lossIsNotFinite(let step, let loss): "the loss is \(loss) at step \(step)"
    case .gradientIsNotFinite(let step, let parameter, let count):
      "the gradient of '\(parameter)' has \(count) elements that are not finite at step \(step)"
    case .imageIsNotFinite(let index, let place, let count):
      "image \(index) has \(count) values that are not finite, the first at \(place)"
    case .labelIsNoClass(let index, let label, let place, let count, let classes):
      "image \(index) has \(count) labels that are none of the \(classes) classes, the first \(label) at \(place)"
    case .badData(let what): what
    }
  }
}

/// The streams of random numbers of a training, so that none overlaps another.
enum RandomStream: Int {
  case step = 1
  case order = 2
}
