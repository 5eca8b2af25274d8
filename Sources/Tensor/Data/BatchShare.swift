/// The part of every batch that one of several ranks reads: a run of neighbouring places, so that the ranks' parts one behind
/// another are the batch that one process would read.
///
/// Of a batch of B examples, rank r of n reads the places `r B/n ..< (r + 1) B/n`. Order and content of the whole batch do not
/// depend on n; an epoch reads every example once, whatever the number of ranks.
public struct BatchShare: Hashable, Codable, Sendable {
  /// Which part, from 0.
  public let rank: Int
  /// Into how many parts a batch is cut.
  public let count: Int
  /// What becomes of a last batch of an epoch that does not divide by the ranks.
  public let ends: UnevenEnds

  /// The batch as a whole.
  public static let whole = BatchShare(rank: 0, count: 1)

  /// One part of `count`.
  ///
  /// - Precondition: `0 <= rank < count`.
  public init(rank: Int, count: Int, ends: UnevenEnds = .dropped) {
    shapePrecondition(count >= 1 && (0..<count).contains(rank), "rank \(rank) is none of \(count) ranks")
    self.rank = rank
    self.count = count
    self.ends = ends
  }

  /// How many of a batch of `total` examples each rank reads.
  public func size(of total: Int) -> Int { ends == .dropped ? total / count : (total + count - 1) / count }

  /// The rank's part of a batch's places, and where it begins in the batch.
  func part<Place>(of batch: [Place]) -> (places: [Place], first: Int) {
    guard count > 1, !batch.isEmpty else { return (batch, 0) }
    let size = size(of: batch.count)
    let first = rank * size
    return ((first..<first + size).map { batch[$0 % batch.count] }, first)
  }
}

/// What becomes of the examples of an epoch's last batch that are fewer than a multiple of the ranks, where ``LastBatch/kept``
/// keeps that batch: ranks that read different numbers of examples would not be one process with the whole batch.
public enum UnevenEnds: String, Hashable, Codable, Sendable {
  /// The last ones are left out in this epoch, fewer than there are ranks.
  case dropped
  /// The first ones of the same batch are read a second time, until each rank has as many.
  case padded
}
