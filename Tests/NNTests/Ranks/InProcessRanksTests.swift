import NN
import Synchronization
import Tensor
import Testing

@Suite struct InProcessRanksTests {
  struct Broken: Error, CustomStringConvertible { let description = "the disk is full" }

  @Test(arguments: [1, 2, 3, 4]) func ranksSpeakToOneAnother(_ count: Int) throws {
    let results = try InProcessRanks.run(count) { communicator -> [Tensor<Double>] in
      let own = Double(communicator.rank + 1)
      let pending = try (0..<3).map { try communicator.startSum(Tensor<Double>([own * Double($0)])) }
      let sum = try communicator.sum(Tensor<Double>([own, 10 * own]))
      let rows = try communicator.gather(Tensor<Double>([own, -own], shape: [1, 2]))
      let scattered = try communicator.scatterSum(
        Tensor<Double>((0..<count).map { own * Double($0 + 1) }, shape: [count, 1]))
      let first = try communicator.broadcast(Tensor<Double>([own]), from: count - 1)
      try communicator.barrier()
      return [sum, rows, scattered, first] + (try pending.map { try $0.finish() })
    }
    let total = Double(count * (count + 1) / 2)
    for (rank, values) in results.enumerated() {
      #expect(values[0] == Tensor([total, 10 * total]))
      let rows = (1...count).flatMap { [Double($0), -Double($0)] }
      #expect(values[1] == Tensor(rows, shape: [count, 2]))
      #expect(values[2] == Tensor([total * Double(rank + 1)], shape: [1, 1]))
      #expect(values[3] == Tensor([Double(count)]))
      #expect(values[4...].map(\.item) == [0, total, 2 * total])
    }
  }

  /// Nobody waits for a rank that is gone, and all learn why.
  @Test func aFailureEndsAllRanks() throws {
    let seen = Mutex<[Int: String]>([:])
    #expect(throws: Broken.self) {
      try InProcessRanks.run(3) { communicator in
        do {
          if communicator.rank == 1 {
            communicator.leave("\(Broken())")
            throw Broken()
          }
          _ = try communicator.sum(Tensor<Float>([1]))
        } catch {
          seen.withLock { $0[communicator.rank] = "\(error)" }
          throw error
        }
      }
    }
    let messages = seen.withLock { $0 }
    #expect(messages[0]?.contains("rank 1 failed: the disk is full") == true)
    #expect(messages[2] == messages[0])
  }

  @Test func aRankThatEndsEarlyIsMissed() {
    #expect(throws: CommunicationError(.rankGone(rank: 2))) {
      try InProcessRanks.run(3) { if $0.rank != 2 { _ = try $0.sum(Tensor<Float>([1])) } }
    }
  }

  @Test func whatFailsOnOneRankFailsOnAll() throws {
    let seen = Mutex<[Int: String]>([:])
    #expect(throws: Broken.self) {
      try InProcessRanks.run(3) { communicator in
        do {
          try communicator.agreed { if communicator.rank == 2 { throw Broken() } }
        } catch {
          seen.withLock { $0[communicator.rank] = "\(error)" }
          throw error
        }
      }
    }
    let messages = seen.withLock { $0 }
    #expect(messages.count == 3 && messages[2] == "the disk is full")
    #expect(messages[0]?.contains("rank 2 failed: the disk is full") == true && messages[1] == messages[0])
    #expect(try InProcessRanks.run(2) { try $0.agreed { 5 } } == [5, 5])
  }
}
