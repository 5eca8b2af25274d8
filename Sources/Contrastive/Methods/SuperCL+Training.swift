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
    try validate(axes: encoder.spatialAxes)
    _ = try SettingCheck(method: SuperCL.name).patch("patchSize", patchSize, for: encoder)
    return try withSuperpixels(fittedTo: encoder)
  }

  /// Refuses an image without a spacing where superpixels or displacements are in millimetres, and one without a pseudo mask
  /// where it is to be given.
  public func check(_ image: PretrainingImage, at index: Int) throws {
    if pseudoMasks == .given, needsFixedFeatures, image.pseudoMask == nil {
      throw PretrainingError.badSetting(
        method: SuperCL.name, field: "images[\(index)].pseudoMask", value: "nil",
        reason: "pseudoMasks is given: give PretrainingImage its pseudo mask")
    }
    guard image.spacing == nil else { return }
    var wants: String?
    if case .edge = slic.segmentCount, slic.spacing.isEmpty { wants = "slic.segmentCount" }
    if variedAugmentation.needsSpacing { wants = "variedAugmentation.elastic.unit" }
    if fixedViewGeometry.motion?.needsSpacing ?? false { wants = "fixedViewGeometry" }
    guard let wants else { return }
    throw PretrainingError.badSetting(
      method: SuperCL.name, field: "images[\(index)].spacing", value: "nil",
      reason: "\(wants) is in millimetres: give PretrainingImage its spacing")
  }

  public func makeLearner(_ encoder: EncoderBlueprint, key: RandomKey) -> SuperCLNetwork<Float> {
    var generator = key.generator
    let encoder = encoder.makeEncoder(using: &generator)
    let description = encoder.encoderDescription
    let projector = ProjectionHead<Float>(
      inputFeatures: description.deepest.channels, using: &generator)
    var decoderGenerator = key.stream(for: .decoder).generator
    return SuperCLNetwork(
      encoder: encoder, projector: projector,
      decoder: finestDecoderLevel.map {
        description.makeUNetDecoder(stageCount: description.levels.count - 1 - $0, using: &decoderGenerator)
      })
  }

  public func notes(for encoder: EncoderDescription) -> [String] {
    guard weights.intra > 0 else { return [] }
    let strides = encoder.levels[intraLevel.index(of: encoder.levels.count)].stride
    let size =
      Set(strides).count == 1 ? "1/\(strides[0])" : strides.map { "1/\($0)" }.joined(separator: " x ")
    let further = furtherIntraLevels.map { "; and the \($0.level), weight \($0.weight)" }.joined()
    return [
      "ILCP reads the \(intraLevel) (\(size)) of patches of \(patchSize) px: \(sampledPixels(encoder)) pixels an image, "
        + "superpixels asked for: \(slic.segmentCount.summary)\(further)"
    ]
  }

  public func views(of images: [PretrainingImage], key: RandomKey) throws -> SuperCLViews<Float> {
    try SuperCLViewMaker(self).views(of: images, key: key)
  }

  public func evaluate(
    _ learner: SuperCLNetwork<Float>, _ views: SuperCLViews<Float>, at moment: TrainingMoment
  ) throws -> StepOutcome {
    let report = try SuperCLLoss(validated: self).evaluate(learner, views, across: moment.ranks)
    return StepOutcome(loss: report.loss, terms: report.terms, warnings: report.diagnostics.warnings)
  }
}

extension SuperCLNetwork: PretrainingLearner where Scalar == Float {}
