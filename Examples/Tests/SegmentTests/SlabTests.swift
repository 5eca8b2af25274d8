import ExampleSupport
import Foundation
import NN
import RunKit
import SegmentKit
import Tensor
import Testing

/// A single scan, cut to slabs that train and validate.
@Suite struct SlabTests {
  private let folder: ScanFolder

  init() throws {
    folder = try ScanFolder()
    try folder.scan("anna", shape: [44, 24, 20], seed: 1)
  }

  private func request(dimensions: Int, steps: Int = 4) -> SegmentRequest {
    var request = folder.request(dimensions: dimensions, steps: steps)
    (request.settings.slabLength, request.settings.validationShare) = (8, 0.25)
    return request
  }

  /// Planes, from 1, of a name such as "anna, planes 13 to 20".
  private func planes(_ name: String) throws -> ClosedRange<Int> {
    let match = try #require(name.firstMatch(of: /^anna, planes (\d+) to (\d+)$/))
    return try #require(Int(match.output.1))...#require(Int(match.output.2))
  }

  @Test(arguments: [2, 3]) func slabsAreNeighboursOfNobody(dimensions: Int) throws {
    let request = request(dimensions: dimensions)
    let (lines, warnings) = try folder.run(request)
    let report = try folder.report(request)
    let training = try #require(report["training"] as? [String]).map(planes)
    let validation = try #require(report["validation"] as? [String]).map(planes)
    // Four slabs of 8 in 44 planes, one of which validates.
    #expect(training.count == 3 && validation.count == 1)
    #expect(lines.contains { $0.contains("3 slabs train, 1 validate; 1 classes") })
    #expect(warnings.contains { $0.contains("say nothing of other people") })
    let all = (training + validation).sorted { $0.lowerBound < $1.lowerBound }
    #expect(all.allSatisfy { $0.count == 8 } && all[0].lowerBound == 1 && all[3].upperBound == 44)
    for (first, second) in zip(all, all.dropFirst()) { #expect(second.lowerBound - first.upperBound > 2) }
    let scores = try #require(report["scores"] as? [String: Any])
    #expect((scores["scans"] as? [String])?.count == 1)
  }

  @Test func whatIsLearnedOnSlabsIsFoundInOthers() throws {
    var request = request(dimensions: 3, steps: 60)
    // Every second slab is held out: one of the two in the middle, which have the box, is among them.
    request.settings.validationShare = 0.5
    try folder.run(request)
    let report = try folder.report(request)
    let held = try #require(report["validation"] as? [String]).map(planes).map(\.lowerBound)
    #expect(held == [1, 25] || held == [13, 37], "\(held)")
    let classes = try #require((report["scores"] as? [String: Any])?["classes"] as? [[String: Any]])
    #expect(try #require(classes[0]["dice"] as? Double) > 0.8, "\(report["validation"] ?? "")")
    #expect(try #require(classes[0]["assd"] as? Double) < 2)
  }

  @Test func aSlabIsAsDeepAsAPatch() throws {
    var request = request(dimensions: 3)
    request.settings.slabLength = 7
    let failure = #expect(throws: ExampleFailure.self) { try folder.run(request) }
    #expect(
      failure?.description.contains("slabLength = 7: a slab is at least as deep as a patch, 8") ?? false)
  }

  /// Each change of patches has a name, in both dimensions.
  @Test(arguments: SegmentSettings.Augmentation.allCases, [2, 3])
  func everyAugmentationTrains(augmentation: SegmentSettings.Augmentation, dimensions: Int) throws {
    var request = request(dimensions: dimensions, steps: 2)
    request.settings.augmentation = augmentation
    try folder.run(request)
    let losses = try #require(try folder.report(request)["losses"] as? [Double])
    #expect(losses.count == 2 && losses.allSatisfy(\.isFinite))
  }

  /// Ctrl-C is heard among the windows of a validation; the training then ends in the bits of one that was never stopped.
  @Test func aValidationIsInterrupted() throws {
    for name in ["bert", "cleo"] { try folder.scan(name, seed: 5) }
    let whole = folder.request(dimensions: 3, steps: 4)
    try folder.run(whole)
    let expected = try Data(contentsOf: folder.file("out/model.safetensors"))
    var (stops, waiting) = (0, 0)
    // Behind the questions before the training come those of steps and windows.
    for stop in 6..<40 {
      var parts = folder.request(dimensions: 3, steps: 4, output: "parts-\(stop)")
      parts.checkpointInterval = 100
      let state = folder.file("parts-\(stop)/state/training.safetensors")
      do {
        try folder.run(parts, stopAfter: stop)
        break
      } catch is Interruption {
        stops += 1
        if let file = try? TrainingCheckpoint(contentsOf: state), file.fields["unscored"] != nil {
          waiting += 1
        }
      }
      try folder.run(parts, mode: .resuming)
      let model = try Data(contentsOf: folder.file("parts-\(stop)/model.safetensors"))
      #expect(model == expected, "stopped at \(stop)")
    }
    #expect(stops > 8 && waiting > 4, "\(stops) stops, \(waiting) of them in a validation")
  }
}
