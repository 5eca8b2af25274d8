import Foundation
public import Tensor

/// k nearest neighbours on frozen features: the quickest way to see what they know, without training anything.
///
/// Of a query q the k rows of a labelled bank with the largest cosines vote, and the class with the highest score wins:
///
///     score_c = sum over neighbours j of class c of exp(cos(q, x_j) / T)
///
/// Of equal cosines the lowest index of the bank comes first, of equal scores the lowest class. A row without length has the
/// cosine 0 with every other.
///
///     let votes = try NearestNeighborClassifier().classify(test, bank: training, labels: labels, classCount: 4)
///     votes.accuracy(of: testLabels)
///
/// Features are those of the encoder, before the projector, in evaluation mode: `encoder.pooledFeatures(of:)`. For pixels the
/// bank comes from ``PixelFeatures``, and queries may be maps `[N, spatial..., d]`.
///
/// For N queries and a bank of M rows: O(N M (d + log M)) time; the similarities of 256 queries are held at once. Source:
/// Wu et al., CVPR 2018, section 3.4; the defaults are those of Caron et al., ICCV 2021 (DINO), with its k of 20.
public struct NearestNeighborClassifier: Sendable, Hashable, Codable {
  /// k: 20. A bank of fewer rows votes with all of them.
  public var neighborCount: Int
  /// T: .07. Others take .1 or .2; the lower, the more the nearest decides.
  public var temperature: Double

  /// - Precondition: both are positive.
  public init(neighborCount: Int = 20, temperature: Double = 0.07) {
    shapePrecondition(
      neighborCount >= 1 && temperature > 0,
      "neighbours and a temperature are positive, not \(neighborCount), \(temperature)")
    self.neighborCount = neighborCount
    self.temperature = temperature
  }

  /// What the neighbours of each query say.
  public struct Votes: Sendable, Hashable {
    /// The neighbours' places in the bank, the nearest first, `[..., k]`.
    public let neighbors: Tensor<Int32>
    /// The score of each class, `[..., classCount]`; beyond the largest number it is infinite.
    public let scores: Tensor<Double>
    /// The class with the highest score, `[...]`.
    public let labels: Tensor<Int32>

    /// The share of queries whose label is that of the reference, but for those that the reference ignores; NaN where there
    /// are none.
    public func accuracy(of reference: Tensor<Int32>, ignoring ignored: Int32? = nil) -> Double {
      labels.agreement(with: reference, ignoring: ignored)
    }
  }

  /// Lets the bank vote on queries.
  ///
  /// - Parameters:
  ///   - queries: `[..., d]`, of any axes before the features.
  ///   - bank: Features whose labels are known, `[M, d]`.
  ///   - labels: The bank's classes, `[M]`.
  ///   - classCount: The classes are `0..<classCount`.
  /// - Throws: ``FeatureError``: an empty bank, values that are not finite, a label that is no class.
  public func classify<Scalar: TensorFloatingPointScalar>(
    _ queries: Tensor<Scalar>, bank: Tensor<Scalar>, labels: Tensor<Int32>, classCount: Int
  ) throws(FeatureError) -> Votes {
    shapePrecondition(
      queries.rank >= 1 && bank.rank == 2 && queries.shape[-1] == bank.shape[1]
        && labels.shape == [bank.shape[0]],
      "queries \(queries.shape), a bank \(bank.shape) and its labels \(labels.shape) do not fit")
    guard bank.shape[0] > 0 else { throw FeatureError(.noFeatures) }
    try queries.requireFiniteFeatures()
    try bank.requireFiniteFeatures()
    try labels.requireClasses(below: classCount)
    let count = min(neighborCount, bank.shape[0])
    let unitBank = bank.unitRows()
    let classes = labels.scalars
    let rows = queries.reshaped([queries.elementCount / max(bank.shape[1], 1), bank.shape[1]])
    var (neighbors, scores, winners) = ([Int32](), [Double](), [Int32]())
    for start in stride(from: 0, to: rows.shape[0], by: 256) {
      let block = rows[start..<min(start + 256, rows.shape[0])].unitRows()
      let (cosines, places) = block.matmul(unitBank, transposing: .right).topK(count, along: 1)
      for query in 0..<block.shape[0] {
        let found = places[query].scalars
        let votes = tally(cosines[query].scalars.map(Double.init), found.map { classes[Int($0)] }, classCount)
        neighbors += found
        scores += votes.scores
        winners.append(votes.winner)
      }
    }
    let lengths = queries.shape.dimensions.dropLast()
    return Votes(
      neighbors: Tensor(neighbors, shape: TensorShape(lengths + [count])),
      scores: Tensor(scores, shape: TensorShape(lengths + [classCount])),
      labels: Tensor(winners, shape: TensorShape(Array(lengths))))
  }

  private func tally(
    _ cosines: [Double], _ classes: [Int32], _ classCount: Int
  ) -> (scores: [Double], winner: Int32) {
    // Relative to the nearest, whose exponential may be larger than any number.
    let nearest = cosines[0] / temperature
    var relative = [Double](repeating: 0, count: classCount)
    for (cosine, label) in zip(cosines, classes) {
      relative[Int(label)] += exp(cosine / temperature - nearest)
    }
    var winner = 0
    for label in relative.indices where relative[label] > relative[winner] { winner = label }
    let scale = exp(nearest)
    return (relative.map { $0 == 0 ? 0 : $0 * scale }, Int32(winner))
  }
}
