import Contrastive
import ExampleSupport
import ExperimentKit
import Foundation
import QuickstartKit
import RunKit
import Tensor
import Testing

/// Pairs of pixels, failures, volumes: what is measured beside Dice.
@Suite struct MechanismTests {
  private let tiny: TinyExperiment

  init() throws { tiny = try TinyExperiment() }

  private var settings: ExperimentSettings {
    var settings = tiny.settings
    settings.compare.pretrainingSteps = 2
    settings.ablations.settings = try? JSONDecoder().decode(
      JSONTree.self, from: Data(#"{"recipe": {"batchSize": 4}, "leastSuperpixels": 4}"#.utf8))
    return settings
  }

  private func result(_ kind: String) throws -> [[String: Any]] {
    try tiny.text("out/rows.jsonl").split(separator: "\n").compactMap {
      let row = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
      return row?["kind"] as? String == kind ? row : nil
    }
  }

  // MARK: Pairs

  @Test func pairsAreMeasuredBeforeAndAfter() throws {
    try tiny.run(settings) { try PairExperiment($0).run() }
    // Scratch, PCL and SuperCL with two seeds.
    let rows = try result("pairs")
    #expect(rows.count == 6)
    for row in rows {
      let patients = try #require(
        (row["result"] as? [String: Any])?["patients"] as? [[String: [String: Any]]])
      #expect(!patients.isEmpty)
      for kind in ["intraCluster", "interImage", "random"] {
        let bins = patients.map { ($0[kind]?["histogram"] as? [Int])?.reduce(0, +) ?? 0 }
        #expect(bins.allSatisfy { (1...100).contains($0) })
        #expect(patients.allSatisfy { abs(($0[kind]?["mean"] as? Double) ?? 2) <= 1.0001 })
      }
      // The nearest image's pixel at the same place has no chance to be missing.
      #expect(patients.allSatisfy { ($0["random"]?["histogram"] as? [Int])?.reduce(0, +) == 100 })
    }
    let claims =
      try JSONSerialization.jsonObject(with: Data(tiny.text("out/pairs-claims.json").utf8))
      as? [[String: Any]]
    #expect(claims?.count == 4 && claims?.allSatisfy { $0["sentence"] is String } == true)
    for name in ["pairs.html", "pairs.md", "pairs-means.svg", "pairs-tiny-after-supercl.svg"] {
      #expect(try !tiny.text("out/\(name)").isEmpty)
    }
    let again = try tiny.run(settings) { try PairExperiment($0).run() }
    #expect(!again.contains { $0.contains("  [") })
  }

  @Test func cosinesFallIntoTheirBins() {
    let found = PairSimilarities([-1, -0.99, 0, 0.01, 1])
    #expect(abs(found.mean + 0.98 / 5 - 0) < 1e-12)
    var expected = [Int](repeating: 0, count: PairSimilarities.binCount)
    (expected[0], expected[20], expected[39]) = (2, 2, 1)
    #expect(found.histogram == expected)
  }

  // MARK: Failures

  @Test func uniformFeaturesAreOneGroupAndAWarningAtThatStep() throws {
    var settings = settings
    (settings.failures.steps, settings.failures.emptiedBehind) = (6, 3)
    settings.failures.sides = [8, 32]
    settings.failures.strides = [1, 4]
    settings.failures.channels = 16
    try tiny.run(settings) { try FailureExperiment($0).run() }
    let collapse = try #require(try result("collapse").first?["result"] as? [String: Any])
    let components = try #require(collapse["components"] as? [Int])
    let warnings = try #require(collapse["warnings"] as? [[String]])
    #expect(components.count == 6 && components[3...].allSatisfy { $0 == 1 })
    #expect(warnings[3...].allSatisfy { $0.contains("one component") })
    #expect(try tiny.text("out/failures-claims.json").contains("of one component"))
    // n rows of d channels in O(n d): sixteen times the rows take far less than 256 times the memory, and the most rows less
    // than their similarities would.
    let memory = try result("memory").map { row -> (rows: Int, mebibytes: Double) in
      let result = row["result"] as? [String: Any] ?? [:]
      return (result["rows"] as? Int ?? 0, result["peakMiB"] as? Double ?? 0)
    }
    #expect(memory.map(\.rows) == [128, 32, 2048, 512])
    let most = try #require(memory.first { $0.rows == 2048 })
    #expect(most.mebibytes > 0 && most.mebibytes < 2048.0 * 2048 * 4 / 1_048_576)
    #expect(try !tiny.text("out/failures-memory.svg").isEmpty)
  }

  // MARK: Volumes

  private func patient(_ labels: [Tensor<Int32>]) -> Patient {
    Patient(
      identifier: "a", person: "a", part: .test, stratum: 0, images: labels.map { Tensor(zeros: $0.shape) },
      labels: labels, positions: [1], spacing: VoxelSpacing(plane: 3, row: 1, column: 1))
  }

  /// Two planes of a class moved by one plane of 3 mm; a class that is missed.
  @Test func volumesAreScoredInMillimetres() {
    let (empty, full) = (Tensor<Int32>(zeros: [4, 4]), Tensor<Int32>(repeating: 1, shape: [4, 4]))
    let patient = patient([empty, full, full, empty, empty])
    let spacing = VoxelSpacing(plane: 3, row: 1, column: 1)
    func scores(_ planes: [Tensor<Int32>], _ tolerance: Double = 1) -> VolumeScores {
      VolumeScores(
        patient, prediction: Tensor(stacking: planes), spacing: spacing, classCount: 3, tolerance: tolerance)
    }
    let same = scores(patient.labels)
    #expect(same.dice == 1 && same.hausdorff == 0 && same.surfaceDice == 1)
    let moved = scores([empty, empty, full, full, empty])
    #expect(moved.dice == 0.5 && moved.hausdorff == 3 && moved.surfaceDice == 0.5)
    #expect(scores([empty, empty, full, full, empty], 3).surfaceDice == 1)
    let missed = scores([empty, empty, empty, empty, empty])
    // 5 planes of 3 mm, 4 rows and columns of 1 mm.
    let diagonal = (15.0 * 15 + 4 * 4 + 4 * 4).squareRoot()
    #expect(missed.dice == 0 && missed.surfaceDice == 0)
    #expect(abs(missed.hausdorff - diagonal) < 4)
  }

  @Test func slicesAndVolumesOfTheSamePatientsAreTrained() throws {
    var settings = settings
    settings.volumes.patch = [4, 32, 32]
    try tiny.run(settings) { try VolumeExperiment($0).run() }
    let rows = try result("volumes")
    #expect(rows.count == 8)
    let patients = Set(
      rows.map { row in
        (((row["result"] as? [String: Any])?["patients"] as? [[String: Any]]) ?? []).compactMap {
          $0["patient"] as? String
        }
      })
    #expect(patients.count == 1 && patients.first?.isEmpty == false)
    let labelled = Dictionary(grouping: rows) { (($0["run"] as? [String: Any])?["seed"] as? Int) ?? 0 }
    for runs in labelled.values {
      #expect(Set(runs.map { (($0["run"] as? [String: Any])?["labelled"] as? [String]) ?? [] }).count == 1)
    }
    let claims =
      try JSONSerialization.jsonObject(with: Data(tiny.text("out/volumes-claims.json").utf8))
      as? [[String: Any]]
    // Three measures, four differences.
    #expect(claims?.count == 12)
    for name in [
      "volumes.html", "volumes.md", "volumes-dice.svg", "volumes-hd95.svg", "volumes-surface-dice.svg",
    ] {
      #expect(try !tiny.text("out/\(name)").isEmpty)
    }
  }

  // MARK: Intensities

  @Test func histogramsAreMatchedByRank() {
    func image(_ values: [Float]) -> PretrainingImage {
      PretrainingImage(Tensor(values, shape: [1, values.count, 1]))
    }
    let source = image([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    let target = image([0, 0, 0.5, 0.6, 0.7, 0.8, 0.9])
    func mapped(_ matching: IntensityMatching) -> [Float] {
      IntensityMatch(matching, from: [source], to: [target])(source).image.scalars
    }
    #expect(mapped(.asRead) == source.image.scalars)
    for (found, expected) in zip(mapped(.inverted), [0, 0.9, 0.8, 0.7, 0.6, 0.5] as [Float]) {
      #expect(abs(found - expected) < 1e-6)
    }
    for (found, expected) in zip(mapped(.histogram), [0, 0.5, 0.6, 0.7, 0.8, 0.9] as [Float]) {
      #expect(abs(found - expected) < 1e-2)
    }
  }
}
