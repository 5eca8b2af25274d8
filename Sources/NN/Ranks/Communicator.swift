public import Tensor

/// What processes that train together say to one another: the seam between a training and an engine such as MPI.
///
/// Each of ``count`` processes, the ranks, runs the same program with its own communicator; every call here is made by all of
/// them, in the same order, with equal shapes. The library's ``SingleProcess`` is the default; ``InProcessRanks`` runs ranks as
/// threads, for tests; the package `Distributed` has one over MPI.
///
/// Sums have the same bits on every rank, and in every run with as many ranks.
///
/// An engine of your own conforms with five functions. What waits must end with an error when another rank is gone.
public protocol Communicator: Sendable {
  /// Which of the ranks this is, from 0.
  var rank: Int { get }
  /// How many ranks there are.
  var count: Int { get }

  /// The sum of every rank's values, element by element.
  func sum<Scalar: TensorFloatingPointScalar>(
    _ values: Tensor<Scalar>
  ) throws(CommunicationError) -> Tensor<Scalar>

  /// Begins such a sum and returns at once. Sums that were begun proceed beside all other calls, and are finished in the
  /// order in which they were begun.
  func startSum<Scalar: TensorFloatingPointScalar>(
    _ values: Tensor<Scalar>
  ) throws(CommunicationError) -> PendingSum<Scalar>

  /// All ranks' rows `[m, ...]` one behind another, `[count m, ...]`, in the order of the ranks.
  func gather<Scalar: TensorScalar>(_ rows: Tensor<Scalar>) throws(CommunicationError) -> Tensor<Scalar>

  /// This rank's m of the rows `[count m, ...]` of the sum over all ranks: what ``sum(_:)`` gives, cut. By default it is.
  func scatterSum<Scalar: TensorFloatingPointScalar>(
    _ rows: Tensor<Scalar>
  ) throws(CommunicationError) -> Tensor<Scalar>

  /// The values that one rank has.
  func broadcast<Scalar: TensorScalar>(
    _ values: Tensor<Scalar>, from rank: Int
  ) throws(CommunicationError) -> Tensor<Scalar>

  /// Returns when every rank has come here. By default it is a sum of nothing.
  func barrier() throws(CommunicationError)

  /// Says that this rank goes no further: it met an error that the others do not know of. Whoever waits for it ends with
  /// ``CommunicationError/Code/rankFailed(rank:reason:)``, or is ended.
  func leave(_ reason: String)
}

extension Communicator {
  public func scatterSum<Scalar: TensorFloatingPointScalar>(
    _ rows: Tensor<Scalar>
  ) throws(CommunicationError) -> Tensor<Scalar> {
    shapePrecondition(
      rows.rank >= 1 && rows.shape[0] % count == 0,
      "rows of shape \(rows.shape) do not divide into \(count) ranks")
    let own = rows.shape[0] / count
    return try sum(rows).sliced(along: 0, rank * own..<(rank + 1) * own)
  }

  public func barrier() throws(CommunicationError) { _ = try sum(Tensor<Double>(zeros: [1])) }
}

/// A sum over ranks that was begun.
public struct PendingSum<Scalar: TensorFloatingPointScalar> {
  /// Lets the engine work on it, where it does so within calls alone, as MPI without a thread of its own; returns at once.
  public let advance: () -> Void
  /// Waits for the sum.
  public let finish: () throws(CommunicationError) -> Tensor<Scalar>

  /// A sum of an engine.
  public init(
    advance: @escaping () -> Void, finish: @escaping () throws(CommunicationError) -> Tensor<Scalar>
  ) {
    self.advance = advance
    self.finish = finish
  }
}

/// The one process that there is without an engine: nothing is sent, sums are the values themselves.
public struct SingleProcess: Communicator, Hashable {
  public var rank: Int { 0 }
  public var count: Int { 1 }

  /// The one process.
  public init() {}

  public func sum<Scalar: TensorFloatingPointScalar>(_ values: Tensor<Scalar>) -> Tensor<Scalar> { values }
  public func startSum<Scalar: TensorFloatingPointScalar>(_ values: Tensor<Scalar>) -> PendingSum<Scalar> {
    PendingSum(advance: {}, finish: { () throws(CommunicationError) in values })
  }
  public func gather<Scalar: TensorScalar>(_ rows: Tensor<Scalar>) -> Tensor<Scalar> { rows }
  public func broadcast<Scalar: TensorScalar>(_ values: Tensor<Scalar>, from rank: Int) -> Tensor<Scalar> {
    values
  }
  public func barrier() {}
  public func leave(_ reason: String) {}
}
