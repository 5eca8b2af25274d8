import Contrastive
import ExampleSupport
import Foundation
import MedIO
import Metrics
import QuickstartKit
import RunKit
import Synchronization
import Tensor
import Testing

/// The whole run on a small volume: what it writes, and that stopping changes nothing.
@Suite struct QuickstartRunTests {
  @Test func stoppedAnywhereAndResumedItIsTheUnbrokenRun() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var whole = try SmallRun.request(in: folder, depth: 40, classes: 3)
    try SmallRun.run(whole)
    func encoders() throws -> [Data] {
      try [1, 2].map { try Data(contentsOf: whole.output.appending(path: "encoder_seed\($0).safetensors")) }
    }
    let expected = try (SmallRun.results(whole), encoders())
    // At the beginning and the end of pre-training, in the search, in fine-tuning, and in the ceiling.
    for stop in [3, 9, 33, 50, 62] {
      whole.output = folder.appending(path: "stopped-\(stop)")
      #expect(throws: Interruption.self) { try SmallRun.run(whole, stopAfter: stop) }
      try SmallRun.run(whole, resuming: true)
      #expect(try SmallRun.results(whole) == expected.0)
      #expect(try encoders() == expected.1)
    }
  }

  /// One training at a time on one thread, two and three of them on a thread each: the same bits, and the same order.
  @Test func howManyTrainSideBySideChangesNothing() async {
    await #expect(processExitsWith: .success) {
      let folder = try SmallRun.folder()
      defer { try? FileManager.default.removeItem(at: folder) }
      var request = try SmallRun.request(in: folder, depth: 40, classes: 2)
      var found: [(results: NSObject?, search: [ReadReport.Choice], encoders: [Data])] = []
      for count in [1, 2, 3] {
        ComputeThreads.count = count
        request.output = folder.appending(path: "\(count)")
        try SmallRun.run(request)
        // What was shared out is whole again.
        #expect(ComputeThreads.count == count)
        found.append(
          (
            try SmallRun.results(request), try ReadReport(request).search,
            try [1, 2].map {
              try Data(contentsOf: request.output.appending(path: "encoder_seed\($0).safetensors"))
            }
          ))
      }
      for other in found.dropFirst() {
        #expect(other.results == found[0].results && found[0].results != nil)
        #expect(other.search == found[0].search && found[0].search.count == 4)
        #expect(other.encoders == found[0].encoders)
      }
    }
  }

  /// Both methods have the same budget: every schedule once, with the first seed and the fewest labels.
  @Test func schedulesAreTriedWithTheFirstSeedAlone() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var request = try SmallRun.request(in: folder, depth: 40, classes: 2)
    request.fractions = [0.5, 0.25]
    try SmallRun.run(request)
    let state = request.output.appending(path: "state")
    let report = try ReadReport(request)
    var expected: Set<String> = []
    for method in ["scratch", "supercl"] {
      let tried = report.search.filter { $0.method == method }
      #expect(tried.map(\.candidate) == ["rate 0.002, 6 steps", "rate 0.001, 6 steps"])
      for (index, choice) in tried.enumerated() {
        let name = "\(method)-25%-seed1-schedule\(index + 1)"
        let outcome = try JSONDecoder().decode(
          ReadOutcome.self, from: Data(contentsOf: state.appending(path: "\(name).json")))
        #expect(choice.validation_dice == outcome.validationDice.last)
        expected.insert(name)
      }
      let best = try #require(tried.map(\.validation_dice).max())
      let chosen = try #require(tried.firstIndex { $0.validation_dice == best })
      #expect(tried.map(\.chosen) == tried.indices.map { $0 == chosen })
      expected.formUnion(
        ["25%-seed2", "50%-seed1", "50%-seed2"].map { "\(method)-\($0)-schedule\(chosen + 1)" })
      if method == "scratch" { expected.insert("scratch-100%-seed1-schedule\(chosen + 1)") }
    }
    let trained = try FileManager.default.contentsOfDirectory(atPath: state.path).filter {
      $0.contains("schedule") && $0.hasSuffix(".json")
    }
    #expect(Set(trained) == Set(expected.map { "\($0).json" }))
  }

  /// What was finished under other settings is no part of this run.
  @Test func aResumedRunWithOtherSettingsOrDataIsRefusedByName() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let begun = try SmallRun.request(in: folder, depth: 40, classes: 2)
    #expect(throws: Interruption.self) { try SmallRun.run(begun, stopAfter: 9) }
    func refusal(_ change: (inout RunRequest) throws -> Void) throws -> String {
      var request = begun
      try change(&request)
      let failure = try #require(throws: ExampleFailure.self) { try SmallRun.run(request, resuming: true) }
      #expect(failure.kind == .usage)
      return failure.description
    }
    let original = try #require(begun.settings)
    let settings = try refusal {
      $0.settings = try JSONEncoder().encode(
        Settings().replacing(from: original, path: "settings").with(steps: 5))
    }
    #expect(settings.contains("was begun with pretrainingSteps = 4, now pretrainingSteps = 5"))
    #expect(try refusal { $0.seeds = [1, 3] }.contains("was begun with seeds = [1, 2], now seeds = [1, 3]"))
    #expect(try refusal { $0.window = 0...2 }.contains("window = percentiles, now window = 0.0...2.0"))
    let (volume, bytes) = (try NIfTI.read(Float.self, from: begun.image), try Data(contentsOf: begun.image))
    try NIfTI.write(volume.with(voxels: volume.voxels * 2), to: begun.image)
    #expect(try refusal { _ in }.contains("content of the image"))
    try bytes.write(to: begun.image)
    try SmallRun.run(begun, resuming: true)
  }

  @Test func eachSeedIsPreTrainedByItself() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = try SmallRun.request(in: folder, depth: 40, classes: 2)
    try SmallRun.run(request)
    let encoders = try request.seeds.map {
      try Data(contentsOf: request.output.appending(path: "encoder_seed\($0).safetensors"))
    }
    #expect(encoders[0] != encoders[1])
    let report = try SmallRun.report(request)
    let pretraining = try #require(report["pretraining"] as? [[String: Any]])
    #expect(pretraining.map { $0["seed"] as? UInt64 } == [1, 2])
    let histories = try pretraining.map { try #require($0["history"] as? [[Any]]) }
    #expect(histories.allSatisfy { $0.count == 4 })
    #expect("\(histories[0])" != "\(histories[1])")
    #expect((report["spread"] as? [[String: Any]])?.map { $0["seed"] as? UInt64 } == [1, 2])
    // Alone the second seed comes to the same: nothing goes from one to the other.
    var alone = request
    alone.seeds = [2]
    alone.output = folder.appending(path: "alone")
    try SmallRun.run(alone)
    #expect(try Data(contentsOf: alone.output.appending(path: "encoder_seed2.safetensors")) == encoders[1])
  }

  /// One interval for each share of labels, of Metrics, over the pairs of that share alone; in JSON, page and lines.
  @Test func differencesAreThePairedComparisonOfEachFraction() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var request = try SmallRun.request(in: folder, depth: 40, classes: 2)
    (request.fractions, request.seeds) = ([0.25, 0.5], [1, 2, 5])
    let lines = try SmallRun.run(request).lines.joined(separator: "\n")
    let report = try ReadReport(request)
    let page = try SmallRun.page(request)
    #expect(report.differences.map(\.fraction) == [0.25, 0.5])
    for item in report.differences {
      func dice(_ method: String) -> [Double?] {
        request.seeds.map { seed in
          report.results.first {
            $0.method == method && $0.fraction == item.fraction && $0.seed == seed && $0.class == "mean"
          }?.dice
        }
      }
      var generator = RandomKey(seed: 1).stream(for: "paired comparison").generator
      let expected = PairedComparison(first: dice("scratch"), second: dice("supercl"), using: &generator)
      #expect(item.differences == expected.differences && expected.differences.count == 3)
      #expect(item.mean == expected.meanDifference && item.level == 0.95)
      let interval = try #require(expected.interval)
      #expect(item.low == interval.lowerBound && item.high == interval.upperBound)
      #expect(item.p_value == expected.test?.pValue)
      let text = String(format: "%+.3f ... %+.3f", interval.lowerBound, interval.upperBound)
      #expect(page.contains(text) && lines.contains("95 % interval \(text)"))
    }
    // Three pairs: 2 / 2^3.
    #expect(page.contains("signed-rank p is at least 0.25") && lines.contains("at least 0.25"))
  }

  @Test func resumingWithoutAFolderBeginsAfresh() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = try SmallRun.request(in: folder, depth: 40, classes: 2)
    try SmallRun.run(request, resuming: true)
    #expect(FileManager.default.fileExists(atPath: request.output.appending(path: "report.html").path))
  }

  @Test(arguments: [(20, 3), (40, 60)]) func shortVolumesAndManyLabelsRunToTheEnd(depth: Int, classes: Int)
    throws
  {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = try SmallRun.request(in: folder, depth: depth, classes: classes)
    try SmallRun.run(request)
    let rows = try #require(try SmallRun.results(request) as? [[String: Any]])
    // Scratch and SuperCL with two seeds, and the ceiling with one; every class and the mean.
    #expect(rows.count == 5 * (classes + 1))
    let prediction = try NIfTI.readLabels(
      from: request.output.appending(path: "prediction_supercl.nii.gz"))
    #expect(try prediction.grid.matches(NIfTI.readLabels(from: request.labels).grid))
  }
}

extension Settings {
  /// The same with another number of steps of pre-training.
  fileprivate func with(steps: Int) -> Settings {
    var settings = self
    settings.pretrainingSteps = steps
    return settings
  }
}

/// The part of a finished fine-tuning that chooses a schedule.
private struct ReadOutcome: Decodable {
  let validationDice: [Double]
}

/// The parts of `report.json` that schedules are chosen by and differences come from.
private struct ReadReport: Decodable {
  init(_ request: RunRequest) throws {
    let data = try Data(contentsOf: request.output.appending(path: "report.json"))
    self = try JSONDecoder().decode(Self.self, from: data)
  }

  struct Choice: Decodable, Equatable {
    let method, candidate: String
    let validation_dice: Double
    let chosen: Bool
  }

  struct Row: Decodable {
    let method: String
    let fraction: Double
    let seed: UInt64
    let `class`: String
    let dice: Double
  }

  struct Difference: Decodable {
    let fraction, mean: Double
    let differences: [Double]
    let level, low, high, p_value: Double?
  }

  let search: [Choice]
  let results: [Row]
  let differences: [Difference]
}
