import ExperimentKit
import Foundation
import RunKit
import Testing

@Suite struct ComparisonTests {
  private let tiny: TinyExperiment

  init() throws { tiny = try TinyExperiment() }

  private func compare(
    _ settings: ExperimentSettings, _ output: String, stopAfter checks: Int = .max
  ) throws -> [String] {
    try tiny.run(settings, output: output, stopAfter: checks) { try Study.compare($0.settings).run($0) }
  }

  /// Stopped again and again, between jobs and inside trainings, a comparison ends in the rows of one that never was.
  @Test func anInterruptedComparisonGoesOnToTheSameRows() throws {
    let settings = tiny.settings
    _ = try compare(settings, "whole")
    var stops = 0
    // Each process gets a little further: 23 questions are some patients and some steps.
    while true {
      do {
        _ = try compare(settings, "parts", stopAfter: 23)
        break
      } catch is Interruption {
        stops += 1
        try #require(stops < 60)
      }
    }
    #expect(stops > 1)
    #expect(try tiny.rows("parts") == tiny.rows("whole"))
    #expect(try tiny.text("parts/compare-claims.json") == tiny.text("whole/compare-claims.json"))
  }

  @Test func whatIsDoneIsSkippedAndWhatChangedIsRun() throws {
    var settings = tiny.settings
    let first = try compare(settings, "out")
    let rows = try tiny.rows("out")
    // 4 pre-trainings, 4 probes, 4 fine-tunings by paper, 4 by tuned, and its search: 2 methods x 2 schedules x 1 seed.
    #expect(rows.count == 20)
    #expect(first.contains { $0.contains("[20/20]") && $0.contains("all done") })
    let second = try compare(settings, "out")
    #expect(try tiny.rows("out") == rows)
    #expect(!second.contains { $0.contains("/20]") })
    // Another length of one protocol: its four runs and no other.
    settings.compare.protocols[0].budgets = [5]
    let third = try compare(settings, "out")
    #expect(third.count { $0.contains("/20]") } == 4)
    #expect(try Set(tiny.rows("out")).isSuperset(of: rows))
    #expect(try tiny.rows("out").count == 24)
  }

  /// Rows alone make the page again: an encoder that is gone is missed only by a training that begins with it.
  @Test func whatIsDoneNeedsNoEncoder() throws {
    var settings = tiny.settings
    settings.compare.protocols.removeLast()
    _ = try compare(settings, "out")
    let rows = try tiny.rows("out")
    func losesEncoders() throws {
      try FileManager.default.removeItem(at: tiny.folder.appending(path: "out/encoders"))
    }
    try losesEncoders()
    let second = try compare(settings, "out")
    #expect(!second.contains { $0.contains("  [") })
    #expect(try tiny.rows("out") == rows)
    // Another length: Scratch needs no encoder, and those of the other method are trained again to the same rows.
    try losesEncoders()
    settings.compare.protocols[0].budgets = [5]
    let third = try compare(settings, "out")
    #expect(third.count { $0.contains("for its weights; ") } == 2)
    #expect(third.contains { $0.contains("[14/14]") && $0.contains("all done") })
    _ = try compare(settings, "whole")
    #expect(try Set(tiny.rows("out")) == Set(rows + tiny.rows("whole")))
  }

  /// A decoder that was pre-trained is where fine-tuning begins.
  @Test func fineTuningBeginsWithTheDecoderThatWasTrained() throws {
    var settings = tiny.settings
    (settings.seeds, settings.compare.viewSize) = ([1], 32)
    settings.compare.protocols.removeLast()
    settings.compare.methods = [
      MethodChoice(
        name: "decoder", method: "SuperCL",
        settings: try JSONDecoder().decode(
          JSONTree.self,
          from: Data(
            #"{"recipe": {"batchSize": 4}, "leastSuperpixels": 4, "intraLevel": {"decoder": {"_0": 2}}}"#.utf8
          )))
    ]
    _ = try compare(settings, "out")
    let rows = try tiny.rows("out")
    let encoders = tiny.folder.appending(path: "out/encoders")
    let decoder = try #require(
      FileManager.default.contentsOfDirectory(at: encoders, includingPropertiesForKeys: nil)
        .first { $0.lastPathComponent.hasSuffix("-decoder.safetensors") })
    func tunedAgain() throws -> [String] {
      let url = tiny.folder.appending(path: "out/rows.jsonl")
      let kept = try tiny.text("out/rows.jsonl").split(separator: "\n").filter {
        !$0.contains("\"fine-tuning\"")
      }
      try Data((kept.joined(separator: "\n") + "\n").utf8).write(to: url)
      _ = try compare(settings, "out")
      return try tiny.rows("out")
    }
    #expect(try tunedAgain() == rows)
    // With the stages that were trained gone, it begins elsewhere.
    try FileManager.default.removeItem(at: decoder)
    #expect(try tunedAgain() != rows)
  }

  /// The validation side searches, the test side is scored once a run; both curves begin before the first step.
  @Test func searchesAreOfTheValidationSide() throws {
    _ = try compare(tiny.settings, "out")
    var scored: [String: Int] = [:]
    for line in try tiny.text("out/rows.jsonl").split(separator: "\n") {
      let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
      guard row["kind"] as? String == "fine-tuning", let run = row["run"] as? [String: Any] else { continue }
      let training = try #require(run["training"] as? [String: Any])
      let side = try #require(run["scored"] as? String)
      scored["\(training["name"] ?? "") \(side)", default: 0] += 1
      let result = try #require(row["result"] as? [String: Any])
      let curve = try #require(result["curve"] as? [String: Any])
      let steps = try #require(curve["steps"] as? [Int])
      #expect(steps.first == 0 && steps.last == (training["budgets"] as? [Int])?[0])
      #expect((result["patients"] as? [Any])?.isEmpty == false)
      // A row tells what it was made with, and nothing of where files lie.
      #expect(!line.contains(tiny.folder.path))
      #expect(line.contains("image.nii: ") && line.contains("\"cohort\":{"))
    }
    #expect(scored == ["paper test": 4, "tuned test": 4, "tuned validation": 4])
  }

  /// The kept CT is 112 x 128 at the default size, and methods that cut crops refuse a slice with a side shorter than they are.
  @Test func slicesNeedNotBeSquare() throws {
    let narrow = try TinyExperiment(width: 16)
    var settings = narrow.settings
    settings.seeds = [1]
    settings.compare.viewSize = 32
    func numbers(_ text: String) throws -> JSONTree {
      try JSONDecoder().decode(JSONTree.self, from: Data(text.utf8))
    }
    settings.compare.methods = [
      MethodChoice(name: "Scratch"),
      MethodChoice(name: "PCL", settings: try numbers(#"{"recipe": {"batchSize": 4}}"#)),
      MethodChoice(
        name: "true masks", method: "SuperCL",
        settings: try numbers(#"{"recipe": {"batchSize": 4}, "leastSuperpixels": 4, "pseudoMasks": "given"}"#)
      ),
    ]
    try narrow.run(settings) { try Study.compare($0.settings).run($0) }
    #expect(try narrow.rows("out").count { $0.contains(#""kind":"pretraining""#) } == 3)
  }

  @Test func thePageSaysWhoThePatientsAre() throws {
    _ = try compare(tiny.settings, "out")
    let page = try tiny.text("out/compare.html")
    #expect(page.contains("virtual patients of one person"))
    #expect(page.contains("The least number of pairs is 2"))
    #expect(page.contains("two views - Scratch"))
    for name in [
      "compare.md", "compare-claims.svg", "compare-probes.svg", "compare-tiny-paper-4-50.svg",
      "compare-tiny-tuned-3-50.svg",
    ] { #expect(try !tiny.text("out/\(name)").isEmpty) }
    let claims = try JSONSerialization.jsonObject(with: Data(tiny.text("out/compare-claims.json").utf8))
    let list = try #require(claims as? [[String: Any]])
    #expect(list.count == 2)
    for kind in ["dice", "probe"] {
      #expect(list.allSatisfy { (($0[kind] as? [String: Any])?["differences"] as? [Double])?.count == 2 })
    }
  }

  /// The probe's differences have intervals and corrected p-values as those of fine-tuning have, once two patients are scored.
  @Test func differencesOfTheProbeHaveAnInterval() throws {
    var settings = tiny.settings
    settings.cohort.testPatientsPerSlab = 2
    _ = try compare(settings, "out")
    let claims = try JSONSerialization.jsonObject(with: Data(tiny.text("out/compare-claims.json").utf8))
    for claim in try #require(claims as? [[String: Any]]) {
      #expect((claim["probe"] as? [String: Any])?["low"] != nil)
      #expect(claim["adjustedProbePValue"] != nil)
    }
    #expect(try tiny.text("out/compare-probes.svg").contains("two views - Scratch"))
    #expect(try tiny.text("out/compare.md").contains("| frozen probe | interval | p (Holm) |"))
  }

  /// Both experiments on superpixels share rows: the 100 superpixels of the one are among those of the other.
  @Test func superpixelRunsAreSharedBetweenExperiments() throws {
    var settings = tiny.settings
    settings.superpixels.counts = [16, 100]
    try tiny.run(settings) { try LeakageExperiment($0).run() }
    #expect(try tiny.rows("out").count == 1)
    try tiny.run(settings) { try ClusterExperiment($0).run() }
    // 16 and 100 at compactness 10, one adaptive, and 50 for the adaptive one.
    #expect(try tiny.rows("out").count == 4)
    for name in ["leakage.html", "leakage.md", "clusters.html", "clusters.svg", "clusters.md"] {
      #expect(try !tiny.text("out/\(name)").isEmpty)
    }
    #expect(try tiny.text("out/leakage.html").contains("data:image/png"))
  }

  @Test func theCohortIsShown() throws {
    try tiny.run(tiny.settings) { try CohortExperiment($0).run() }
    let page = try tiny.text("out/cohort.html")
    #expect(page.contains("a result on them says nothing of other people"))
    #expect(page.components(separatedBy: "data:image/png").count == 4)
  }
}
