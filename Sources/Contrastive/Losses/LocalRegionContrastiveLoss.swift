public import Autograd
public import Tensor

/// GCL's local loss: a region of one version of an image attracts the same region of the other version and repels regions near
/// by of both.
///
/// Of unit rows r1, r2 of region r in the two versions and `s = cos / T`:
///
///     l(r1) = log( exp(s(r1, r2)) + sum over its negatives n of [ exp(s(r1, n1)) + exp(s(r1, n2)) ] ) - s(r1, r2)
///     L = mean over images, regions and both directions
///
/// The denominator has 1 + 2 K terms with K negatives (5): no region of another image. Rank does not matter: regions are rows.
///
/// O(N P^2 d) time, O(N P^2) memory for N images of P places. Source: Chaitanya et al., NeurIPS 2020, section 3.2 (L^R), and its
/// released code.
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

  /// The loss of two versions of N images.
  ///
  /// - Parameters:
  ///   - version1: `[N, P, d]`, one row for each of P places; the first of them are the regions.
  ///   - version2: The same places of the other version.
  ///   - negatives: For each region the places that are its negatives: as many for all.
  /// - Precondition: as many places as regions or more; negatives are places.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ version1: Variable<Scalar>, _ version2: Variable<Scalar>, negatives: [[Int]]
  ) -> Variable<Scalar> {
    let shape = version1.shape
    shapePrecondition(
      shape.rank == 3 && shape == version2.shape,
      "versions of shapes \(shape) and \(version2.shape) are not both [images, places, features]")
    let (images, places, features, regions) = (shape[0], shape[1], shape[2], negatives.count)
    let others = negatives.first?.count ?? 0
    shapePrecondition(
      regions >= 1 && regions <= places
        && negatives.allSatisfy { $0.count == others && $0.allSatisfy { (0..<places).contains($0) } },
      "negatives \(negatives) do not fit \(places) places")
    guard images > 0 else { return Variable(Tensor(0)) }
    let unit = [version1, version2].map {
      $0.reshaped([images * places, features]).unitRows(floor: floor).reshaped(shape)
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
    for (anchor, other) in [(unit[0], unit[1]), (unit[1], unit[0])] {
      let (within, across) = (cosines(anchor, anchor), cosines(anchor, other))
      let positive = picked(across, own)
      let logits = Variable(
        concatenating: [positive, picked(within, negatives), picked(across, negatives)], along: 2)
      loss = loss + logits.logSumExp(along: 2).sum() - positive.sum()
    }
    return loss / Scalar(2 * images * regions)
  }
}
