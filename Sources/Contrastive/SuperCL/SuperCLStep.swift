import Autograd
import NN
import Superpixel
import Tensor

/// The parts of one step.
struct SuperCLStep<Scalar: TensorFloatingPointScalar> {
  let method: SuperCL
  let network: SuperCLNetwork<Scalar>
  let views: SuperCLViews<Scalar>
  let ranks: Ranks

  var scale: ContrastiveTemperature {
    ContrastiveTemperature(method.temperature, base: method.baseTemperature)
  }

  /// The levels of I1 and I2, where a term reads them.
  func fixedFeatures() throws(PretrainingError) -> [[Variable<Scalar>]]? {
    guard method.needsFixedFeatures else { return nil }
    guard let fixed = views.fixed else { throw PretrainingError(.missingViews("fixed")) }
    return [fixed.0, fixed.1].map { network.encoder(Variable($0)) }
  }

  /// z of V1, then of V2, of all ranks, where a term compares them.
  func projections() throws(PretrainingError) -> Variable<Scalar>? {
    guard method.needsProjections else { return nil }
    guard let varied = views.varied else { throw PretrainingError(.missingViews("varied")) }
    let z = [varied.0, varied.1].map { view -> Variable<Scalar> in
      let features = network.encoder(Variable(view))
      return network.projector(features[features.count - 1]).gathered(across: ranks)
    }
    return Variable(concatenating: z, along: 0)
  }

  func instance(_ z: Variable<Scalar>) -> Variable<Scalar> {
    let batch = z.shape[0] / 2
    let loss = SupervisedContrastiveLoss(scale, floor: method.cosineFloor)
    let all = method.positionThreshold == nil ? [] : ranks.gather(positions: views.positions)
    guard let threshold = method.positionThreshold, all.contains(where: { $0 != nil }) else {
      return loss(z, labels: indexLabels(batch, views: 2)[0])
    }
    let positives = InstancePositives.positions(all, threshold: threshold)
    return loss(z, positives: positives.mask(batch: batch))
  }

  /// ILCP at every level that the method names, and the positives of the first. It compares pixels of one image, which stay
  /// on their rank, unless its denominators run over the batch.
  func intra(
    _ fixed: [[Variable<Scalar>]]
  ) throws(PretrainingError) -> (loss: Variable<Scalar>, positiveCounts: Tensor<Int32>) {
    let decoded = try method.finestDecoderLevel.map { _ throws(PretrainingError) in try decoderMaps(fixed) }
    let loss = IntraImageContrastiveLoss(
      scale, sampling: method.pixelSampling, scope: method.pixelScope, floor: method.cosineFloor)
    var terms: [(loss: Variable<Scalar>, positiveCounts: Tensor<Int32>)] = []
    for (place, weighted) in method.intraLevels.enumerated() {
      let field = place == 0 ? "intraLevel" : "furtherIntraLevels[\(place - 1)]"
      var features = try (0..<2).map { view throws(PretrainingError) in
        try level(weighted.level, of: fixed[view], decoded: decoded?[view], field: field)
      }
      var labels = try pixelLabels(at: features[0].shape)
      if method.pixelScope == .batch {
        features = features.map { $0.gathered(across: ranks) }
        labels = (ranks.gather(labels.0), ranks.gather(labels.1))
      }
      let term = try loss.evaluate(features[0], features[1], superpixels: labels)
      terms.append(place == 0 ? term : (term.loss * Scalar(weighted.weight), term.positiveCounts))
    }
    return (terms.dropFirst().reduce(terms[0].loss) { $0 + $1.loss }, terms[0].positiveCounts)
  }

  /// The decoder's maps of both views, by the level whose size they have, finest first.
  private func decoderMaps(
    _ fixed: [[Variable<Scalar>]]
  ) throws(PretrainingError) -> [[Int: Variable<Scalar>]] {
    guard let decoder = network.decoder else {
      throw .badSetting(
        method: SuperCL.name, field: "intraLevel", value: "\(method.intraLevel)",
        reason: "the network has no decoder")
    }
    return fixed.map { levels in
      let maps = decoder.maps(of: levels)
      // The last stage ends where the decoder ends; each before it one level deeper.
      return Dictionary(
        uniqueKeysWithValues: maps.enumerated().map { (levels.count - 2 - $0.offset, $0.element) })
    }
  }

  /// The labels of the pixels of both views at the size of features.
  private func pixelLabels(
    at features: TensorShape
  ) throws(PretrainingError) -> (Tensor<Int32>, Tensor<Int32>) {
    guard let both = views.pixelLabels else {
      let labels = try superpixels(0, at: features)
      return (labels, labels)
    }
    return (try sampled(both.0, at: features), try sampled(both.1, at: features))
  }

  func inter(
    _ z: Variable<Scalar>, _ fixed: [[Variable<Scalar>]]
  ) throws(PretrainingError) -> (Variable<Scalar>, ConnectedComponentLabels) {
    let loss = InterImageContrastiveLoss(
      scale, averaging: method.superpixelFeatures, floor: method.cosineFloor)
    let features = try fixed.map { levels throws(PretrainingError) in
      try level(method.interLevel, of: levels, decoded: nil, field: "interLevel").value
    }
    let components = try loss.components(
      features,
      superpixels: [
        try superpixels(0, at: features[0].shape), try superpixels(1, at: features[1].shape),
      ], across: ranks)
    return (loss(z, components: components), components)
  }

  private func level(
    _ level: FeatureLevel, of features: [Variable<Scalar>], decoded: [Int: Variable<Scalar>]?, field: String
  ) throws(PretrainingError) -> Variable<Scalar> {
    let index = level.index(of: features.count)
    if level.decoderLevel != nil {
      guard let map = decoded?[index] else {
        throw .badSetting(
          method: SuperCL.name, field: field, value: "\(level)",
          reason: "the network's decoder has no such map")
      }
      return map
    }
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
    return try sampled(maps, at: features)
  }

  /// Labels `[B, spatial...]` of every `length / target length`-th pixel.
  private func sampled(
    _ maps: Tensor<Int32>, at features: TensorShape
  ) throws(PretrainingError) -> Tensor<Int32> {
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
