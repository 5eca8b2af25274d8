import Contrastive
import ExampleSupport
import Foundation
import NN
import PretrainKit
import RunKit
import Tensor
import Testing

/// The whole run on a small volume: what it writes, and that stopping changes nothing.
@Suite struct PretrainRunTests {
  static let names = MethodRegistry.methods.map { $0.name }
  static let trained = names.filter { $0 != Scratch.name }

  @Test(arguments: names) func everyMethodWritesAnEncoderThatAUNetTakes(name: String) throws {
    let tiny = try TinyRun()
    for file in ["a.nii.gz", "b.nii"] { try tiny.write(file) }
    let request = tiny.request(name, "a.nii.gz", "b.nii")
    try tiny.run(request)
    let url = request.output.appending(path: "encoder.safetensors")
    var generator = RandomKey(seed: 1).generator
    let unet = UNet<Float>(UNetConfiguration(width: 2), classCount: 3, using: &generator)
    let before = unet.encoder.stages[0].conv1.weight.value
    try unet.encoder.load(from: url)
    #expect(unet.encoder.stages[0].conv1.weight.value != before)
    // The names of Examples/Interop/supercl_torch.py, and PyTorch's order of axes: [out, in, height, width].
    let file = try Safetensors(contentsOf: url)
    var names = ["center.conv1", "center.conv2"].flatMap { ["\($0).weight", "\($0).bias"] }
    for stage in 0..<4 {
      for part in 1...2 {
        names += ["weight", "bias"].map { "stages.\(stage).conv\(part).\($0)" }
        names += ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"].map {
          "stages.\(stage).norm\(part).\($0)"
        }
      }
    }
    #expect(Set(file.entries.keys) == Set(names))
    #expect(file.entries["stages.1.conv1.weight"]?.shape == [4, 2, 3, 3])
  }

  @Test(arguments: trained) func stoppedAnywhereAndResumedItIsTheUnbrokenRun(name: String) throws {
    let tiny = try TinyRun()
    try tiny.write("a.nii.gz")
    try tiny.write("b.nii", depth: 4)
    var request = tiny.request(name, "a.nii.gz", "b.nii")
    let lines = try tiny.run(request).lines
    #expect(lines.contains { $0.contains("step 3/3") && $0.contains("images/s") && $0.contains("left") })
    let expected = try tiny.encoder(request)
    // One question for each of two files as it is found and as it is read, one before the slices are looked at, then
    // one a step.
    for stop in [1, 3, 5, 6] {
      request.output = tiny.folder.appending(path: "stopped-\(stop)")
      #expect(throws: Interruption.self) { try tiny.run(request, stopAfter: stop) }
      #expect(throws: (any Error).self) { try tiny.encoder(request) }
      try tiny.run(request, mode: .resuming)
      #expect(try tiny.encoder(request) == expected, "stopped after \(stop)")
    }
    // A finished run that is resumed gives the same once more.
    try tiny.run(request, mode: .resuming)
    #expect(try tiny.encoder(request) == expected)
  }

  /// Without a step the encoder is what the training started from, whichever of the two files that is.
  @Test func aSecondTrainingStartsFromAnEncoder() throws {
    let tiny = try TinyRun()
    try tiny.write("a.nii.gz")
    var first = tiny.request("MoCo", "a.nii.gz")
    first.writesLearner = true
    try tiny.run(first)
    for name in ["encoder.safetensors", "learner.safetensors"] {
      var second = tiny.request("SwAV", "a.nii.gz", output: "second-\(name)")
      second.startingFrom = first.output.appending(path: name).path
      second.steps = 0
      try tiny.run(second)
      #expect(try tiny.encoder(second) == tiny.encoder(first))
      second.width = 4
      second.output = tiny.folder.appending(path: "wider")
      let error = try #require(throws: CheckpointError.self) { try tiny.run(second) }
      #expect(error.code == .mismatch && error.path.hasSuffix(name))
      #expect(
        !FileManager.default.fileExists(atPath: second.output.appending(path: "encoder.safetensors").path))
    }
    // A momentum copy starts from it, too.
    var third = tiny.request("MoCo", "a.nii.gz", output: "third")
    third.startingFrom = first.output.appending(path: "encoder.safetensors").path
    (third.steps, third.writesLearner) = (0, true)
    try tiny.run(third)
    let learner = try Safetensors(contentsOf: third.output.appending(path: "learner.safetensors"))
    let weights = learner.entries["encoder.stages.0.conv1.weight"]
    #expect(weights != nil)
    #expect(
      learner.entries.contains {
        $0.name.hasPrefix("target.") && $0.name.hasSuffix("encoder.stages.0.conv1.weight")
          && $0.entry == weights
      })
  }

  /// The local stage of GCL trains decoder stages on the encoder of the global one, which stays as it is.
  @Test func theSecondStageOfGCLKeepsTheEncoderOfTheFirst() throws {
    let tiny = try TinyRun()
    for file in ["a.nii.gz", "b.nii"] { try tiny.write(file) }
    let first = tiny.request("GCL", "a.nii.gz", "b.nii")
    try tiny.run(first)
    var second = tiny.request("gcl-local", "a.nii.gz", "b.nii", output: "local")
    second.startingFrom = first.output.appending(path: "encoder.safetensors").path
    second.writesLearner = true
    try tiny.run(second)
    #expect(try tiny.encoder(second) == tiny.encoder(first))
    let learner = try Safetensors(contentsOf: second.output.appending(path: "learner.safetensors"))
    #expect(learner.entries.keys.contains { $0.hasPrefix("decoder.stages.1.") })
    // Without a step the decoder is another, so that the three steps have moved it.
    (second.steps, second.output) = (0, tiny.folder.appending(path: "untrained"))
    try tiny.run(second)
    let untrained = try Safetensors(contentsOf: second.output.appending(path: "learner.safetensors"))
    let name = "decoder.stages.1.up.weight"
    #expect(learner.entries[name] != nil && learner.entries[name] != untrained.entries[name])
  }

  /// Slices stand beside the views of their own, although a batch of GCL has an order of its own.
  @Test func viewsStandBesideTheirSlices() throws {
    let tiny = try TinyRun()
    // Lower planes are brighter at the right, upper ones at the left, and GCL mirrors nothing.
    for file in ["a.nii.gz", "b.nii"] {
      try tiny.write(file) { plane, _, column in Float(plane < 4 ? column : -column) }
    }
    var request = tiny.request("GCL", "a.nii.gz", "b.nii")
    (request.steps, request.plane) = (0, .stored)
    try tiny.run(request)
    let columns = ["slice", "image", "augmentation"]
    let heads = try tiny.page(request).components(separatedBy: "<th>").dropFirst()
    #expect(heads.map { String($0.prefix { $0 != "<" }) } == columns)
    let rises = try tiny.pictures(request).map { picture in
      let row = picture.height / 2 * picture.width
      let ends = [3, picture.width - 4].map { picture.pixels[(row + $0) * picture.channels] }
      return ends[1] > ends[0]
    }
    #expect(rises.count == 3 * columns.count && Set(rises).count == 2)
    for row in stride(from: 0, to: rises.count, by: 3) { #expect(Set(rises[row..<row + 3]).count == 1) }
  }

  @Test func aRunIsNotWrittenOverUnasked() throws {
    let tiny = try TinyRun()
    try tiny.write("a.nii.gz")
    var request = tiny.request("MoCo", "a.nii.gz")
    #expect(throws: Interruption.self) { try tiny.run(request, stopAfter: 4) }
    func refusal(_ mode: PretrainRun.Mode) throws -> ExampleFailure {
      try #require(throws: ExampleFailure.self) { try tiny.run(request, mode: mode) }
    }
    #expect(try refusal(.fresh).kind == .usage)
    #expect(try refusal(.fresh).description.contains("holds a run"))
    request.seed = 5
    #expect(
      try refusal(.resuming).description.contains("was begun with recipe.seed = 1234, now recipe.seed = 5"))
    try Data("old".utf8).write(to: request.output.appending(path: "encoder.safetensors"))
    #expect(throws: Interruption.self) { try tiny.run(request, mode: .restarting, stopAfter: 4) }
    #expect(throws: (any Error).self) { try tiny.encoder(request) }
    try tiny.run(request, mode: .restarting)
    let restarted = try tiny.encoder(request)
    request.output = tiny.folder.appending(path: "other")
    try tiny.run(request)
    #expect(try tiny.encoder(request) == restarted)
  }

  @Test(arguments: names) func theReportHasCurvesPicturesAndSettings(name: String) throws {
    let tiny = try TinyRun()
    try tiny.write("a.nii.gz")
    try tiny.write("b.nii.gz") { plane, row, column in plane == 2 ? 7 : TinyRun.waves(plane, row, column) }
    var request = tiny.request(name, "a.nii.gz", "b.nii.gz")
    request.settings = ("settings.json", Data(#"{"recipe": {"seed": 77}}"#.utf8))
    let said = try tiny.run(request)
    let (report, page) = try (tiny.report(request), tiny.page(request))
    let note = "1 of 16 slices are of one value and left out"
    #expect(said.warnings.contains(note) && page.contains(note))
    let settings = try #require(report["settings"] as? [String: Any])
    #expect((settings["recipe"] as? [String: Any])?["seed"] as? Int == 77)
    #expect(page.contains("&quot;seed&quot;: 77"))
    let terms = try #require(report["terms"] as? [[String: Any]])
    for term in terms {
      #expect((term["values"] as? [Any])?.count == 3)
      #expect(
        page.contains("<text class=\"title\" x=\"58.0\" y=\"16\">\(term["name"] as? String ?? "?")</text>"))
    }
    #expect(terms.isEmpty == (name == Scratch.name))
    // Three slices, and every view of each.
    let pictures = try tiny.pictures(request)
    let columns = page.components(separatedBy: "<th>").count - 1
    #expect(pictures.count == 3 * columns)
    #expect(columns == 1 || name != Scratch.name)
    for picture in pictures { #expect(Set(picture.pixels).count > 8) }
  }
}
