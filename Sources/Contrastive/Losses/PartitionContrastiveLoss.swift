public import Autograd
public import Tensor

/// GCL's global losses: images of corresponding parts of two volumes attract or are left in peace, those of other parts repel.
///
/// Of rows u with `s_ab = cos(u_a, u_b) / T`, one directed pair of anchor a and positive b costs
///
///     l(a, b) = log( exp(s_ab) + sum over rows n in other parts than a's of exp(s_an) ) - s_ab
///
/// The denominator has that positive and the images of other parts: rows of a's own part, of whatever volume or view, are
/// never negatives. ``pairs`` says which pairs there are, how rows are ordered, and what the sum over the pairs is
/// divided by.
///
///     let loss = PartitionContrastiveLoss()
///     loss(embeddings, parts: 4)                // blocks x_i, a_i, x_j, a_j of 4 rows each, for every two volumes
///
/// Equal rows give log(1 + n) a pair, with n rows of other parts. The scale of rows leaves no trace; a row of zeros has cosine 0
/// with all and no gradient.
///
/// O(N^2 d) time, O(pairs N) memory. Source: Chaitanya et al., NeurIPS 2020, section 3.1, and its released code.
public struct PartitionContrastiveLoss: Sendable, Hashable, Codable {
  /// T: .1.
  public var temperature: Double
  /// Which rows attract: G^D.
  public var pairs: PartitionPairs
  /// The least length that rows are divided by: 1e-6, that code's root of 1e-12.
  public var floor: CosineFloor

  /// - Precondition: the temperature is positive.
  public init(
    temperature: Double = 0.1, pairs: PartitionPairs = .acrossVolumes, floor: CosineFloor = .length(1e-6)
  ) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    self.temperature = temperature
    self.pairs = pairs
    self.floor = floor
  }

  /// The loss of rows `[N, d]`, whose part is their number modulo the number of parts, in the order of ``pairs``.
  ///
  /// - Precondition: at least two parts; N is a multiple of what ``PartitionPairs`` takes together. For N of 0 the loss is 0.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ rows: Variable<Scalar>, parts: Int
  ) -> Variable<Scalar> {
    let count = rows.shape[0]
    shapePrecondition(
      rows.shape.rank == 2 && parts >= 2 && count % (pairs.blocks * parts) == 0,
      "rows of shape \(rows.shape) are not groups of \(pairs.blocks) blocks of \(parts) parts")
    let terms = pairs.terms(rows: count, parts: parts)
    guard !terms.isEmpty else { return rows.sum() * 0 }
    let unit = rows.unitRows(floor: floor)
    let anchors = unit.gathered(along: 0, at: terms.map(\.anchor))
    let positives = unit.gathered(along: 0, at: terms.map(\.positive))
    let own = (anchors * positives).sum(along: 1) / Scalar(temperature)
    let samePart = Tensor<Bool>(shape: [terms.count, count]) { mask in
      for (row, term) in terms.enumerated() {
        for other in 0..<count { mask[row * count + other] = other % parts == term.anchor % parts }
      }
    }
    let others = (anchors.matmul(unit, transposing: .right) / Scalar(temperature))
      .replacing(with: -.infinity, where: samePart)
    let logits = Variable(concatenating: [own.expanded(at: 1), others], along: 1)
    return (logits.logSumExp(along: 1) - own).sum() / Scalar(pairs.divisor(rows: count, terms: terms.count))
  }
}

/// Which rows attract in GCL's global losses, and in which order the rows stand. A block is one row of each of the S parts.
public enum PartitionPairs: String, Sendable, Hashable, Codable {
  /// G^D, the default: for every two volumes i and j blocks x_i, a_i, x_j, a_j of images x and one augmentation a of each, and
  /// the pairs (x_i, a_i), (x_i, x_j), (x_j, a_j), (a_i, a_j) of each part in both directions. The mean over them.
  case acrossVolumes
  /// G^{D-}: all images, then one augmentation of each, then another; the pairs of the three in both directions.
  /// Images of other volumes are positives of none. The sum of the six terms of an image is divided by its three rows, in the
  /// formula and in the code.
  case withinVolume
  /// G^D as its code computes it: the sum over the eight terms of an anchor is divided by the rows, and anchors begin at the
  /// block x_j, too, and wrap into the next group. That code also leaves the last group of each batch black, as negatives;
  /// ``GCL`` does so with this case.
  case acrossVolumesAsReleased

  /// Blocks that stand together.
  var blocks: Int { self == .withinVolume ? 3 : 4 }
  /// Augmentations of each image.
  public var augmentations: Int { self == .withinVolume ? 2 : 1 }

  /// The directed pairs among so many rows.
  func terms(rows: Int, parts: Int) -> [(anchor: Int, positive: Int)] {
    let step = self == .withinVolume ? rows / 3 : parts
    let starts: [Int] =
      switch self {
      case .withinVolume: Array(0..<step)
      case .acrossVolumes: (0..<rows).filter { $0 % (4 * parts) < parts }
      case .acrossVolumesAsReleased: (0..<rows).filter { $0 % (2 * parts) < parts }
      }
    let links = self == .withinVolume ? [(0, 1), (0, 2), (1, 2)] : [(0, 1), (0, 2), (2, 3), (1, 3)]
    return starts.flatMap { start in
      links.flatMap { first, second in
        let (one, other) = ((start + first * step) % rows, (start + second * step) % rows)
        return [(anchor: one, positive: other), (anchor: other, positive: one)]
      }
    }
  }

  func divisor(rows: Int, terms: Int) -> Int {
    switch self {
    case .acrossVolumes: terms
    case .withinVolume, .acrossVolumesAsReleased: rows
    }
  }
}
