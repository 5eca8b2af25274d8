import Synchronization
public import Tensor

/// The ranks of a training as its losses and norms see them: a ``Communicator`` whose first failure is kept, so that what stands
/// inside a network need not throw.
///
/// Behind a failure nothing is sent any more, and every call gives this rank's own values; the loop asks ``check()`` before it
/// uses a loss or a gradient, and ends.
///
/// A method of your own uses `moment.ranks`: rows of all ranks by `Variable.gathered(across:)`, sums by
/// `Variable.summed(across:)`, values without gradient by the functions here.
public final class Ranks: Sendable {
  /// What is spoken through.
  public let communicator: any Communicator
  private let failure = Mutex<CommunicationError?>(nil)

  /// The ranks of a communicator.
  public init(_ communicator: any Communicator) { self.communicator = communicator }

  /// The one process.
  public static let single = Ranks(SingleProcess())

  /// Which of the ranks this is, from 0.
  public var rank: Int { communicator.rank }
  /// How many ranks there are.
  public var count: Int { communicator.count }

  /// - Throws: the first failure of a call here.
  public func check() throws(CommunicationError) { if let first = failure.withLock({ $0 }) { throw first } }

  /// The sum over the ranks.
  public func sum<Scalar: TensorFloatingPointScalar>(_ values: Tensor<Scalar>) -> Tensor<Scalar> {
    unlessFailed(values) { () throws(CommunicationError) in try communicator.sum(values) }
  }

  /// The sum over the ranks of numbers.
  public func sum(_ values: [Double]) -> [Double] {
    count == 1 ? values : sum(Tensor(values)).scalars
  }

  /// The mean over the ranks of a number.
  public func mean(_ value: Double) -> Double { count == 1 ? value : sum([value])[0] / Double(count) }

  /// Rows `[m, ...]` of all ranks, `[count m, ...]`, without gradient.
  public func gather<Scalar: TensorScalar>(_ rows: Tensor<Scalar>) -> Tensor<Scalar> {
    guard count > 1, (try? check()) != nil else { return rows }
    do throws(CommunicationError) {
      return try communicator.gather(rows)
    } catch {
      keep(error)
      // Of the right shape: what follows is computed before the failure is seen.
      return Tensor(concatenating: Array(repeating: rows, count: count), along: 0)
    }
  }

  /// This rank's rows of the sum over the ranks of rows `[count m, ...]`.
  public func scatterSum<Scalar: TensorFloatingPointScalar>(_ rows: Tensor<Scalar>) -> Tensor<Scalar> {
    unlessFailed(ownRows(of: rows)) { () throws(CommunicationError) in try communicator.scatterSum(rows) }
  }

  /// This rank's part of rows `[count m, ...]` of all ranks.
  public func ownRows<Scalar: TensorScalar>(of rows: Tensor<Scalar>) -> Tensor<Scalar> {
    guard count > 1 else { return rows }
    let own = rows.shape[0] / count
    return rows.sliced(along: 0, rank * own..<(rank + 1) * own)
  }

  private func unlessFailed<Scalar: TensorFloatingPointScalar>(
    _ own: Tensor<Scalar>, _ call: () throws(CommunicationError) -> Tensor<Scalar>
  ) -> Tensor<Scalar> {
    guard count > 1, (try? check()) != nil else { return own }
    do throws(CommunicationError) {
      return try call()
    } catch {
      keep(error)
      return own
    }
  }

  private func keep(_ error: CommunicationError) { failure.withLock { if $0 == nil { $0 = error } } }
}
