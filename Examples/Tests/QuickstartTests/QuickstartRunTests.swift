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
    // In the pre-training of the first and of the second seed, in the search, and in the ceiling.
    for stop in [3, 9, 33, 78] {
      whole.output = folder.appending(path: "stopped-\(stop)")
      #expect(throws: Interruption.self) { try SmallRun.run(whole, stopAfter: stop) }
      try SmallRun.run(whole, resuming: true)
      #expect(try SmallRun.results(whole) == expected.0)
      #expect(try encoders() == expected.1)
    }
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
      $0.settings = try JSONEncoder().encode(Settings().replacing(from: original).with(steps: 5))
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
    let rows = try #require(try SmallRun.results(request) as? [[String: Any]])
    let differences = try #require(try SmallRun.report(request)["differences"] as? [[String: Any]])
    let page = try SmallRun.page(request)
    #expect(differences.map { $0["fraction"] as? Double } == [0.25, 0.5])
    for item in differences {
      func dice(_ method: String) -> [Double?] {
        request.seeds.map { seed in
          rows.first {
            $0["method"] as? String == method && $0["fraction"] as? Double == item["fraction"] as? Double
              && $0["seed"] as? UInt64 == seed && $0["class"] as? String == "mean"
          }?["dice"] as? Double
        }
      }
      var generator = RandomKey(seed: 1).stream(for: "paired comparison").generator
      let expected = PairedComparison(first: dice("scratch"), second: dice("supercl"), using: &generator)
      #expect(item["differences"] as? [Double] == expected.differences && expected.differences.count == 3)
      #expect(item["mean"] as? Double == expected.meanDifference)
      let interval = try #require(expected.interval)
      #expect(item["level"] as? Double == 0.95)
      #expect(item["low"] as? Double == interval.lowerBound && item["high"] as? Double == interval.upperBound)
      #expect(item["p_value"] as? Double == expected.test?.pValue)
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
