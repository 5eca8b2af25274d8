public import Autograd
public import NN
import Superpixel
public import Tensor

/// The loss of SuperCL: `L = w1 L_ins + w2 L_intra + w3 L_inter`.
///
/// I1, I2, V1 and V2 each go through the one encoder by themselves, so each has its own batch-norm statistics. ILCP
/// (``IntraImageContrastiveLoss``) compares the pixels of I1 and I2; L_ins and IGCP (``InterImageContrastiveLoss``) compare
/// the projections of V1 and V2, the one with positives by slice position (``InstancePositives``), the other with the
/// groups that the superpixel features of I1 and I2 form. A term of weight 0 is not computed, nor is a view that no other
/// term needs.
///
/// Source: arXiv 2504.14737 and its released code.
public struct SuperCLLoss: Sendable, Hashable {
  /// Temperatures, weights, levels and sampling.
  public let method: SuperCL

  /// - Throws: ``PretrainingError/badSetting(method:field:value:reason:)``.
  public init(_ method: SuperCL = .init()) throws(PretrainingError) {
    try method.validate()
    self.method = method
  }

  /// The loss of a method that was validated before.
  init(validated method: SuperCL) { self.method = method }

  /// The loss of a batch's views, with every term and the figures that show a collapse.
  ///
  /// - Throws: ``PretrainingError`` when superpixel maps do not fit a feature map, a level does not exist, or a view that a term
  ///   needs is not there.
  public func evaluate<Scalar>(
    _ network: SuperCLNetwork<Scalar>, _ views: SuperCLViews<Scalar>
  ) throws(PretrainingError) -> SuperCLStepReport<Scalar> {
    let step = SuperCLStep(method: method, network: network, views: views)
    var terms: [(name: String, weight: Double, value: Variable<Scalar>)] = []
    let fixed = try step.fixedFeatures()
    let z = try step.projections()
    if let z, method.weights.instance > 0 {
      terms.append(("instance", method.weights.instance, step.instance(z)))
    }
    var pixelPositives: Tensor<Int32>?
    if let fixed, method.weights.intra > 0 {
      let (intra, positives) = try step.intra(fixed)
      pixelPositives = positives
      terms.append(("intra", method.weights.intra, intra))
    }
    var components: ConnectedComponentLabels?
    if let fixed, let z, method.weights.inter > 0 {
      let (inter, groups) = try step.inter(z, fixed)
      components = groups
      terms.append(("inter", method.weights.inter, inter))
    }
    let weighted = terms.map { $0.value * Scalar($0.weight) }
    return SuperCLStepReport(
      loss: weighted.dropFirst().reduce(weighted[0]) { $0 + $1 },
      losses: terms.map { LossTerm($0.name, Double($0.value.item)) }, projections: z?.value,
      components: components,
      diagnostics: SuperCLDiagnostics(
        projections: z?.value, components: components, pixelPositives: pixelPositives,
        floor: method.cosineFloor))
  }
}

/// The parts of one step.
private struct SuperCLStep<Scalar: TensorFloatingPointScalar> {
  let method: SuperCL
  let network: SuperCLNetwork<Scalar>
  let views: SuperCLViews<Scalar>

  var scale: ContrastiveTemperature {
    ContrastiveTemperature(method.temperature, base: method.baseTemperature)
  }

  /// The levels of I1 and I2, where a term reads them.
  func fixedFeatures() throws(PretrainingError) -> [[Variable<Scalar>]]? {
    guard method.needsFixedFeatures else { return nil }
    guard let fixed = views.fixed else { throw PretrainingError(.missingViews("fixed")) }
    return [fixed.0, fixed.1].map { network.encoder(Variable($0)) }
  }

  /// z of V1, then of V2, where a term compares them.
  func projections() throws(PretrainingError) -> Variable<Scalar>? {
    guard method.needsProjections else { return nil }
    guard let varied = views.varied else { throw PretrainingError(.missingViews("varied")) }
    let z = [varied.0, varied.1].map { view -> Variable<Scalar> in
      let features = network.encoder(Variable(view))
      return network.projector(features[features.count - 1])
    }
    return Variable(concatenating: z, along: 0)
  }

  func instance(_ z: Variable<Scalar>) -> Variable<Scalar> {
    let batch = z.shape[0] / 2
    let loss = SupervisedContrastiveLoss(scale, floor: method.cosineFloor)
    guard let threshold = method.positionThreshold, views.positions.contains(where: { $0 != nil }) else {
      return loss(z, labels: indexLabels(batch, views: 2)[0])
    }
    let positives = InstancePositives.positions(views.positions, threshold: threshold)
    return loss(z, positives: positives.mask(batch: batch))
  }

  func intra(
    _ fixed: [[Variable<Scalar>]]
  ) throws(PretrainingError) -> (loss: Variable<Scalar>, positiveCounts: Tensor<Int32>) {
    let features = try fixed.map { levels throws(PretrainingError) in
      try level(method.intraLevel, of: levels, field: "intraLevel")
    }
    return try IntraImageContrastiveLoss(
      scale, sampling: method.pixelSampling, scope: method.pixelScope, floor: method.cosineFloor
    ).evaluate(features[0], features[1], superpixels: try superpixels(0, at: features[0].shape))
  }

  func inter(
    _ z: Variable<Scalar>, _ fixed: [[Variable<Scalar>]]
  ) throws(PretrainingError) -> (Variable<Scalar>, ConnectedComponentLabels) {
    let loss = InterImageContrastiveLoss(
      scale, averaging: method.superpixelFeatures, floor: method.cosineFloor)
    let features = try fixed.map { levels throws(PretrainingError) in
      try level(method.interLevel, of: levels, field: "interLevel").value
    }
    let components = try loss.components(
      features,
      superpixels: [
        try superpixels(0, at: features[0].shape), try superpixels(1, at: features[1].shape),
      ])
    return (loss(z, components: components), components)
  }

  private func level(
    _ level: FeatureLevel, of features: [Variable<Scalar>], field: String
  ) throws(PretrainingError) -> Variable<Scalar> {
    let index = level.index(of: features.count)
    guard features.indices.contains(index) else {
      throw .badSetting(
        method: SuperCL.name, field: field, value: "\(level)",
        reason: "the encoder has \(features.count) levels")
    }
    return features[index]
  }

  /// Superpixels `[B, H, W]` of a fixed view at the size of features `[B, h, w, C]`, by the label of every `H / h`-th pixel.
  private func superpixels(_ view: Int, at features: TensorShape) throws(PretrainingError) -> Tensor<Int32> {
    guard let both = views.superpixels, let fixed = views.fixed else {
      throw PretrainingError(.missingViews("superpixels"))
    }
    let maps = view == 0 ? both.0 : both.1
    guard maps.shape == fixed.0.shape.removing(axis: -1) else {
      throw PretrainingError(.superpixelMapDoesNotFit(map: maps.shape, features: features))
    }
    let target = TensorShape(Array(features.dimensions[1..<features.rank - 1]))
    var small: [Tensor<Int32>] = []
    for image in 0..<maps.shape[0] {
      do {
        small.append(try LabelMap(maps[image]).downsampled(to: target).labels)
      } catch {
        throw PretrainingError(.superpixelMapDoesNotFit(map: maps.shape, features: features))
      }
    }
    return Tensor(stacking: small)
  }
}

extension SuperCL {
  /// Whether a term reads features of I1 and I2, and their superpixels.
  var needsFixedFeatures: Bool { weights.intra > 0 || weights.inter > 0 }
  /// Whether a term compares projections of V1 and V2.
  var needsProjections: Bool { weights.instance > 0 || weights.inter > 0 }
}

/// What one SuperCL step computed.
public struct SuperCLStepReport<Scalar: TensorFloatingPointScalar> {
  /// The weighted sum, to run backward from.
  public let loss: Variable<Scalar>
  /// L_ins (`instance`), L_intra (`intra`, ILCP) and L_inter (`inter`, IGCP) before their weights; those of weight 0 are
  /// left out.
  public let losses: [LossTerm]
  /// z of V1, then of V2, `[2B, d]`; `nil` when no term compares them.
  public let projections: Tensor<Scalar>?
  /// The groups that CCL found among I1, then I2; `nil` without L_inter.
  public let components: ConnectedComponentLabels?
  /// Figures that show a collapse.
  public let diagnostics: SuperCLDiagnostics

  /// A loss before its weight, by its name.
  public func value(of name: String) -> Double? { losses.first { $0.name == name }?.value }

  /// The loss, its terms and the diagnostics under short names, for progress and reports.
  public var terms: [LossTerm] { [LossTerm("loss", Double(loss.item))] + losses + diagnostics.terms }
}
