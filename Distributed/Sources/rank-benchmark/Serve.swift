import ArgumentParser
import Foundation
import MPIRanks
import Tensor

/// How rank 0 wakes the others: by a byte through a named pipe each. A rank that waits inside MPI watches for messages with its whole
/// processor, which the other side of the comparison needs meanwhile.
private struct Doorbell {
  private let rank: Int
  private let pipes: [FileHandle]

  init(_ communicator: MPICommunicator) throws {
    rank = communicator.rank
    let process = try communicator.broadcast(Tensor<Int32>([getpid()]), from: 0).item
    let all = (1..<communicator.count).map {
      FileManager.default.temporaryDirectory.appending(path: "rank-benchmark-\(process)-\($0)")
    }
    if rank == 0 {
      for pipe in all where mkfifo(pipe.path, 0o600) != 0 { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    }
    try communicator.barrier()
    pipes = try (rank == 0 ? all : [all[rank - 1]]).map { try FileHandle(forUpdating: $0) }
    try communicator.barrier()
    // All have them open; no name stays behind, however the ranks end.
    if rank == 0 { for pipe in all { unlink(pipe.path) } }
  }

  /// Whether another step is asked for: rank 0 reads a line, the others wait for its byte.
  func next() throws -> Bool {
    guard rank == 0 else { return try pipes[0].read(upToCount: 1) == Data([1]) }
    let asked = readLine() == "run"
    for pipe in pipes { try pipe.write(contentsOf: Data([asked ? 1 : 0])) }
    return asked
  }
}

/// Our side of `Examples/compare.sh distributed`: one timed step for each line `run` that rank 0 reads.
struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answers `run` with a timed step; see Examples/Peers.")

  @OptionGroup var options: TrainingOptions

  func run() throws {
    try withRanks(threads: options.threads) { communicator in
      let training = try options.training.steps(
        images: options.images, side: options.side, communicator, options.sharing)
      _ = try training.run(1)
      let doorbell = try Doorbell(communicator)
      if communicator.rank == 0 { say("ready") }
      while try doorbell.next() {
        let start = Self.processorSeconds
        let seconds = try training.run(1)
        let own = Self.processorSeconds - start
        // `run` takes a step before the one that it times: half of the processor time is that one's.
        let cpu = try communicator.sum(Tensor<Double>([own])).item / 2
        if communicator.rank == 0 {
          say(#"{"wall_ms": \#(seconds[0] * 1e3), "cpu_ms": \#(cpu * 1e3)}"#)
        }
      }
      let peaks = try communicator.gather(Tensor<Double>([Self.peakMiB])).scalars
      if communicator.rank == 0 { say(#"{"peak_mib": \#(peaks.reduce(0, +)), "base_mib": 0}"#) }
    }
  }

  private func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private static var peakMiB: Double {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let number = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
    return (number.flatMap { Double($0) } ?? 0) / 1024
  }
}
