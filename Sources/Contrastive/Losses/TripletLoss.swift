public import Autograd
public import Tensor

/// Triplets of an anchor a, a positive p of its label and a negative n of another: the positive is to be nearer by a margin.
///
///     all, semihard, hard    L = mean of max(0, d(a, p) - d(a, n) + margin), over the mined triplets that cost something
///     batchHard              L = mean over anchors of max(0, max over p of d(a, p) - min over n of d(a, n) + margin)
///
/// with the Euclidean distance d of unit rows, or its square. The divisor of the first is the number of triplets that cost
/// something, which changes from batch to batch: such a mean does not fall while training works, their number does
/// (``evaluate(_:labels:weights:)`` gives it). That of the second is the number of anchors with a positive and a negative.
/// Without any the loss is 0, and so is its gradient.
///
/// The slope of a distance is infinite at 0: pairs of equal rows have no gradient. A loss that stays at the margin is
/// collapse: take a lower rate, or begin semihard. The scale of rows leaves no trace; a row of zeros has no gradient.
///
/// O(N^2 (d + log N)) time: the negatives of an anchor are sorted, triplets are counted and never listed. O(N d) memory: the
/// distances of 32 anchors are there at once, and the gradient is collected with them. Sources: Schroff, Kalenichenko and Philbin, CVPR 2015 (semihard); Hermans, Beyer and Leibe,
/// arXiv 1703.07737 (batch-hard, equation 5).
public struct TripletLoss: Sendable, Hashable, Codable {
  /// Which triplets count.
  public enum Mining: String, Sendable, Hashable, Codable {
    /// All that cost something.
    case all
    /// Those whose negative is farther than the positive, but not by the margin: `d(a, p) < d(a, n) < d(a, p) + margin`.
    case semihard
    /// Those whose negative is no farther than the positive: `d(a, n) <= d(a, p)`.
    case hard
    /// For each anchor its farthest positive and its nearest negative.
    case batchHard
  }

  /// How far two unit rows are apart.
  public enum Distance: String, Sendable, Hashable, Codable {
    /// `|u - v|`, in 0...2.
    case euclidean
    /// `|u - v|^2`, in 0...4.
    case squaredEuclidean
  }

  /// By how much a negative is to be farther: .2.
  public var margin: Double
  /// Which triplets count: the hardest of each anchor.
  public var mining: Mining
  /// The distance: Euclidean.
  public var distance: Distance
  /// The least length that rows are divided by: 1e-12.
  public var floor: CosineFloor

  /// - Precondition: the margin is not negative.
  public init(
    margin: Double = 0.2, mining: Mining = .batchHard, distance: Distance = .euclidean,
    floor: CosineFloor = .normalize
  ) {
    shapePrecondition(margin >= 0, "a margin is not negative: \(margin)")
    self.margin = margin
    self.mining = mining
    self.distance = distance
    self.floor = floor
  }

  /// The loss of rows `[N, d]` with labels `[N]`.
  ///
  /// - Parameters:
  ///   - weights: What each anchor's triplets count in the mean, `[N]`, not negative; alike where `nil`.
  ///   - rows: Anchors, positives and negatives in one.
  ///   - labels: Rows of one label are positives of each other.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ rows: Variable<Scalar>, labels: Tensor<Int32>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> { evaluate(rows, labels: labels, weights: weights).loss }

  /// The loss, and how many triplets cost something.
  public func evaluate<Scalar: TensorFloatingPointScalar>(
    _ rows: Variable<Scalar>, labels: Tensor<Int32>, weights: Tensor<Scalar>? = nil
  ) -> (loss: Variable<Scalar>, activeCount: Int) {
    shapePrecondition(
      rows.shape.rank == 2 && labels.shape == [rows.shape[0]],
      "labels of shape \(labels.shape) do not fit rows of shape \(rows.shape)")
    let unit = UnitRows(rows.value, floor: floor)
    let pairs = PairDistances(unit.rows, distance == .squaredEuclidean ? .squared : .euclidean)
    let mined = MinedTriplets(
      pairs, labels: labels, shares: RowWeights(weights, count: rows.shape[0]).shares, self)
    let (source, slopes) = (unit.source, mined.slopes)
    let loss = Variable.recorded("triplet", inputs: [rows], value: Tensor(Scalar(mined.loss))) {
      [source.gradient(slopes * $0.item)]
    }
    return (loss, mined.activeCount)
  }
}

/// The triplets of a batch: their mean, and its slopes by the unit rows.
private struct MinedTriplets<Scalar: TensorFloatingPointScalar> {
  var loss = 0.0
  var activeCount = 0
  /// `[N, d]`.
  var slopes: Tensor<Scalar>

  init(
    _ pairs: PairDistances<Scalar>, labels: Tensor<Int32>, shares: Tensor<Scalar>, _ settings: TripletLoss
  ) {
    var tallies = [AnchorTally](repeating: AnchorTally(), count: labels.elementCount)
    var gradient = pairs.noGradient
    for block in pairs.blocks {
      let distances = pairs.distances(of: block)
      guard distances.nonFiniteElements.count == 0 else {
        // No comparison sees a NaN: it would be mined away.
        loss = .nan
        slopes = pairs.gradient(pairs.noGradient) * Scalar.nan
        return
      }
      var slopes = Self.mine(distances, of: block, labels, settings, into: &tallies)
      slopes *= shares[block].expanded(at: 1)
      pairs.add(slopes, by: distances, of: block, to: &gradient)
    }
    slopes = pairs.gradient(gradient)
    let weights = shares.scalars.map(Double.init)
    let divisor = zip(tallies, weights).reduce(0) { $0 + $1.0.count * $1.1 }
    activeCount = tallies.reduce(0) { $0 + $1.active }
    // Without triplets all slopes are 0.
    guard divisor > 0 else { return }
    loss = zip(tallies, weights).reduce(0) { $0 + $1.0.sum * $1.1 } / divisor
    slopes /= Scalar(divisor)
  }

  /// The slopes of the sums of a block's anchors by their distances, `[b, N]`; the sums are put in their places.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func mine(
    _ distances: Tensor<Scalar>, of block: Range<Int>, _ labels: Tensor<Int32>, _ settings: TripletLoss,
    into tallies: inout [AnchorTally]
  ) -> Tensor<Scalar> {
    let count = labels.elementCount
    var slopes = Tensor<Scalar>(zeros: distances.shape)
    slopes.withUnsafeMutableBufferPointer { slopes in
      labels.withUnsafeBufferPointer { labels in
        distances.withUnsafeBufferPointer { distances in
          tallies.withUnsafeMutableBufferPointer { tallies in
            guard let slopes = slopes.baseAddress, let distances = distances.baseAddress,
              let tallies = tallies.baseAddress
            else { return }
            Parallel.for(block.count, grain: max(1, (1 << 12) / max(count, 1))) { range in
              for place in range {
                var miner = AnchorMiner(
                  anchor: block.lowerBound + place, labels: labels, distances: distances + place * count,
                  settings)
                tallies[block.lowerBound + place] = miner.mine(into: slopes + place * count)
              }
            }
          }
        }
      }
    }
    return slopes
  }
}

/// What an anchor's triplets cost together, how many count in the mean, and how many cost something.
private struct AnchorTally {
  var sum = 0.0
  var count = 0.0
  var active = 0
}

/// The triplets of one anchor.
private struct AnchorMiner<Scalar: TensorFloatingPointScalar> {
  let settings: TripletLoss
  /// The distances of the positives and the negatives, with the rows that they lead to.
  var positives: [(distance: Double, row: Int)] = []
  var negatives: [(distance: Double, row: Int)] = []

  init(
    anchor: Int, labels: UnsafeBufferPointer<Int32>, distances: UnsafePointer<Scalar>, _ settings: TripletLoss
  ) {
    self.settings = settings
    for row in labels.indices where row != anchor {
      if labels[row] == labels[anchor] {
        positives.append((Double(distances[row]), row))
      } else {
        negatives.append((Double(distances[row]), row))
      }
    }
  }

  mutating func mine(into slopes: UnsafeMutablePointer<Scalar>) -> AnchorTally {
    guard !positives.isEmpty, !negatives.isEmpty else { return AnchorTally() }
    return settings.mining == .batchHard ? hardest(slopes) : ranges(slopes)
  }

  private func hardest(_ slopes: UnsafeMutablePointer<Scalar>) -> AnchorTally {
    // The first of equal ones.
    var (far, near) = (positives[0], negatives[0])
    for pair in positives where pair.distance > far.distance { far = pair }
    for pair in negatives where pair.distance < near.distance { near = pair }
    let cost = far.distance - near.distance + settings.margin
    guard cost > 0 else { return AnchorTally(count: 1) }
    slopes[far.row] = 1
    slopes[near.row] = -1
    return AnchorTally(sum: cost, count: 1, active: 1)
  }

  /// A positive's triplets are a range of the sorted negatives.
  private mutating func ranges(_ slopes: UnsafeMutablePointer<Scalar>) -> AnchorTally {
    negatives.sort { $0.distance < $1.distance }
    var sums = [0.0]
    for negative in negatives { sums.append(sums[sums.count - 1] + negative.distance) }
    var changes = [Int](repeating: 0, count: negatives.count + 1)
    var tally = AnchorTally()
    for positive in positives {
      let reach = positive.distance + settings.margin
      var range = 0..<firstNegative { $0 >= reach }
      if settings.mining != .all {
        let farther = firstNegative { $0 > positive.distance }
        range =
          settings.mining == .hard
          ? 0..<min(farther, range.upperBound) : min(farther, range.upperBound)..<range.upperBound
      }
      guard !range.isEmpty else { continue }
      tally.active += range.count
      tally.sum += Double(range.count) * reach - (sums[range.upperBound] - sums[range.lowerBound])
      slopes[positive.row] = Scalar(range.count)
      changes[range.lowerBound] += 1
      changes[range.upperBound] -= 1
    }
    tally.count = Double(tally.active)
    var triplets = 0
    for (negative, change) in zip(negatives, changes) {
      triplets += change
      slopes[negative.row] = -Scalar(triplets)
    }
    return tally
  }

  /// The place of the first sorted negative whose distance fulfils a condition that all farther ones fulfil, too.
  private func firstNegative(_ isThere: (Double) -> Bool) -> Int {
    var (low, high) = (0, negatives.count)
    while low < high {
      let middle = (low + high) / 2
      if isThere(negatives[middle].distance) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
