import ArgumentParser
import ExampleSupport
import Foundation
import Tensor

@main
struct Benchmark: ExampleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times the library's kernels and training steps.",
    discussion: """
      Prints a table, or JSON lines with --json. --serve CASE speaks a line protocol for runs that alternate \
      with another program: it prints `ready`, answers each `run` with one timed repetition as JSON, and \
      `quit` with the peak memory.
      """)

  @Argument(help: "The work: \(benchmarkRegistry.map(\.name).joined(separator: ", ")).")
  var work: String

  @Flag(help: "Print JSON lines.")
  var json = false

  @Option(help: "Threads to compute with.")
  var threads = 1

  @Option(help: "Counted repetitions of each case.")
  var repetitions = 10

  @Flag(help: "Without the repetition that is not counted, before the others: for cases of minutes.")
  var cold = false

  @Option(help: "Run only the cases whose names contain this.")
  var only: String?

  @Option(help: "Serve this case over standard input and output.")
  var serve: String?

  @Flag(help: "Print time, calls, bytes and GFLOP/s of each operator, over as many repetitions again.")
  var profile = false

  @Flag(help: "Print the names of the cases.")
  var list = false

  func validate() throws {
    guard benchmarkRegistry.contains(where: { $0.name == work }) else {
      throw ValidationError("there is no work named '\(work)'")
    }
    guard threads >= 1 else { throw ValidationError("--threads must be at least 1") }
    guard repetitions >= 1 else { throw ValidationError("--repetitions must be at least 1") }
  }

  func run() throws {
    ComputeThreads.count = threads
    let cases = benchmarkRegistry.first { $0.name == work }?.cases ?? []
    if list {
      for item in cases { print(item.name) }
    } else if let serve {
      guard let item = cases.first(where: { $0.name == serve }) else {
        throw ValidationError("work '\(work)' has no case named '\(serve)'")
      }
      try Self.serve(item)
    } else {
      for item in cases where only.map(item.name.contains) ?? true { try report(item) }
    }
  }

  private func report(_ item: BenchmarkCase) throws {
    let body = try item.prepare()
    if !cold { _ = try body() }
    let timings = try (0..<repetitions).map { _ in try Timing.measure(body) }
    let walls = timings.map(\.wall)
    let numbers = (timings.last?.numbers ?? [:]).sorted { $0.key < $1.key }
    let (middle, low, high) = (median(walls), walls.min() ?? 0, walls.max() ?? 0)
    if json {
      print(
        #"{"work": "\#(work)", "case": "\#(item.name)", "threads": \#(threads), "ms": \#(middle), "#
          + #""min_ms": \#(low), "max_ms": \#(high)"#
          + numbers.map { #", "\#($0.key)": \#($0.value)"# }.joined()
          + (numbers.contains { $0.key == "peak_mib" }
            ? "}" : #", "peak_mib": \#(mebibytes(ProcessMemory.peak))}"#))
    } else {
      let name = item.name.padding(toLength: max(44, item.name.count), withPad: " ", startingAt: 0)
      print(name, String(format: "%10.3f ms   (%.3f ... %.3f)", middle, low, high))
      for (name, value) in numbers { print("  \(name) \(String(format: "%.4g", value))") }
    }
    if profile {
      Profiler.start()
      for _ in 0..<repetitions { _ = try body() }
      print(Profiler.stop())
    }
  }

  private static func serve(_ item: BenchmarkCase) throws {
    let body = try item.prepare()
    ProcessMemory.resetPeak()
    let base = mebibytes(ProcessMemory.resident)
    _ = try body()
    answer("ready")
    while let line = readLine() {
      switch line {
      case "run":
        let timing = try Timing.measure(body)
        let numbers = timing.numbers.sorted { $0.key < $1.key }.map { #", "\#($0.key)": \#($0.value)"# }
        answer(#"{"wall_ms": \#(timing.wall), "cpu_ms": \#(timing.cpu)\#(numbers.joined())}"#)
      case "quit":
        let peak = mebibytes(ProcessMemory.peak)
        let heap = try heapMiB(of: body).map { #", "heap_mib": \#($0)"# } ?? ""
        answer(#"{"peak_mib": \#(peak), "base_mib": \#(base)\#(heap)}"#)
        return
      default:
        throw ValidationError("unknown request '\(line)': run or quit")
      }
    }
  }

  /// Writes a line at once: the other side waits for it.
  private static func answer(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }
}
