import ArgumentParser
import Foundation
import MPIRanks
import Tensor

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
      if communicator.rank == 0 { say("ready") }
      while true {
        let line = communicator.rank == 0 ? readLine() : nil
        let request: Int32 = line == "run" ? 1 : 0
        guard try communicator.broadcast(Tensor<Int32>([request]), from: 0).item == 1 else { break }
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
