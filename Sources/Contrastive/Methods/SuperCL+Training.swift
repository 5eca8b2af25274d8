public import NN
import Superpixel
public import Tensor

extension SuperCL: PretrainingMethod {
  public static var name: String { "SuperCL" }

  /// SGD with momentum and L2 decay, and a cosine to 0 over the recipe's steps.
  public var optimizer: OptimizerSettings {
    OptimizerSettings(
      .sgd(momentum: momentum == 0 ? .none : .classical(factor: momentum)),
      rate: .cosine(start: learningRate, steps: max(recipe.steps, 1)), weightDecay: weightDecay)
  }

  /// The method with the level and the number of superpixels that go with an encoder; see ``FeatureLevel/automatic``.
  ///
  /// - Throws: ``PretrainingError/badSetting(method:field:value:reason:)``.
  public func fitted(to encoder: EncoderDescription) throws -> SuperCL {
    try validate()
    guard encoder.spatialAxes == 2 else {
      throw PretrainingError.badSetting(
        method: SuperCL.name, field: "encoder", value: "\(encoder.spatialAxes) axes",
        reason: "views are made of images, not of volumes")
    }
    for (axis, multiple) in encoder.sizeMultiple.enumerated() where patchSize % multiple != 0 {
      throw PretrainingError.badSetting(
        method: SuperCL.name, field: "patchSize", value: "\(patchSize)",
        reason: "must be a multiple of \(multiple) along axis \(axis)")
    }
    return try withSuperpixels(fittedTo: encoder)
  }

  public func makeLearner(_ encoder: EncoderBlueprint, key: RandomKey) -> SuperCLNetwork<Float> {
    var generator = key.generator
    let encoder = encoder.makeEncoder(using: &generator)
    let features = encoder.encoderDescription.deepest.channels
    return SuperCLNetwork(
      encoder: encoder, projector: ProjectionHead(inputFeatures: features, using: &generator))
  }

  public func notes(for encoder: EncoderDescription) -> [String] {
    guard weights.intra > 0 else { return [] }
    let strides = encoder.levels[intraLevel.index(of: encoder.levels.count)].stride
    let size =
      Set(strides).count == 1 ? "1/\(strides[0])" : strides.map { "1/\($0)" }.joined(separator: " x ")
    return [
      "ILCP reads the \(intraLevel) (\(size)) of patches of \(patchSize) px: \(sampledPixels(encoder)) pixels an image, "
        + "superpixels asked for: \(slic.segmentCount.summary)"
    ]
  }

  public func views(of images: [PretrainingImage], key: RandomKey) throws -> SuperCLViews<Float> {
    try SuperCLViewMaker(self).views(of: images, key: key)
  }

  public func evaluate(
    _ learner: SuperCLNetwork<Float>, _ views: SuperCLViews<Float>, at moment: TrainingMoment
  ) throws -> StepOutcome {
    let report = try SuperCLLoss(validated: self).evaluate(learner, views)
    return StepOutcome(loss: report.loss, terms: report.terms, warnings: report.diagnostics.warnings)
  }
}

extension SuperCLNetwork: PretrainingLearner where Scalar == Float {}
