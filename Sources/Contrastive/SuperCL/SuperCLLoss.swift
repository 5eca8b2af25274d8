public import Autograd
public import NN
import Superpixel
public import Tensor

/// The loss of SuperCL: `L = w1 L_ins + w2 L_intra + w3 L_inter`.
///
/// I1, I2, V1 and V2 each go through the one encoder by themselves, so each has its own batch-norm statistics. ILCP
/// (``IntraImageContrastiveLoss``) compares the pixels of I1 and I2; L_ins and IGCP (``InterImageContrastiveLoss``) compare
/// the projections of V1 and V2, the one with positives by slice position (``InstancePositives``), the other with the
/// groups that the superpixel features of I1 and I2 form.
///
/// Source: arXiv 2504.14737 and its released code.
public struct SuperCLLoss<Scalar: TensorFloatingPointScalar>: Sendable {
  /// Temperatures, weights, levels and sampling.
  public var configuration: SuperCLConfiguration

  /// - Throws: ``SuperCLError/badConfiguration(field:value:reason:)``.
  public init(_ configuration: SuperCLConfiguration = .init()) throws(SuperCLError) {
    try configuration.validate()
    self.configuration = configuration
  }

  /// The loss of a batch's views, with every term and the figures that show a collapse.
  ///
  /// - Throws: ``SuperCLError`` when the superpixel maps do not fit a feature map, or a level does not exist.
  public func evaluate(
    _ network: SuperCLNetwork<Scalar>, _ views: SuperCLViews<Scalar>
  ) throws(SuperCLError) -> SuperCLStepReport<Scalar> {
    let batch = views.fixed.0.shape[0]
    let image = views.fixed.0.shape.removing(axis: -1)
    let scale = ContrastiveTemperature(
      Scalar(configuration.temperature), base: configuration.baseTemperature.map { Scalar($0) })
    let levels = [views.fixed.0, views.fixed.1].map { network.encoder(Variable($0)) }
    let projections = [views.varied.0, views.varied.1].map { view -> Variable<Scalar> in
      let features = network.encoder(Variable(view))
      return network.projector(features[features.count - 1])
    }
    let z = Variable(concatenating: projections, along: 0)

    let positives = instancePositives(views).mask(batch: batch)
    let instance = SupervisedContrastiveLoss(scale)(z, positives: positives)

    let intraFeatures = try levels.map { features throws(SuperCLError) in
      try level(configuration.intraLevel, of: features, field: "intraLevel")
    }
    let (intra, pixelPositives) = try IntraImageContrastiveLoss(
      scale, sampling: configuration.pixelSampling, scope: configuration.pixelScope
    ).evaluate(
      intraFeatures[0], intraFeatures[1],
      superpixels: try downsampled(views.superpixels.0, of: image, to: intraFeatures[0].shape))

    let interLoss = InterImageContrastiveLoss(scale, averaging: configuration.superpixelFeatures)
    let interFeatures = try levels.map { features throws(SuperCLError) in
      try level(configuration.interLevel, of: features, field: "interLevel").value
    }
    let components = try interLoss.components(
      interFeatures,
      superpixels: [
        try downsampled(views.superpixels.0, of: image, to: interFeatures[0].shape),
        try downsampled(views.superpixels.1, of: image, to: interFeatures[1].shape),
      ])
    let inter = interLoss(z, components: components)

    let weights = configuration.weights
    // A term of weight 0 does not count, whatever its value: 0 times infinity would be NaN.
    let counted = [(instance, weights.instance), (intra, weights.intra), (inter, weights.inter)]
      .filter { $0.1 > 0 }.map { $0.0 * Scalar($0.1) }
    let loss = counted.dropFirst().reduce(counted[0]) { $0 + $1 }
    return SuperCLStepReport(
      loss: loss, instance: Double(instance.item), intra: Double(intra.item), inter: Double(inter.item),
      projections: z.value, components: components,
      diagnostics: SuperCLDiagnostics(
        projections: z.value, components: components, pixelPositives: pixelPositives))
  }

  private func instancePositives(_ views: SuperCLViews<Scalar>) -> InstancePositives {
    guard let threshold = configuration.positionThreshold, let positions = views.positions else {
      return .otherView
    }
    return .positions(positions, threshold: threshold)
  }

  private func level(
    _ level: FeatureLevel, of features: [Variable<Scalar>], field: String
  ) throws(SuperCLError) -> Variable<Scalar> {
    let index = level.index(of: features.count)
    guard features.indices.contains(index) else {
      throw .badConfiguration(
        field: field, value: "\(level)", reason: "the encoder has \(features.count) levels")
    }
    return features[index]
  }

  /// Superpixels `[B, H, W]` of images of that shape at the size of features `[B, h, w, C]`, by the label of every
  /// `H / h`-th pixel.
  private func downsampled(
    _ maps: Tensor<Int32>, of image: TensorShape, to features: TensorShape
  ) throws(SuperCLError) -> Tensor<Int32> {
    guard maps.shape == image else {
      throw .superpixelMapDoesNotFit(map: maps.shape, features: features)
    }
    let target = TensorShape(Array(features.dimensions[1..<features.rank - 1]))
    var small: [Tensor<Int32>] = []
    for image in 0..<maps.shape[0] {
      do {
        small.append(try LabelMap(maps[image]).downsampled(to: target).labels)
      } catch {
        throw .superpixelMapDoesNotFit(map: maps.shape, features: features)
      }
    }
    return Tensor(stacking: small)
  }
}

/// What one SuperCL step computed.
public struct SuperCLStepReport<Scalar: TensorFloatingPointScalar> {
  /// The weighted sum, to run backward from.
  public let loss: Variable<Scalar>
  /// L_ins, before its weight.
  public let instance: Double
  /// L_intra (ILCP), before its weight.
  public let intra: Double
  /// L_inter (IGCP), before its weight.
  public let inter: Double
  /// z of V1, then of V2, `[2B, d]`.
  public let projections: Tensor<Scalar>
  /// The groups that CCL found among I1, then I2.
  public let components: ConnectedComponentLabels
  /// Figures that show a collapse.
  public let diagnostics: SuperCLDiagnostics

  /// The loss, its terms and the diagnostics under short names, for progress and reports.
  public var terms: [LossTerm] {
    [
      LossTerm("loss", Double(loss.item)), LossTerm("instance", instance), LossTerm("intra", intra),
      LossTerm("inter", inter), LossTerm("components", Double(diagnostics.componentCount)),
      LossTerm("imagePositives", diagnostics.positivesPerImage),
      LossTerm("pixelPositives", diagnostics.positivesPerPixel),
      LossTerm("positiveSimilarity", diagnostics.positiveSimilarity),
      LossTerm("negativeSimilarity", diagnostics.negativeSimilarity),
    ]
  }
}
