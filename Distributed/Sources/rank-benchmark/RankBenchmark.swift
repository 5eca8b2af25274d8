public import ArgumentParser
import Foundation
import MPIRanks
public import NN
import ScalingModel
import Tensor

/// What several ranks cost: run it by `run.sh -n RANKS rank-benchmark COMMAND`.
@main
struct RankBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rank-benchmark", abstract: "Measures messages, and trainings over ranks.",
    subcommands: [Figures.self, Messages.self, Weak.self, Waiting.self, Serve.self])
}

/// What is trained, and how.
struct TrainingOptions: ParsableArguments {
  @Argument(help: "supercl or unet.")
  var training: Training

  @Option(help: "Images of a rank in a step.")
  var images = 8

  @Option(help: "Pixels of a side.")
  var side = 128

  @Option(help: "Threads of a rank; its share of the machine's processors unless given.")
  var threads: Int?

  @Option(help: "ofAllRanks (SyncBN) or ofEachRank.")
  var norms = RankSharing.NormStatistics.ofAllRanks

  @Option(help: "KiB of gradients that travel together.")
  var bucket = 4096

  var sharing: RankSharing { RankSharing(norms: norms, bucketBytes: bucket * 1024) }
  var name: String { "\(training.rawValue), \(images) images of \(side) px a rank" }
}

extension Training: ExpressibleByArgument {}
extension RankSharing.NormStatistics: @retroactive ExpressibleByArgument {}

/// Runs `body` with the ranks of this job; an error of one ends all.
func withRanks(threads: Int?, _ body: (MPICommunicator) throws -> Void) throws {
  let communicator = try MPICommunicator.start()
  do {
    try communicator.shareProcessors(threads: threads)
    try body(communicator)
    communicator.finish()
  } catch {
    communicator.leave("\(error)")
  }
}

func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// Figures of one rank, for `scaling`.
struct Figures: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the figures of a step on one rank, as JSON for `scaling`.")

  @OptionGroup var options: TrainingOptions

  @Option(help: "Steps that are timed.")
  var steps = 20

  func run() throws {
    try withRanks(threads: options.threads) { _ in
      let alone = try options.training.steps(
        images: options.images, side: options.side, SingleProcess())
      let seconds = try alone.run(steps)
      let echo = EchoCommunicator(count: 2)
      let pair = try options.training.steps(
        images: options.images, side: options.side, echo, options.sharing)
      _ = try pair.run(1)
      let before = echo.said
      let times = try pair.run(1)
      let after = echo.said
      // `run` takes one step more than it times.
      let taken = 2
      let sums = (after.sums - before.sums) / taken
      let gathers = (after.gathers - before.gathers) / taken
      let compute = median(seconds)
      let begun = after.begun.dropFirst(before.begun.count)
      let share = Self.backwardShare(Array(begun.suffix(begun.count / taken)), times.last ?? compute, before)
      let mean = seconds.reduce(0, +) / Double(seconds.count)
      let squares = seconds.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
      try printJSON(
        StepFigures(
          name: options.name, images: options.images, computeSeconds: compute,
          deviationSeconds: (squares / Double(max(seconds.count - 1, 1))).squareRoot(), backwardShare: share,
          gradientBytes: Double(after.gradientBytes - before.gradientBytes) / Double(taken),
          bucketBytes: Double(options.bucket * 1024),
          rowBytes: Double(after.gatherBytes - before.gatherBytes) / Double(taken), rowMessages: gathers,
          normMessages: sums / 2,
          normBytes: sums == 0 ? 0 : Double(after.sumBytes - before.sumBytes) / Double(taken * sums),
          pairSeconds: min(try Self.pairSeconds(options), compute)))
    }
  }

  /// From the first complete bucket to the last, which is about where the backward pass ends, as a share of the step.
  private static func backwardShare(
    _ begun: [ContinuousClock.Instant], _ step: Double, _ before: EchoCommunicator.Counts
  ) -> Double {
    guard let first = begun.first, let last = begun.last else { return 0 }
    return min(max((last - first) / .seconds(1) / step, 0), 1)
  }

  /// The seconds of losses that compare all rows with all, of one rank's rows: measured on 32 times as many, which take 1024 times
  /// as long.
  private static func pairSeconds(_ options: TrainingOptions) throws -> Double {
    guard options.training == .supercl else { return 0 }
    return RowLoss.seconds(rows: 64 * options.images, features: 128) * 2 / 1024
  }
}

/// What messages between two ranks cost.
struct Messages: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Prints latency and bandwidth between ranks 0 and 1, and the speed of sums, as JSON for `scaling`.")

  @Option(help: "The network's name.")
  var name = "measured"

  @Option(help: "processor, for ranks of one machine, or card.")
  var transport = "processor"

  func run() throws {
    try withRanks(threads: nil) { communicator in
      guard communicator.count >= 2 else { throw ValidationError("messages need two ranks: run.sh -n 2") }
      let partner = communicator.rank ^ 1
      func seconds(_ repetitions: Int, _ body: () throws -> Void) throws -> Double {
        var times: [Double] = []
        for _ in 0..<9 {
          try communicator.barrier()
          let start = ContinuousClock.now
          for _ in 0..<repetitions { try body() }
          times.append((ContinuousClock.now - start) / .seconds(1) / Double(repetitions))
        }
        return median(times)
      }
      let bytes = 4 << 20
      let (small, large) = (Tensor<UInt8>(zeros: [8]), Tensor<UInt8>(zeros: [bytes]))
      let pairs = communicator.rank < 2
      let latency = try seconds(1000) { if pairs { _ = try communicator.exchange(small, with: partner) } }
      let transfer = try seconds(10) { if pairs { _ = try communicator.exchange(large, with: partner) } }
      let values = Tensor<Float>(repeating: 1, shape: [bytes / 4])
      let sum = try seconds(10) {
        let begun = try communicator.startSum(values)
        _ = try begun.finish()
      }
      guard communicator.rank == 0 else { return }
      let bandwidth = Double(bytes) / max(transfer - latency, 1e-9)
      // A sum over n ranks by the long algorithm: what is left beside latency and transfer is addition.
      let (count, rounds) = (Double(communicator.count), log2(Double(communicator.count)).rounded(.up))
      let share = (count - 1) / count
      let adding = sum - 2 * rounds * latency - share * Double(bytes) * 2 / bandwidth
      try printJSON(
        Network(
          name: name, latency: latency, bandwidth: bandwidth,
          addition: share * Double(bytes) / max(adding, 1e-6),
          transport: Network.Transport(rawValue: transport) ?? .processor))
    }
  }
}

/// Ranks that train together against as many that train each by itself, in turns.
struct Weak: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Weak scaling: ranks that train together against as many processes that do not speak, in one run.",
    discussion: "With one rank it is the cost of the communicator itself.")

  @OptionGroup var options: TrainingOptions

  @Option(help: "Turns of each.")
  var rounds = 6

  @Option(help: "Steps of a turn.")
  var steps = 4

  @Option(help: "A file of `figures` of one rank, to predict from.")
  var figures: String?

  @Option(help: "A file of `messages`, to predict from.")
  var network: String?

  func run() throws {
    try withRanks(threads: options.threads) { communicator in
      let together = try options.training.steps(
        images: options.images, side: options.side, communicator, options.sharing)
      let apart = try options.training.steps(images: options.images, side: options.side, SingleProcess())
      _ = (try together.run(1), try apart.run(1))
      let (shared, alone) = try communicator.inTurn(
        rounds, together: { median(try together.run(steps)) }, apart: { median(try apart.run(steps)) })
      guard communicator.rank == 0 else { return }
      try report(communicator, shared, alone)
    }
  }

  private func report(_ communicator: MPICommunicator, _ shared: [Double], _ alone: [Double]) throws {
    let images = Double(communicator.count * options.images)
    func text(_ value: Double) -> String { String(format: "%.3f", value) }
    communicator.sayWhereItRuns()
    print(
      "\(options.name), \(communicator.count) ranks of \(ComputeThreads.count) threads, norms \(options.norms.rawValue)"
    )
    print("  together \(text(images / median(shared))) images/s, \(text(median(shared) * 1e3)) ms a step")
    print("  apart    \(text(images / median(alone))) images/s, \(text(median(alone) * 1e3)) ms a step")
    print("  together / apart: \(ratioText(alone, shared))")
    guard let figures, let network else { return }
    let decoder = JSONDecoder()
    let model = ScalingModel(
      try decoder.decode(StepFigures.self, from: Data(contentsOf: URL(filePath: figures))),
      try decoder.decode(Network.self, from: Data(contentsOf: URL(filePath: network))))
    let predicted = model.simulatedStep(ranks: communicator.count).seconds
    let error = predicted / median(shared) - 1
    print("  predicted \(text(predicted * 1e3)) ms a step: \(text(100 * error)) % off")
  }
}
