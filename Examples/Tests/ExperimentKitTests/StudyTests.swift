import Contrastive
import ExampleSupport
import ExperimentKit
import Foundation
import QuickstartKit
import RunKit
import Testing

/// Studies of SuperCL's parts: who takes part, what differs between them, and what is written.
@Suite struct StudyTests {
  private let tiny: TinyExperiment

  init() throws { tiny = try TinyExperiment() }

  /// One seed, one short protocol, views of 32 pixels with few superpixels.
  private var settings: ExperimentSettings {
    var settings = tiny.settings
    settings.seeds = [1]
    settings.compare.pretrainingSteps = 2
    settings.ablations.settings = try? JSONDecoder().decode(
      JSONTree.self, from: Data(#"{"recipe": {"batchSize": 2}, "leastSuperpixels": 4}"#.utf8))
    settings.ablations.protocols[0].budgets = [2]
    settings.ablations.protocols[0].batchSize = 2
    settings.ablations.imageCounts = [3, 5]
    return settings
  }

  private func run(
    _ settings: ExperimentSettings, _ study: (ExperimentSettings) throws -> Study
  ) throws -> [String] {
    try tiny.run(settings) { try study($0.settings).run($0) }
  }

  private struct Row: Decodable {
    struct Run: Decodable {
      let method: String?
      let settings: Settings?
      let pretraining: Pretraining?
      let data: Identity?
      let imageCount: Int?
      let intensities: String?
      let matchedTo: Identity?
    }
    struct Pretraining: Decodable { let method: String; let data: Identity }
    struct Identity: Decodable { let name: String }
    struct Settings: Decodable {
      struct Weights: Decodable { let instance, intra, inter: Double }
      let weights: Weights?
      let pseudoMasks: String?
      let fixedViewMirrors: String?
      let fixedViewGeometry: JSONTree?
      let pixelSampling: JSONTree?
    }
    struct Result: Decodable {
      let images: Int?
      let rows: Int?
      let peakMiB: Double?
    }
    let kind: String
    let run: Run
    let result: Result
  }

  private func rows(_ kind: String, _ method: String? = nil) throws -> [Row] {
    try tiny.text("out/rows.jsonl").split(separator: "\n").map {
      try JSONDecoder().decode(Row.self, from: Data($0.utf8))
    }.filter { $0.kind == kind && (method == nil || $0.run.method == method) }
  }

  private func claims(_ name: String) throws -> [[String: Any]] {
    try JSONSerialization.jsonObject(with: Data(tiny.text("out/\(name)-claims.json").utf8))
      as? [[String: Any]]
      ?? []
  }

  private func differences(_ name: String) throws -> Set<String> {
    Set(try claims(name).map { "\($0["method"] ?? "") - \($0["baseline"] ?? "")" })
  }

  @Test func everyTermAndPairOfTermsIsTrained() throws {
    _ = try run(settings, Study.terms)
    let weights = try rows("pretraining", "SuperCL").compactMap(\.run.settings?.weights)
    #expect(
      Set(weights.map { [$0.instance, $0.intra, $0.inter] }) == [
        [1, 0, 0], [0, 1, 0], [0, 0, 0.5], [1, 1, 0], [1, 0, 0.5], [0, 1, 0.5], [1, 1, 0.5],
      ])
    #expect(try rows("fine-tuning").count == 8 && rows("probe").count == 8)
    // Each of seven against Scratch, and each of the other six against the whole.
    #expect(try differences("terms").count == 13 && differences("terms").contains("L_intra - SuperCL"))
    let sentence = try #require(try claims("terms").first?["sentence"] as? String)
    #expect(
      sentence.contains("tiny, paper, 2 steps, 50 % of the patients labelled") && sentence.contains("1 pair"))
    for name in [
      "terms.html", "terms.md", "terms-scores.svg", "terms-claims.svg", "terms-tiny-paper-2-50.svg",
    ] {
      #expect(try !tiny.text("out/\(name)").isEmpty)
    }
  }

  @Test func oneStudyTrainsWhatAnotherHasNotAndNoMore() throws {
    _ = try run(settings, Study.terms)
    let before = try tiny.rows("out").count
    let lines = try run(settings, Study.intraOnly)
    // PCL, its probe and its fine-tuning; ILCP alone, Scratch and SuperCL are those of the other study.
    #expect(try tiny.rows("out").count == before + 3)
    #expect(lines.count { $0.contains("  [") } == 3)
    #expect(
      try differences("intra-only").isSuperset(of: [
        "ILCP alone - PCL", "ILCP alone - Scratch", "SuperCL - ILCP alone",
      ]))
    let again = try run(settings, Study.intraOnly)
    #expect(!again.contains { $0.contains("  [") })
    #expect(try tiny.rows("out").count == before + 3)
  }

  @Test func pseudoMasksTakeThePlaceOfSuperpixels() throws {
    _ = try run(settings, Study.pseudoMasks)
    let masks = try rows("pretraining", "SuperCL").compactMap(\.run.settings?.pseudoMasks)
    #expect(Set(masks) == Set(PseudoMasks.allCases.map(\.rawValue)) && masks.count == 5)
    #expect(try tiny.text("out/pseudo-masks.html").contains("not a pre-training without labels"))
  }

  @Test func fixedViewsMoveInThreeWays() throws {
    _ = try run(settings, Study.geometry)
    let found = try rows("pretraining", "SuperCL").compactMap { row -> String? in
      guard let settings = row.run.settings, case .object(let geometry)? = settings.fixedViewGeometry else {
        return nil
      }
      return "\(geometry.keys.first ?? "") \(settings.fixedViewMirrors ?? "")"
    }
    #expect(
      Set(found) == ["still none", "mapsWarped none", "mapsUnwarped none", "still withVariedViews"])
  }

  /// Every stride has Dice, and a step of it seconds and memory; n rows are two views' pixels, every stride-th.
  @Test func stridesAreWeighedAndTimed() throws {
    var settings = settings
    settings.ablations.strides = [1, 4]
    _ = try run(settings, Study.stride)
    let costs = try rows("step-cost")
    #expect(costs.count == 2 && costs.allSatisfy { ($0.result.peakMiB ?? 0) > 0 })
    // A map of 32 x 32 pixels in both views, every pixel and every fourth.
    #expect(costs.map(\.result.rows) == [2048, 512])
    #expect(try rows("pretraining", "SuperCL").count == 2)
    #expect(try tiny.text("out/stride.md").contains("seconds a step"))
    #expect(try !tiny.text("out/stride-dose-tiny-paper-2-0.5.svg").isEmpty)
  }

  @Test func moreImagesContainTheFewer() throws {
    _ = try run(settings, Study.unlabelled)
    let seen = try rows("pretraining", "SuperCL")
    #expect(seen.map(\.run.imageCount) == [3, 5, nil])
    #expect(seen.prefix(2).map(\.result.images) == [3, 5] && (seen[2].result.images ?? 0) > 5)
    #expect(try rows("pretraining", "Scratch").count == 1)
    let data = try ExperimentData.read(
      settings.data[0], cohort: settings.cohort, longestSide: 32, folders: DataFolders(),
      in: try ExperimentFolder(tiny.folder.appending(path: "data")),
      progress: RunProgress(say: { _ in }, isInterrupted: { false }))
    let all = data.pretrainingImages().map(\.image)
    let (few, more) = (
      try data.pretrainingImages(count: 3, seed: 4).map(\.image),
      try data.pretrainingImages(count: 5, seed: 4).map(\.image)
    )
    #expect(few.count == 3 && few.allSatisfy(more.contains) && more.allSatisfy(all.contains))
    #expect(try data.pretrainingImages(count: 5, seed: 5).map(\.image) != more)
    #expect(throws: ExampleFailure.self) { try data.pretrainingImages(count: all.count + 1, seed: 4) }
  }

  @Test func anEncoderGoesFromOneSetToTheOther() throws {
    var settings = settings
    #expect(throws: ExampleFailure.self) { try run(settings, Study.transfer) }
    var other = settings.data[0]
    (other.name, other.window) = ("other", 0...60)
    settings.data.append(other)
    _ = try run(settings, Study.transfer)
    // On each set its own encoder, the other's, both inverted, and the other's with its own histogram.
    let tuned = try rows("fine-tuning").filter { $0.run.pretraining?.method == "SuperCL" }
    #expect(tuned.count == 10)
    let crossed = tuned.filter { $0.run.data != nil }
    #expect(crossed.count == 6 && crossed.allSatisfy { $0.run.data?.name != $0.run.pretraining?.data.name })
    let matched = try rows("pretraining", "SuperCL").filter { $0.run.intensities == "histogram" }
    #expect(matched.count == 2)
    #expect(matched.allSatisfy { $0.run.matchedTo != nil && $0.run.matchedTo?.name != $0.run.data?.name })
    #expect(try rows("pretraining", "SuperCL").count { $0.run.intensities == "inverted" } == 2)
    #expect(
      try differences("transfer").isSuperset(of: [
        "SuperCL on other - SuperCL on tiny", "SuperCL on tiny, histogram - Scratch",
      ]))
  }

  @Test func countsAreSetByHandAndAdaptive() throws {
    var settings = settings
    settings.ablations.segmentCounts = [4, 6]
    _ = try run(settings, Study.counts)
    #expect(try rows("pretraining", "SuperCL").count == 3)
    #expect(try differences("counts").contains { $0.hasPrefix("4 superpixels - adaptive") })
  }

  @Test func aStudyOfTheValidationSideScoresNoTestPatient() throws {
    var settings = settings
    settings.compare.scored = .validation
    _ = try run(settings, Study.intraOnly)
    let text = try tiny.text("out/rows.jsonl")
    #expect(!text.contains("(test ") && text.contains("(validation "))
    #expect(try tiny.text("out/intra-only.html").contains("Dice on the validation side"))
    settings.compare.scored = .train
    #expect(throws: ExampleFailure.self) { try run(settings, Study.intraOnly) }
  }
}
