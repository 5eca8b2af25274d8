import ExampleSupport
import ExperimentKit
import Foundation
import MedIO
import Testing

/// The paper's own experiment on small trees in the layouts of its sets.
@Suite struct PaperTests {
  private let tiny: TinyExperiment

  init() throws { tiny = try TinyExperiment() }

  private func tree(_ set: PaperSet) throws -> URL {
    let folder = tiny.folder.appending(path: "\(set.rawValue)")
    try SmallPaperTree.write(set, to: folder)
    return folder
  }

  @discardableResult
  private func run(_ set: PaperSet, _ folder: URL, _ output: String = "out") throws -> [String] {
    try tiny.run(tiny.settings, output: output) { try PaperExperiment(set, in: folder, $0).run() }
  }

  private struct Row: Decodable {
    struct Run: Decodable {
      struct Pretraining: Decodable { let set: String }
      let set: String
      let pretraining: Pretraining?
      let labelledPercent: Int?
      let patients: [Int]?
      let testPatients: [Int]?
      let batchSize: Int?
    }
    struct Result: Decodable {
      let dice: Double?; let images: Int?; let testSlices: Int?; let trainingSlices: Int?
    }
    let kind: String
    let run: Run
    let result: Result
  }

  private func rows(_ output: String = "out") throws -> [Row] {
    try tiny.text("\(output)/rows.jsonl").split(separator: "\n").map {
      try JSONDecoder().decode(Row.self, from: Data($0.utf8))
    }
  }

  @Test(arguments: [(PaperSet.chd, PaperSet.acdc), (.chd, .mmwhs), (.brats, .hvsmr), (.kits, .spleen)])
  func pretrainingThenFineTuning(_ source: PaperSet, _ target: PaperSet) throws {
    try run(source, tree(source))
    // Without an encoder in the folder Scratch runs alone.
    let alone = try run(target, tree(target), "alone")
    #expect(alone.contains { $0.contains("no encoder of \(source.rawValue)") })
    #expect(try rows("alone").count == 2)
    try run(target, tree(target))
    let tuned = try rows().filter { $0.kind == "paper-fine-tuning" }
    #expect(tuned.count == 4)
    #expect(
      Set(tuned.map { "\($0.run.pretraining?.set ?? "Scratch") \($0.run.labelledPercent ?? 0)" }) == [
        "Scratch 10", "Scratch 25", "\(source.rawValue) 10", "\(source.rawValue) 25",
      ])
    let split = try #require(target.dataset.split)
    for row in tuned {
      #expect(row.run.patients == (row.run.labelledPercent == 10 ? split.tenPercent : split.quarter))
      #expect(row.run.testPatients == split.test)
      // Two planes a patient.
      #expect(row.result.testSlices == 2 * split.test.count)
      #expect(row.result.trainingSlices == 2 * (row.run.patients?.count ?? 0))
    }
    let again = try run(target, tree(target))
    #expect(!again.contains { $0.contains("  [") })
  }

  /// Numbers as the paper prints them, by its table of DSC at 10 % and 25 %.
  @Test func thePapersRowStandsBesideOurs() throws {
    try run(.acdc, tree(.acdc))
    let table = try tiny.text("out/paper-acdc.md")
    let scratch = try #require(table.split(separator: "\n").first { $0.hasPrefix("| Scratch | 79.99 |") })
    #expect(scratch.contains("| 88.99 |"))
    #expect(table.contains("| SuperCL | 86.06 | - | 89.68 | - |"))
    #expect(try tiny.text("out/paper-acdc-claims.json").contains("the paper prints 79.99"))
    #expect(try !tiny.text("out/paper-acdc.html").isEmpty && !tiny.text("out/paper-acdc.svg").isEmpty)
  }

  @Test func aMissingPatientOfThePapersListIsNamed() throws {
    let folder = try tree(.mmwhs)
    for part in ["image", "label"] {
      try FileManager.default.removeItem(at: folder.appending(path: "ct_train/ct_train_1003_\(part).nii.gz"))
    }
    let failure = #expect(throws: ExampleFailure.self) { try run(.mmwhs, folder) }
    #expect(failure?.description.contains("[1003]") == true)
    let empty = #expect(throws: ExampleFailure.self) { try run(.chd, tiny.folder) }
    #expect(empty != nil)
  }

  /// Every layout that is written is read.
  @Test(arguments: PaperSet.allCases) func layoutsAreThoseOfTheSets(_ set: PaperSet) throws {
    let volumes = try set.dataset.open(tree(set))
    let split = set.dataset.split.map { Set($0.tenPercent + $0.quarter + $0.test) }
    #expect(split.map { $0.isSubset(of: Set(volumes.cases.map(\.key))) } ?? (volumes.count == 3))
    #expect(try volumes.prepared(at: 0).labels != nil)
    #expect(PaperSet(name: set.rawValue.lowercased()) == set)
  }
}
