import ArgumentParser
import Foundation
import MPIRanks
import NN
import Tensor

/// What it costs on a machine that ranks with equal work wait for each other: the bound of every training over ranks there.
struct Waiting: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Equal blocks of work, with and without a barrier behind each: the machine's own share of the waiting.")

  @Option(help: "Blocks of a turn; a U-Net step has 36 moments in which norms of all ranks wait.")
  var blocks = 72

  @Option(help: "Turns of each.")
  var rounds = 6

  func run() throws {
    try withRanks(threads: 1) { communicator in
      let values = [Float](repeating: 1, count: 8 << 20)
      var sums = [Float](repeating: 0, count: values.count)
      try report(communicator, "passes over 64 MiB") {
        for index in values.indices { sums[index] = values[index] * 1.5 + 0.5 }
        return sums[17]
      }
    }
  }

  private func report(_ communicator: MPICommunicator, _ name: String, _ block: () -> Float) throws {
    var (apart, together, kept) = (0.0, 0.0, block())
    for _ in 0..<rounds {
      for waits in [false, true] {
        try communicator.barrier()
        let start = ContinuousClock.now
        for _ in 0..<blocks {
          kept += block()
          if waits { try communicator.barrier() }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let mean = try communicator.sum(Tensor<Double>([seconds])).item / Double(communicator.count)
        if waits { together += mean } else { apart += mean }
      }
    }
    guard communicator.rank == 0, kept.isFinite else { return }
    let milliseconds = [apart, together].map { String(format: "%.1f", $0 / Double(rounds * blocks) * 1e3) }
    print(
      "\(name): \(milliseconds[0]) ms a block, \(milliseconds[1]) with a barrier behind each: "
        + String(format: "%.3f", apart / together))
  }
}
