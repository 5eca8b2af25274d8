import Foundation
import Synchronization
import Tensor

/// Ranks as threads of one process: for tests of what trains over ranks, a method of one's own among it, without an engine.
///
///     let losses = try InProcessRanks.run(4) { communicator in
///       let loop = try TrainingLoop(makeTask(), on: slices, communicator: communicator)
///       ...
///     }
///
/// Sums are added in the order of the ranks. The threads share the process's cores: this is no way to train faster.
public enum InProcessRanks {
  /// Runs `body` once for each rank, each on a thread of its own, and waits for all.
  ///
  /// - Parameters:
  ///   - count: How many ranks.
  ///   - body: Gets the rank's communicator; it must not share what it changes with the other ranks.
  /// - Returns: The results, in the order of the ranks.
  /// - Throws: the error of the first rank that met one of its own, otherwise that of the first rank that waited for another.
  /// - Precondition: at least one rank.
  @discardableResult
  public static func run<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (any Communicator) throws -> Result
  ) throws -> [Result] {
    shapePrecondition(count >= 1, "there is at least one rank, not \(count)")
    let meeting = Meeting(count: count)
    for rank in 0..<count {
      let thread = Thread {
        let communicator = ThreadCommunicator(rank: rank, meeting: meeting)
        let outcome = Swift.Result { try body(communicator) as any Sendable }
        meeting.end(rank, outcome)
      }
      // A backward pass through a deep network needs more than a thread's usual half megabyte.
      thread.stackSize = 16 << 20
      thread.start()
    }
    let outcomes = meeting.outcomes()
    let failures = outcomes.compactMap { outcome -> (any Error)? in
      if case .failure(let error) = outcome { error } else { nil }
    }
    if let first = failures.first(where: { !($0 is CommunicationError) }) ?? failures.first { throw first }
    return try outcomes.compactMap { try $0.get() as? Result }
  }
}

/// Where the threads meet: what each brings to a call lies here until all have taken it.
private final class Meeting: Sendable {
  /// A call: sums that were begun are counted apart from all others.
  struct Call: Hashable {
    let isBegun: Bool
    let number: Int
  }

  private struct State {
    var brought: [Call: [Int: any Sendable]] = [:]
    var taken: [Call: Int] = [:]
    var failure: CommunicationError?
    var outcomes: [Int: Result<any Sendable, any Error>] = [:]
  }

  let count: Int
  private let state = Mutex(State())
  private let changed = NSCondition()

  init(count: Int) { self.count = count }

  func bring(_ values: any Sendable, rank: Int, to call: Call) {
    change { $0.brought[call, default: [:]][rank] = values }
  }

  /// What all ranks brought, in their order; waits for it.
  func take<Values: Sendable>(_ call: Call, as type: Values.Type) throws(CommunicationError) -> [Values] {
    let found = wait { state -> Result<[Values], CommunicationError>? in
      let brought = state.brought[call] ?? [:]
      if brought.count == count {
        state.taken[call, default: 0] += 1
        if state.taken[call] == count { (state.brought[call], state.taken[call]) = (nil, nil) }
        return .success((0..<count).compactMap { brought[$0] as? Values })
      }
      if let failure = state.failure { return .failure(failure) }
      let gone = (0..<count).first { brought[$0] == nil && state.outcomes[$0] != nil }
      return gone.map { .failure(CommunicationError(.rankGone(rank: $0))) }
    }
    return try found.get()
  }

  func leave(_ rank: Int, _ reason: String) {
    change { state in
      if state.failure == nil { state.failure = CommunicationError(.rankFailed(rank: rank, reason: reason)) }
    }
  }

  func end(_ rank: Int, _ outcome: Result<any Sendable, any Error>) {
    change { $0.outcomes[rank] = outcome }
  }

  func outcomes() -> [Result<any Sendable, any Error>] {
    wait { state in
      state.outcomes.count == count ? (0..<count).compactMap { state.outcomes[$0] } : nil
    }
  }

  private func change(_ body: (inout State) -> Void) {
    changed.lock()
    state.withLock { body(&$0) }
    changed.broadcast()
    changed.unlock()
  }

  private func wait<Found: Sendable>(for find: (inout State) -> Found?) -> Found {
    changed.lock()
    defer { changed.unlock() }
    while true {
      if let found = state.withLock({ find(&$0) }) { return found }
      changed.wait()
    }
  }
}

/// One thread's communicator.
private final class ThreadCommunicator: Communicator {
  let rank: Int
  var count: Int { meeting.count }
  private let meeting: Meeting
  private let calls = Atomic<Int>(0)
  private let begun = Atomic<Int>(0)

  init(rank: Int, meeting: Meeting) {
    self.rank = rank
    self.meeting = meeting
  }

  private func exchange<Values: Sendable>(_ values: Values) throws(CommunicationError) -> [Values] {
    let call = Meeting.Call(isBegun: false, number: calls.wrappingAdd(1, ordering: .relaxed).oldValue)
    meeting.bring(values, rank: rank, to: call)
    return try meeting.take(call, as: Values.self)
  }

  func sum<Scalar: TensorFloatingPointScalar>(
    _ values: Tensor<Scalar>
  ) throws(CommunicationError) -> Tensor<Scalar> { added(try exchange(values)) }

  func startSum<Scalar: TensorFloatingPointScalar>(_ values: Tensor<Scalar>) -> PendingSum<Scalar> {
    let call = Meeting.Call(isBegun: true, number: begun.wrappingAdd(1, ordering: .relaxed).oldValue)
    meeting.bring(values, rank: rank, to: call)
    return PendingSum(
      advance: {},
      finish: { [self] () throws(CommunicationError) in
        added(try meeting.take(call, as: Tensor<Scalar>.self))
      })
  }

  func gather<Scalar: TensorScalar>(_ rows: Tensor<Scalar>) throws(CommunicationError) -> Tensor<Scalar> {
    let all = try exchange(rows)
    requireEqualShapes(all.map(\.shape))
    return Tensor(concatenating: all, along: 0)
  }

  func broadcast<Scalar: TensorScalar>(
    _ values: Tensor<Scalar>, from rank: Int
  ) throws(CommunicationError) -> Tensor<Scalar> {
    let all = try exchange(values)
    requireEqualShapes(all.map(\.shape))
    return all[rank]
  }

  func leave(_ reason: String) { meeting.leave(rank, reason) }

  private func added<Scalar: TensorFloatingPointScalar>(_ parts: [Tensor<Scalar>]) -> Tensor<Scalar> {
    requireEqualShapes(parts.map(\.shape))
    return parts.dropFirst().reduce(parts[0]) { $0 + $1 }
  }

  private func requireEqualShapes(_ shapes: [TensorShape]) {
    shapePrecondition(
      shapes.count == count && shapes.allSatisfy { $0 == shapes[0] }, "the ranks' shapes differ: \(shapes)")
  }
}
