public import NN
public import Tensor

/// A pre-training by a method, for the loop.
///
///     let task = try PretrainingTask(SuperCL(), encoder: .unet(width: 32))
///     let loop = try TrainingLoop(task, on: slices)
///     try loop.run(checkpoint: CheckpointPolicy(url, everySteps: 50)) { print($0); return .proceed }
///     try task.encoder.save(to: encoderURL)
public final class PretrainingTask<Method: PretrainingMethod>: TrainingTask {
  /// How the encoder is trained, as it fits the encoder.
  public let method: Method
  /// The encoder, with what the method needs beside it.
  public let learner: Method.Learner
  public let settings: Settings

  /// What a resumed training must have, too.
  public struct Settings: Encodable, Sendable {
    let method: String
    let values: Method
    let encoder: EncoderBlueprint
  }

  /// A task at its first weights, which are drawn from the recipe's seed.
  ///
  /// - Throws: ``PretrainingError``: the method cannot train such an encoder, or the encoder lists a dropout.
  public init(_ method: Method, encoder: EncoderBlueprint) throws {
    let fitted = try method.fitted(to: encoder.encoderDescription)
    learner = try fitted.makeLearner(encoder, key: fitted.recipe.key.stream(for: .weights))
    // An encoder is called without the generator that its dropout would draw from.
    if let dropout = learner.encoder.dropouts.first {
      throw PretrainingError.badSetting(
        method: Method.name, field: "encoder",
        value: "\(encoder.name) with a dropout of \(dropout.probability)",
        reason: "an encoder is called without a generator, so it cannot drop")
    }
    self.method = fitted
    // The loop compares the recipe by itself, so that a training can be resumed with other steps.
    var values = fitted
    values.recipe = TrainingRecipe(steps: 0, batchSize: 1)
    settings = Settings(method: Method.name, values: values, encoder: encoder)
  }

  /// What fine-tuning starts from.
  public var encoder: any FeatureEncoder<Float> { learner.encoder }
  public var recipe: TrainingRecipe { method.recipe }
  public var state: any Module<Float> { learner }
  public var objectives: [Objective] { method.objectives(of: learner) }
  public var notes: [String] { method.notes(for: learner.encoder.encoderDescription) }

  public var check: @Sendable (PretrainingImage, Int) throws -> Void {
    let (encoder, method) = (learner.encoder.encoderDescription, method)
    return { example, index in
      let shape = example.image.shape
      guard shape.rank == encoder.spatialAxes + 1, shape[-1] == encoder.inputChannels else {
        let axes = encoder.spatialAxes == 2 ? "height, width" : "depth, height, width"
        throw PretrainingError(
          .badImages(
            "image \(index) has shape \(shape); the encoder takes [\(axes), \(encoder.inputChannels)]"))
      }
      guard shape.elementCount > 0 else {
        throw PretrainingError(.badImages("image \(index) has no pixels: shape \(shape)"))
      }
      let count = example.image.nonFiniteElements.count
      guard count == 0 else {
        throw PretrainingError(.badImages("image \(index) has \(count) values that are not finite"))
      }
      guard example.position?.isFinite ?? true else {
        throw PretrainingError(.badImages("the position of image \(index) is \(example.position ?? 0)"))
      }
      guard example.spacing.map({ $0.rank == encoder.spatialAxes }) ?? true else {
        throw PretrainingError(
          .badImages(
            "the spacing of image \(index) has \(example.spacing?.rank ?? 0) axes, its shape is \(shape)"))
      }
      guard example.mask.map({ $0.shape == shape.removing(axis: -1) }) ?? true else {
        throw PretrainingError(
          .badImages(
            "the mask of image \(index) has the shape \(example.mask?.shape ?? []), the image \(shape)"))
      }
      guard example.pseudoMask.map({ $0.shape == shape.removing(axis: -1) }) ?? true else {
        throw PretrainingError(
          .badImages(
            "the pseudo mask of image \(index) has the shape \(example.pseudoMask?.shape ?? []), the image \(shape)"
          ))
      }
      try method.check(example, at: index)
    }
  }

  public func sampler(over examples: some Dataset<PretrainingImage>) throws -> (any Sampler)? {
    try method.sampler(over: examples)
  }

  public var collate: @Sendable ([PretrainingImage], RandomKey) throws -> Method.Views {
    let method = method
    return { try method.views(of: $0, key: $1) }
  }

  public func evaluate(_ batch: Method.Views, at moment: TrainingMoment) throws -> StepOutcome {
    try method.evaluate(learner, batch, at: moment)
  }

  public func willUpdate(at moment: TrainingMoment) throws { try method.willUpdate(learner, at: moment) }
  public func didUpdate(at moment: TrainingMoment) throws { try method.didUpdate(learner, at: moment) }
}
