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
  /// Over several ranks each has its part of the batch: L_ins and L_inter, with the graph of CCL, are then of all ranks' images
  /// and the same on all of them; L_intra is the mean over this rank's. By the convention of `Variable.gathered(across:)` the
  /// mean of the ranks' losses is that of one process with the whole batch, and so are its gradients.
  ///
  /// - Throws: ``PretrainingError`` when superpixel maps do not fit a feature map, a level does not exist, or a view that a term
  ///   needs is not there.
  public func evaluate<Scalar>(
    _ network: SuperCLNetwork<Scalar>, _ views: SuperCLViews<Scalar>, across ranks: Ranks = .single
  ) throws(PretrainingError) -> SuperCLStepReport<Scalar> {
    let step = SuperCLStep(method: method, network: network, views: views, ranks: ranks)
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
        superpixelCounts: ranks.gather(counts: views.superpixelCounts), floor: method.cosineFloor,
        ranks: ranks))
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
  /// z of V1, then of V2, `[2B, d]`, of all ranks; `nil` when no term compares them.
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
