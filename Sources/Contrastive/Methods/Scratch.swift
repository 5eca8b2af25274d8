public import NN
public import Tensor

/// No pre-training: the encoder at its first weights, for comparison.
///
/// It is a method of zero steps, so that a study runs it like the others: the loop has nothing to do, and
/// `task.encoder` is what fine-tuning starts from. The weights are those that
/// MoCo and SwAV begin with at the same seed. There is no loss, no view and nothing to fail; more than zero steps are refused.
///
///     let task = try PretrainingTask(Scratch(), encoder: .unet(width: 32))
///     try TrainingLoop(task, on: slices).run()                  // finished at once
///     try task.encoder.save(to: url)
///
/// A checkpoint holds the encoder.
public struct Scratch: PretrainingMethod {
  public static let name = "Scratch"

  /// No steps; the seed that the weights are drawn from.
  public var recipe: TrainingRecipe

  /// No pre-training, at the weights of a seed: 1234.
  public init(seed: UInt64 = 1234) { recipe = TrainingRecipe(steps: 0, batchSize: 1, seed: seed) }

  /// Never used.
  public var optimizer: OptimizerSettings { OptimizerSettings(.sgd(momentum: .none), rate: .constant(0)) }

  public func fitted(to encoder: EncoderDescription) throws -> Scratch {
    try SettingCheck(method: Self.name).require(recipe.steps == 0, "recipe.steps", recipe.steps, Self.reason)
    return self
  }

  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> EncoderLearner {
    var weights = key.generator
    return EncoderLearner(blueprint.makeEncoder(using: &weights))
  }

  public func views(of images: [PretrainingImage], key: RandomKey) throws -> [Tensor<Float>] { [] }

  /// - Throws: ``PretrainingError``: there is no step.
  public func evaluate(
    _ learner: EncoderLearner, _ views: [Tensor<Float>], at moment: TrainingMoment
  ) throws -> StepOutcome {
    throw PretrainingError.badSetting(
      method: Self.name, field: "recipe.steps", value: "\(moment.totalSteps)", reason: Self.reason)
  }

  private static let reason = "there is nothing to train: it must be 0"
}

extension Scratch: PublishedMethod {
  public static var summary: String { "no pre-training: the first weights, for comparison" }
  public static var source: String { "a baseline" }
  public static var original: Scratch { Scratch() }
  public static func groupProtocol(imageCount: Int) -> Scratch { Scratch() }
  public static var small: Scratch { Scratch() }
}

/// An encoder and nothing beside it.
public final class EncoderLearner: PretrainingLearner {
  public let encoder: any FeatureEncoder<Float>

  /// A learner of this encoder.
  public init(_ encoder: any FeatureEncoder<Float>) { self.encoder = encoder }

  public var members: [ModuleMember<Float>] { [.module("encoder", encoder)] }
}
