import Autograd
public import Tensor

/// Trains a network that maps images to class scores on labelled images: fine-tuning, or training from scratch.
///
///     let task = SegmentationTask(network, classCount: 4, recipe: TrainingRecipe(steps: 500, batchSize: 5))
///     try TrainingLoop(task, on: slices).run { print($0); return .proceed }
///     let labels = try network.predictedLabels(images)
///
/// The defaults are the paper's fine-tuning but for the loss, to which Dice is added: cross-entropy alone trains badly with
/// few labels.
public final class SegmentationTask: TrainingTask {
  /// What is trained: `[N, spatial..., C]` to `[N, spatial..., classCount]`.
  public let network: any Layer<Float>
  public let recipe: TrainingRecipe
  public let settings: Settings
  private let loss: any SegmentationLoss
  private let augmentation: (any LabeledImageAugmentation)?

  /// All that changes the result beside recipe and optimiser.
  public struct Settings: Encodable, Sendable {
    let network: String
    let configuration: NamedSettings?
    let dropouts: [Double]
    let classCount: Int
    let loss: NamedSettings
    let augmentation: NamedSettings?
  }

  private let optimizer: OptimizerSettings

  /// A task.
  ///
  /// - Parameters:
  ///   - network: Any layer that maps images to class scores.
  ///   - classCount: Its classes, the background included; labels must lie below it.
  ///   - recipe: Steps, batch, seed; the paper's batch is 5.
  ///   - loss: What is minimised.
  ///   - augmentation: Changes every image and its labels as they are read; `nil` for none.
  ///   - optimizer: The paper's unless given: Adam with L2 decay 1e-5, a cosine from 5e-4 to 0 that is cut off at 5e-6.
  public init(
    _ network: any Layer<Float>, classCount: Int, recipe: TrainingRecipe,
    loss: any SegmentationLoss = CombinedLoss.crossEntropyAndDice,
    augmentation: (any LabeledImageAugmentation)? = nil, optimizer: OptimizerSettings? = nil
  ) {
    self.network = network
    self.recipe = recipe
    self.loss = loss
    self.augmentation = augmentation
    self.optimizer =
      optimizer
      ?? OptimizerSettings(
        .adam(), rate: .flooredCosine(start: 5e-4, floor: 5e-6, steps: max(recipe.steps, 1)),
        weightDecay: 1e-5)
    settings = Settings(
      network: "\(type(of: network))", configuration: network.configuration.map { NamedSettings($0) },
      dropouts: network.dropouts.map(\.probability), classCount: classCount, loss: NamedSettings(loss),
      augmentation: augmentation.map { NamedSettings($0) })
  }

  /// Images `[N, spatial..., C]` with labels `[N, spatial...]`.
  public struct Batch: Sendable {
    let images: Tensor<Float>
    let labels: Tensor<Int32>
  }

  public var state: any Module<Float> { network }
  public var objectives: [Objective] { [Objective(network, optimizer)] }

  public var check: @Sendable (LabeledImage, Int) throws -> Void {
    let (classes, loss, input) = (settings.classCount, loss, network.inputDescription)
    let ignored = loss.ignoredLabel
    return { example, index in
      try loss.check(classCount: classes)
      let shape = example.image.shape
      if let reason = input?.misfit(of: shape) {
        throw TrainingError(.imageDoesNotFit(index: index, shape: shape.dimensions, reason: reason))
      }
      guard shape.rank >= 1, example.labels.shape == shape.removing(axis: -1) else {
        throw TrainingError(
          .imageDoesNotFit(
            index: index, shape: shape.dimensions, reason: "its labels have shape \(example.labels.shape)"))
      }
      let (count, first) = example.image.nonFiniteElements
      if let first {
        throw TrainingError(
          .imageIsNotFinite(
            index: index, place: example.image.shape.place(of: first), count: count))
      }
      let wrong = example.labels.withUnsafeBufferPointer { values in
        let isWrong = { (label: Int32) in !(0..<Int32(classes)).contains(label) && label != ignored }
        return values.firstIndex(where: isWrong).map { ($0, values[$0], values.count(where: isWrong)) }
      }
      if let (first, label, count) = wrong {
        throw TrainingError(
          .labelIsNoClass(
            index: index, label: label, place: example.labels.shape.place(of: first), count: count,
            classes: classes))
      }
    }
  }

  /// What augmentation makes is checked, too; its index is the place in the batch.
  public var collate: @Sendable ([LabeledImage], RandomKey) throws -> Batch {
    let (augmentation, check) = (augmentation, check)
    return { examples, key in
      var images = examples
      if let augmentation {
        images = Parallel.map(Array(examples.enumerated())) { place, example in
          var generator = key.at(place: place).generator
          return augmentation(example, using: &generator)
        }
        for (place, image) in images.enumerated() { try check(image, place) }
      }
      return Batch(
        images: try stackedExamples(images.map(\.image)), labels: try stackedExamples(images.map(\.labels)))
    }
  }

  /// Layers that draw, such as dropout, draw from the moment's key; each rank from its own place of it, so that with dropout a
  /// training over ranks is another one than in one process.
  public func evaluate(_ batch: Batch, at moment: TrainingMoment) throws -> StepOutcome {
    var generator = moment.key.at(place: moment.ranks.rank).generator
    let logits = network(Variable(batch.images), using: &generator)
    guard logits.shape == TensorShape(batch.labels.shape.dimensions + [settings.classCount]) else {
      throw TrainingError(
        .badData(
          "the network gives \(logits.shape) for labels \(batch.labels.shape) of \(settings.classCount) classes"
        ))
    }
    let value = loss(logits, batch.labels, across: moment.ranks)
    return StepOutcome(loss: value, terms: [LossTerm("loss", Double(value.item))])
  }
}

/// A value of any type as it stands in a checkpoint: the type's name and its fields.
public struct NamedSettings: Encodable, Sendable {
  let type: String
  private let value: any Encodable & Sendable

  /// A value under its type's name.
  public init(_ value: some Encodable & Sendable) {
    type = "\(Swift.type(of: value))"
    self.value = value
  }

  private enum CodingKeys: String, CodingKey { case type, value }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(type, forKey: .type)
    try value.encode(to: container.superEncoder(forKey: .value))
  }
}

extension TensorShape {
  /// The indices along every axis of the element at `offset` in row-major order.
  func place(of offset: Int) -> [Int] {
    var rest = offset
    return dimensions.reversed().map { length in
      defer { rest /= length }
      return rest % length
    }.reversed()
  }
}
