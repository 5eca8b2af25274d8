public import ArgumentParser
import ExampleSupport
import Foundation
import MPIRanks
public import NN
import PretrainKit
import RunKit
public import Tensor

/// `pretrain` over the ranks of an MPI job.
struct PretrainMPI: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain-mpi",
    abstract:
      "Pre-trains an encoder over the processes of an MPI job: pretrain on as many machines as you have.",
    discussion: """
      mpirun -n 4 pretrain-mpi METHOD --images ... --output DIR. Options are those of pretrain; the batch is that of all ranks \
      together, and must be a multiple of them. Rank 0 speaks and writes. --resume goes on, on as many ranks or on others.
      Exit codes: 64 wrong arguments, 65 bad data or settings, ranks that differ, or an MPI that fails, 66 a file that cannot be \
      read, 73 one that cannot be written, 130 interrupted.
      """)

  @OptionGroup var options: PretrainOptions

  @Option(
    help:
      "Whose statistics batch norms take: ofAllRanks (SyncBN: as one process with the whole batch) or ofEachRank."
  )
  var norms = RankSharing.NormStatistics.ofAllRanks

  @Option(help: "What becomes of an epoch's last images that are fewer than the ranks: dropped or padded.")
  var ends = UnevenEnds.dropped

  @Option(parsing: .unconditional, help: "KiB of gradients that travel together.")
  var bucket = 4096

  @Option(
    parsing: .unconditional, help: "Threads of a rank; its share of the machine's processors unless given.")
  var threads: Int?

  func run(_ communicator: MPICommunicator) throws {
    try require("--bucket", bucket, 1, 1 << 20)
    try require("--threads", threads, 1, 1024)
    try communicator.requireSameProgram()
    let threads = try communicator.shareProcessors(threads: threads)
    let progress = RunProgress {
      FileHandle.standardOutput.write(Data(($0 + "\n").utf8))
    } warn: {
      say($0)
    } isInterrupted: {
      InterruptedByUser.wasReceived
    }
    if !options.list, !options.showSettings, communicator.rank == 0 {
      print("\(communicator.count) ranks of \(threads) threads, \(communicator.libraryVersion)")
    }
    try options.run(
      as: "mpirun -n RANKS pretrain-mpi", progress: progress, communicator: communicator,
      sharing: RankSharing(norms: norms, ends: ends, bucketBytes: bucket * 1024)
    ) { if communicator.rank == 0 { print($0, terminator: "") } }
  }
}

extension RankSharing.NormStatistics: @retroactive ExpressibleByArgument {}
extension UnevenEnds: @retroactive ExpressibleByArgument {}

/// Writes one line on standard error, behind the program's name.
func say(_ message: String) {
  let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
  FileHandle.standardError.write(Data("pretrain-mpi: \(line)\n".utf8))
}
