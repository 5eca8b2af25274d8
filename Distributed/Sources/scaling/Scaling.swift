import ArgumentParser
import Foundation
import ScalingModel

/// What a training would be like over 2...1,024 machines, from figures of one.
@main
struct Scaling: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling",
    abstract: "Simulates a training step over 2...1,024 machines, from figures of one rank.",
    discussion: """
      FIGURES is JSON as `rank-benchmark figures` prints it, or as you write it of your own machine. Without a network of your own \
      the table has Ethernet of 10 Gbit/s and a fabric of 100 Gbit/s, whose figures are assumed.
      """)

  @Argument(help: "A JSON file with the figures of a step.")
  var figures: String

  @Option(
    help:
      "A JSON file with a network: name, latency (s), bandwidth and addition (bytes/s), transport (card, processor)."
  )
  var network: String?

  @Option(help: "The most ranks.")
  var most = 1024

  @Option(help: "Batches that are averaged for one update, in place of the figures'.")
  var accumulation: Int?

  @Option(help: "Where the figure is written, as SVG.")
  var svg: String?

  func run() throws {
    var step = try Self.read(StepFigures.self, figures)
    if let accumulation { step.accumulation = accumulation }
    let own = try network.map { try Self.read(Network.self, $0) }
    if let fault = step.fault { try Self.fail(65, "\(figures): \(fault)") }
    if let network, let fault = own?.fault { try Self.fail(65, "\(network): \(fault)") }
    guard most >= 2 else { try Self.fail(64, "--most = \(most): must be at least 2") }
    let table = ScalingTable(step, networks: own.map { [$0] } ?? [.tenGigabit, .hundredGigabit], most: most)
    print(table.text, terminator: "")
    guard let svg else { return }
    do {
      try Data(table.svg.utf8).write(to: URL(filePath: svg))
    } catch {
      try Self.fail(73, "\(svg): cannot be written")
    }
  }

  private static func read<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
    guard let data = FileManager.default.contents(atPath: path) else {
      try fail(66, "\(path): cannot be read")
    }
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch let DecodingError.keyNotFound(key, _) {
      try fail(65, "\(path): '\(key.stringValue)' is missing")
    } catch {
      try fail(65, "\(path): is no JSON of a \(type)")
    }
  }

  private static func fail(_ code: Int32, _ message: String) throws -> Never {
    FileHandle.standardError.write(Data("scaling: \(message)\n".utf8))
    throw ExitCode(code)
  }
}
