public import Autograd
public import Tensor

/// GCL's local losses: a region of one version of an image attracts the same region of the other version, and of other volumes
/// by name, and repels regions near by of both.
///
/// Of unit rows r of region r in a map, of its twin r' in another map, and `s = cos / T`:
///
///     l(r, r') = log( exp(s(r, r')) + sum over its negatives n of [ exp(s(r, n)) + exp(s(r, n')) ] ) - s(r, r')
///     L^R = mean over images, regions and both directions of two versions
///     L^D = mean over images, regions and three twins of version 1: of version 2, and of version 1 of the same part of two
///           other volumes
///
/// L^R is called as a function, L^D is ``acrossVolumes(_:_:parts:negatives:)``. n are places of r's own map, n' the same of the
/// twin's. The denominator has 1 + 2 K terms with K negatives: 5 in L^R, 4 in L^D; no other region. Rank does not matter:
/// regions are rows. Equal rows give log(1 + 2 K); a row of zeros has cosine 0 and no gradient; without images the loss is 0.
///
/// O(N P^2 d) time, O(N P^2) memory for N images of P places. Source: Chaitanya et al., NeurIPS 2020, section 3.2, and its
/// released code, which divides the sum of L^D by twice the images instead of three times: 3/2 of this mean.
public struct LocalRegionContrastiveLoss: Sendable, Hashable, Codable {
  /// T: .1.
  public var temperature: Double
  /// The least length that rows are divided by: 1e-6, that code's root of 1e-12.
  public var floor: CosineFloor

  /// - Precondition: the temperature is positive.
  public init(temperature: Double = 0.1, floor: CosineFloor = .length(1e-6)) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    self.temperature = temperature
    self.floor = floor
  }

  /// L^R of two versions of N images.
  ///
  /// - Parameters:
  ///   - version1: `[N, P, d]`, one row for each of P places; the first of them are the regions.
  ///   - version2: The same places of the other version.
  ///   - negatives: For each region the places that are its negatives: as many for all.
  /// - Precondition: as many places as regions or more; negatives are places.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ version1: Variable<Scalar>, _ version2: Variable<Scalar>, negatives: [[Int]]
  ) -> Variable<Scalar> {
    let maps = unitMaps(version1, version2, negatives)
    return mean([(maps[0], maps[1]), (maps[1], maps[0])], negatives)
  }

  /// L^D of two versions of N images, which stand in groups of three volumes, one image of each of S parts a volume:
  /// ``VolumePartSampler``'s order. Anchors are the regions of version 1 alone.
  ///
  /// - Parameters:
  ///   - version1: `[N, P, d]`, one row for each of P places; the first of them are the regions.
  ///   - version2: The same places of the other version.
  ///   - parts: S.
  ///   - negatives: For each region the places that are its negatives: as many for all.
  /// - Precondition: N is a multiple of 3 S; as many places as regions or more; negatives are places.
  public func acrossVolumes<Scalar: TensorFloatingPointScalar>(
    _ version1: Variable<Scalar>, _ version2: Variable<Scalar>, parts: Int, negatives: [[Int]]
  ) -> Variable<Scalar> {
    let maps = unitMaps(version1, version2, negatives)
    let (images, group) = (maps[0].shape[0], 3 * parts)
    shapePrecondition(
      parts >= 1 && images % group == 0, "\(images) images are not groups of three volumes of \(parts) parts")
    let others = [parts, 2 * parts].map { step in
      maps[0].gathered(at: (0..<images).map { $0 - $0 % group + ($0 % group + step) % group })
    }
    return mean(([maps[1]] + others).map { (maps[0], $0) }, negatives)
  }

  /// Both versions, each row of length 1.
  private func unitMaps<Scalar>(
    _ version1: Variable<Scalar>, _ version2: Variable<Scalar>, _ negatives: [[Int]]
  ) -> [Variable<Scalar>] {
    let shape = version1.shape
    shapePrecondition(
      shape.rank == 3 && shape == version2.shape,
      "versions of shapes \(shape) and \(version2.shape) are not both [images, places, features]")
    let (places, others) = (shape[1], negatives.first?.count ?? 0)
    shapePrecondition(
      negatives.count >= 1 && negatives.count <= places
        && negatives.allSatisfy { $0.count == others && $0.allSatisfy { (0..<places).contains($0) } },
      "negatives \(negatives) do not fit \(places) places")
    guard shape[0] > 0 else { return [version1, version2] }
    return [version1, version2].map {
      $0.reshaped([shape[0] * places, shape[2]]).unitRows(floor: floor).reshaped(shape)
    }
  }

  /// The mean of l over the regions of pairs of maps: of each the anchors', and that of their twins.
  private func mean<Scalar>(
    _ pairs: [(anchors: Variable<Scalar>, twins: Variable<Scalar>)], _ negatives: [[Int]]
  ) -> Variable<Scalar> {
    let shape = pairs[0].anchors.shape
    let (images, places, regions) = (shape[0], shape[1], negatives.count)
    guard images > 0 else {
      return pairs.reduce(Variable(Tensor(0))) { $0 + ($1.anchors.sum() + $1.twins.sum()) * 0 }
    }
    func cosines(_ a: Variable<Scalar>, _ b: Variable<Scalar>) -> Variable<Scalar> {
      (a.matmul(b, transposing: .right) / Scalar(temperature)).reshaped([images, places * places])
    }
    /// Of each image, the cosines of region r with places, `[N, regions, places given]`.
    func picked(_ matrix: Variable<Scalar>, _ columns: [[Int]]) -> Variable<Scalar> {
      let indices = columns.enumerated().flatMap { region, row in row.map { region * places + $0 } }
      return matrix.gathered(along: 1, at: indices).reshaped([images, regions, columns[0].count])
    }
    let own = (0..<regions).map { [$0] }
    var loss = Variable<Scalar>(Tensor(0))
    for (anchors, twins) in pairs {
      let across = cosines(anchors, twins)
      let positive = picked(across, own)
      let logits = Variable(
        concatenating: [positive, picked(cosines(anchors, anchors), negatives), picked(across, negatives)],
        along: 2)
      loss = loss + logits.logSumExp(along: 2).sum() - positive.sum()
    }
    return loss / Scalar(pairs.count * images * regions)
  }
}
