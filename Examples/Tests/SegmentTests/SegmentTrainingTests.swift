import Contrastive
import ExampleSupport
import Foundation
import MedIO
import NN
import RunKit
import SegmentKit
import Tensor
import Testing

@Suite struct SegmentTrainingTests {
  private let folder: ScanFolder

  /// Three patients, one of them scanned twice.
  init() throws {
    folder = try ScanFolder()
    for (index, name) in ["anna_ses-1", "anna_ses-2", "bert", "cleo"].enumerated() {
      try folder.scan(name, seed: UInt64(index + 1))
    }
  }

  @Test(arguments: [2, 3]) func aTrainingGivesAModelThatFindsTheBox(dimensions: Int) throws {
    let request = folder.request(dimensions: dimensions, steps: 60)
    let (lines, warnings) = try folder.run(request)
    #expect(warnings.isEmpty, "\(warnings)")
    #expect(lines.contains { $0.contains("60 steps") })
    let report = try folder.report(request)
    let scores = try #require((report["scores"] as? [String: Any])?["classes"] as? [[String: Any]])
    #expect(scores.count == 1 && scores[0]["name"] as? String == "label 3")
    let dice = try #require(scores[0]["dice"] as? Double)
    #expect(dice > 0.9)
    // Distances are millimetres of the file's grid: less than a voxel's diagonal on average.
    #expect(try #require(scores[0]["assd"] as? Double) < 2.5)
    #expect((report["losses"] as? [Double])?.count == 60)
    #expect((report["validationSteps"] as? [Int])?.last == 60)
    let page = try String(contentsOf: request.output.appending(path: "report.html"), encoding: .utf8)
    #expect(page.contains("data:image/png") && page.contains("label 3") && page.contains("<svg"))
    // The model's file is all that a prediction needs.
    try FileManager.default.copyItem(
      at: folder.file("out/model.safetensors"), to: folder.file("model.safetensors"))
    try FileManager.default.removeItem(at: folder.file("out"))
    try folder.predict("data/images/cleo.nii.gz")
    let found = try NIfTI.readLabels(from: folder.file("found/cleo-labels.nii.gz"))
    #expect(Set(found.labelMap.distinctLabels) == [0, 3])
  }

  @Test func patientsDoNotStandOnBothSides() throws {
    for seed in UInt64(1)...4 {
      var request = folder.request(steps: 1)
      request.settings.seed = seed
      request.settings.validationShare = 0.4
      try folder.run(request, mode: .restarting)
      let report = try folder.report(request)
      let training = try #require(report["training"] as? [String])
      let validation = try #require(report["validation"] as? [String])
      #expect(Set(training).union(validation).count == 4 && Set(training).isDisjoint(with: validation))
      #expect(training.contains("anna_ses-1") == training.contains("anna_ses-2"))
    }
  }

  @Test(arguments: [(LabelBudget.patients(1), 1), (.fraction(0.5), 1), (.patients(9), 2), (.all, 2)])
  func fewLabelsAreWholePatients(budget: LabelBudget, patients: Int) throws {
    var request = folder.request(steps: 1)
    request.labels = budget
    try folder.run(request)
    let training = try #require(try folder.report(request)["training"] as? [String])
    #expect(Set(training.map { $0.prefix(4) }).count == patients)
  }

  @Test func aSinglePatientIsNotScored() throws {
    try FileManager.default.removeItem(at: folder.file("data"))
    try folder.scan("anna", seed: 1)
    let request = folder.request(steps: 2)
    let (_, warnings) = try folder.run(request)
    #expect(warnings.count == 1 && warnings[0].contains("no patient is left to validate with"))
    #expect(try folder.report(request)["scores"] == nil)
    #expect(
      try SegmentModel(contentsOf: folder.file("out/model.safetensors")).description.spacing == [nil, 1, 1])
  }

  /// Stopped twice, among the scans and among the steps, a training ends in the bits of one that was never stopped.
  @Test func anInterruptedTrainingEndsInTheSameBits() throws {
    let whole = folder.request(steps: 6)
    try folder.run(whole)
    var parts = folder.request(steps: 6, output: "parts")
    parts.checkpointInterval = 1
    #expect(throws: Interruption.self) { try folder.run(parts, stopAfter: 10) }
    #expect(throws: Interruption.self) { try folder.run(parts, mode: .resuming, stopAfter: 16) }
    let (lines, _) = try folder.run(parts, mode: .resuming)
    #expect(lines.contains { $0.hasPrefix("going on behind step ") })
    let files = ["out", "parts"].map { folder.file("\($0)/model.safetensors") }
    #expect(try Data(contentsOf: files[0]) == Data(contentsOf: files[1]))
  }

  @Test func aRunIsNotWrittenOverAndNotGoneOnWithByAnother() throws {
    var request = folder.request(steps: 2)
    try folder.run(request)
    #expect(throws: ExampleFailure.self) { try folder.run(request) }
    request.settings.learningRate = 0.5
    let failure = #expect(throws: ExampleFailure.self) { try folder.run(request, mode: .resuming) }
    #expect(
      failure?.kind == .usage
        && failure?.description.contains("learningRate = 0.01, now learningRate = 0.5") ?? false)
    #expect(throws: Never.self) { try folder.run(request, mode: .restarting) }
  }

  @Test(arguments: [2, 3]) func aPretrainedEncoderIsWhereItBegins(dimensions: Int) throws {
    var generator = RandomKey(seed: 99).generator
    let configuration = UNetConfiguration(widths: [4, 8, 16])
    let encoder: any Module<Float> =
      dimensions == 2
      ? UNetEncoder<Float>(configuration, using: &generator)
      : UNetEncoder3D<Float>(configuration, using: &generator)
    try encoder.save(to: folder.file("encoder.safetensors"))
    var request = folder.request(dimensions: dimensions, steps: 1)
    request.encoder = folder.file("encoder.safetensors").path
    request.settings.learningRate = 1e-9
    try folder.run(request)
    let model = try Safetensors(contentsOf: folder.file("out/model.safetensors"))
    let name = "stages.0.conv1.weight"
    let trained = try #require(model.tensor("encoder.\(name)", of: Float.self))
    let drawn = try #require(encoder.state().tensor(name, of: Float.self))
    #expect(trained.isClose(to: drawn, absoluteTolerance: 1e-6))
  }

  /// Of a learner the decoder's stages that it trained are taken, too; the finest stage was not among them.
  @Test func aLearnersDecoderIsWhereItBegins() throws {
    var generator = RandomKey(seed: 99).generator
    let encoder = UNetEncoder<Float>(UNetConfiguration(widths: [4, 8, 16]), using: &generator)
    let learner = GCLLocalLearner(
      encoder: encoder, decoderStages: 1, embeddingSize: 8, using: &generator)
    let url = folder.file("learner.safetensors")
    try learner.save(to: url)
    var request = folder.request(steps: 1)
    request.encoder = url.path
    request.settings.learningRate = 1e-9
    try folder.run(request)
    let model = try Safetensors(contentsOf: folder.file("out/model.safetensors"))
    let drawn = learner.state()
    for name in [
      "encoder.stages.0.conv1.weight", "decoder.stages.0.up.weight", "decoder.stages.0.conv2.weight",
    ] {
      let trained = try #require(model.tensor(name, of: Float.self))
      let given = try #require(drawn.tensor(name, of: Float.self))
      #expect(trained.isClose(to: given, absoluteTolerance: 1e-6), "\(name)")
    }
    #expect(drawn.tensor("decoder.stages.1.up.weight", of: Float.self) == nil)
  }

  @Test func classesMergeLabelsAndOthersAreRefusedOrBackground() throws {
    try folder.scan("cleo", label: 5, seed: 9)
    var request = folder.request(steps: 1)
    request.classes = [try RequestedClass(argument: "box=3")]
    let failure = #expect(throws: ExampleFailure.self) { try folder.run(request) }
    #expect(
      failure?.kind == .data && failure?.description.contains("the label 5 is not among [0, 3]") ?? false)
    request.otherLabels = .background
    try folder.run(request, mode: .restarting)
    request.classes = [try RequestedClass(argument: "box=5+3")]
    try folder.run(request, mode: .restarting)
    let model = try SegmentModel(contentsOf: folder.file("out/model.safetensors"))
    #expect(model.description.classes.map(\.label) == [0, 5] && model.description.classes[1].name == "box")
  }
}
