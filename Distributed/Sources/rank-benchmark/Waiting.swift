import ArgumentParser
import Foundation
import MPIRanks

/// What it costs on a machine that ranks with equal work wait for each other: the bound of every training over ranks there.
struct Waiting: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Equal passes over memory, with and without a barrier behind each: the machine's own share of the waiting."
  )

  @Option(help: "Passes of a turn; a U-Net step has 36 moments in which norms of all ranks wait.")
  var passes = 72

  @Option(help: "Turns of each.")
  var rounds = 6

  func run() throws {
    try withRanks(threads: 1) { communicator in
      let values = [Float](repeating: 1, count: 8 << 20)
      var results = values
      func seconds(_ behindEach: () throws -> Void) throws -> Double {
        let start = ContinuousClock.now
        for _ in 0..<passes {
          Self.pass(values, &results)
          try behindEach()
        }
        return (ContinuousClock.now - start) / .seconds(1)
      }
      _ = try seconds {}
      let (together, apart) = try communicator.inTurn(
        rounds, together: { try seconds { try communicator.barrier() } }, apart: { try seconds {} })
      guard communicator.rank == 0, results.allSatisfy({ $0 == 2 }) else { return }
      communicator.sayWhereItRuns()
      let milliseconds = String(format: "%.1f", median(apart) / Double(passes) * 1e3)
      print("  passes over 64 MiB, \(milliseconds) ms each")
      print("  with a barrier behind each / without: \(ratioText(apart, together))")
    }
  }

  private static func pass(_ values: [Float], _ results: inout [Float]) {
    for index in values.indices { results[index] = values[index] * 1.5 + 0.5 }
  }
}
