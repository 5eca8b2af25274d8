import Contrastive
import ExampleSupport
import Foundation
import NN
import RunKit

/// The two failures that the method warns of: superpixel features that become uniform, and memory that grows with the pixels.
public struct FailureExperiment: Experiment {
  public let work: ExperimentWork

  public init(_ work: ExperimentWork) { self.work = work }

  private var own: FailureSettings { settings.failures }

  public func run() throws {
    let rows = try RowStore(folder.file("rows.jsonl"))
    let sets = try work.readData(settings.data)
    let memory = own.sides.flatMap { side in
      own.strides.map { MemoryRun(side: side, channels: own.channels, stride: $0) }
    }
    let (step, loss) = (
      WorkProgress.Job("steps", cost: Double(own.steps)), WorkProgress.Job("memory")
    )
    let jobs = WorkProgress(sets.map { _ in step } + memory.map { _ in loss }, progress: progress)
    var report = FailureReport(notes: sets.flatMap(\.notes))
    for data in sets {
      var method = try settings.superCL()
      (method.recipe.steps, method.recipe.seed) = (own.steps, settings.seeds[0])
      let run = CollapseRun(
        settings: try method.settingsTree(),
        data: data.identity, width: settings.width, emptiedBehind: own.emptiedBehind, steps: own.steps)
      let row = try jobs.row(of: run, in: rows, "\(data.identity.name): features made uniform", step) {
        try run.result(on: data, report: $0)
      }
      report.collapses.append((data.identity.name, row))
    }
    for run in memory {
      let name = "ILCP of \(run.side) x \(run.side) pixels, stride \(run.stride)"
      report.memory.append(try jobs.row(of: run, in: rows, name, loss) { _ in try run.result() })
    }
    try report.write(to: folder)
    progress.note("page: \(folder.file("failures.html").path)")
  }
}

/// What `failures` runs.
public struct FailureSettings: Codable, Hashable, Sendable {
  /// Steps of the training whose features are made uniform: 20.
  public var steps = 20
  /// The step behind which they are: 10.
  public var emptiedBehind = 10
  /// Sides of feature maps: up to that of the paper, 32 at 512 px, and beyond.
  public var sides = [8, 16, 32, 64]
  /// Channels of a pixel: 512, as in the released network's bottleneck.
  public var channels = 512
  /// Strides of ILCP.
  public var strides = [1, 2, 4, 8, 16]

  public init() {}

  static var quick: FailureSettings {
    var settings = FailureSettings()
    (settings.steps, settings.emptiedBehind) = (4, 2)
    (settings.sides, settings.channels, settings.strides) = ([8, 16], 64, [1, 4])
    return settings
  }

  func validate(_ path: String) throws(ExampleFailure) {
    guard emptiedBehind >= 1, emptiedBehind < steps else {
      throw ExampleFailure(
        .data,
        "\(path): failures.emptiedBehind = \(emptiedBehind): must be at least 1 and below steps = \(steps)")
    }
    guard channels >= 1 else {
      throw ExampleFailure(.data, "\(path): failures.channels = \(channels): must be at least 1")
    }
    for (name, values) in [("sides", sides), ("strides", strides)]
    where values.isEmpty || values.contains(where: { $0 < 1 }) || Set(values).count != values.count {
      throw ExampleFailure(
        .data, "\(path): failures.\(name) = \(values): different numbers of at least 1, and at least one")
    }
  }
}
