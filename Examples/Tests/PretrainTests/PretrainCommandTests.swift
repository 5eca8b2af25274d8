import Contrastive
import ExampleTestSupport
import Foundation
import MedIO
import PretrainKit
import Tensor
import Testing

/// The program as a user runs it: lines, exit codes, Ctrl-C.
@Suite struct PretrainCommandTests {
  private let program: ExampleProgram

  init() throws {
    program = try ExampleProgram("pretrain")
    func write(_ name: String, _ shape: TensorShape) throws {
      let voxels = Tensor<Float>((0..<shape.elementCount).map { Float($0 * 37 % 101) }, shape: shape)
      try NIfTI.write(
        Volume(voxels: voxels, affine: VoxelAffine(diagonal: 1, 1, 1)),
        to: program.folder.appending(path: name))
    }
    try write("ct.nii.gz", [4, 64, 64])
    try write("one.nii", [1, 64, 64])
    try write("4d.nii", [3, 2, 20, 20])
    for (name, text) in [
      ("text.nii", "no volume"), ("broken.json", "{"),
      ("twice.json", #"{"temperature": 1, "temperature": 2}"#),
      ("unknown.json", #"{"tempertaure": 1}"#), ("type.json", #"{"temperature": "warm"}"#),
      ("range.json", #"{"temperature": -1}"#), ("rate.json", #"{"learningRate": 0}"#),
      ("good.json", #"{"temperature": 0.5}"#),
    ] { try Data(text.utf8).write(to: program.folder.appending(path: name)) }
    for name in ["empty", "used/state"] {
      try FileManager.default.createDirectory(
        at: program.folder.appending(path: name), withIntermediateDirectories: true)
    }
    for name in ["file", "used/state/training.safetensors"] {
      try Data().write(to: program.folder.appending(path: name))
    }
  }

  @Test func theListNamesEveryMethodWithItsSource() throws {
    let outcome = try program.run("--list")
    let lines = outcome.output.split(separator: "\n")
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    #expect(lines.count == MethodRegistry.methods.count)
    for (line, method) in zip(lines, MethodRegistry.methods) {
      #expect(
        line.hasPrefix("\(method.name) ") && line.contains(method.summary)
          && line.hasSuffix("(\(method.source))"))
    }
  }

  @Test func withoutItsArgumentsItSaysHowItIsUsed() throws {
    for arguments in [
      [], ["MoCo"], ["MoCo", "--images", "ct.nii.gz"], ["--images", "ct.nii.gz", "--output", "out"],
    ] {
      let outcome = try program.run(arguments)
      #expect(outcome.code == 64 && outcome.errorLines == 1)
      #expect(
        outcome.errors.hasPrefix("pretrain: usage: pretrain METHOD --images FILE-OR-FOLDER... --output DIR"))
    }
    #expect(try program.run("--help").code == 0)
  }

  /// Arguments behind `--images ct.nii.gz --output out`, the exit code, and what the line says.
  @Test(arguments: [
    ("Moko", 64, "METHOD = Moko: there is no such method; there are SuperCL"),
    ("MoCo --nonsense", 64, "--nonsense"), ("MoCo --preset large", 64, "large"),
    ("MoCo --steps -1", 64, "--steps = -1: must be at least 0"),
    ("MoCo --batch-size 0", 64, "--batch-size = 0: must be at least 1"),
    ("MoCo --encoder-width 0", 64, "--encoder-width = 0"),
    ("MoCo --levels 1", 64, "--levels = 1: must be in 2...8"),
    ("MoCo --checkpoint-every 0", 64, "--checkpoint-every = 0"), ("MoCo --workers 65", 64, "--workers = 65"),
    ("MoCo --spacing 0", 64, "--spacing = 0.0"), ("MoCo --plane oblique", 64, "oblique"),
    ("MoCo --intensity hot", 64, "--intensity = hot: LOW...HIGH with LOW below HIGH, or one of percentiles"),
    ("MoCo --intensity 5...1", 64, "--intensity = 5...1"),
    ("MoCo --resume --restart", 64, "exclude each other"),
    ("MoCo --output used", 64, "used: holds a run; --resume goes on with it"),
    ("MoCo --images ct.nii.gz ./ct.nii.gz", 64, "is named twice"),
    ("MoCo --settings none.json", 66, "none.json: no such file"),
    ("MoCo --settings broken.json", 65, "broken.json: MoCo: settings = {: no JSON"),
    ("MoCo --settings twice.json", 65, "the key \"temperature\" stands twice"),
    ("MoCo --settings unknown.json", 65, "unknown.json: MoCo: tempertaure = 1: there is no such field"),
    ("MoCo --settings type.json", 65, "type.json: MoCo: temperature = \"warm\": must be a number"),
    ("MoCo --settings range.json", 65, "range.json: MoCo: temperature = -1.0: must be positive"),
    ("SuperCL --settings rate.json", 65, "rate.json: SuperCL: learningRate = 0.0: must be positive"),
    ("Scratch --steps 3", 65, "Scratch: recipe.steps = 3"),
    ("MoCo --batch-size 5", 65, "MoCo: queueLength = 32: must be a multiple of the 5 images"),
    ("MoCo --levels 8", 65, "MoCo: views.sizes = [64, 64]: the encoder takes multiples of [128, 128]"),
    ("MoCo --start-from none.safetensors", 66, "none.safetensors: no such file"),
    ("MoCo --start-from good.json", 65, "good.json"),
    ("MoCo --images none.nii", 66, "none.nii: no such file"),
    ("MoCo --images empty", 66, "empty: a folder without .nii"),
    ("MoCo --images text.nii", 65, "text.nii"), ("MoCo --images 4d.nii", 65, "4d.nii: holds 3 volumes"),
    ("GCL", 65, "GCL: images = 1 volumes: a batch holds slices of 2 different ones"),
    ("SimTriplet --images one.nii", 65, "SimTriplet: volume 0 = 1 slice: image 0 has no neighbour"),
    ("MoCo --output file", 73, "file: cannot be written"),
  ])
  func everyBadInputIsALineAndACode(arguments: String, code: Int, line: String) throws {
    let words = arguments.split(separator: " ").map(String.init)
    let images = words.contains("--images") ? [] : ["--images", "ct.nii.gz"]
    let output = words.contains("--output") ? [] : ["--output", "out"]
    let outcome = try program.run(
      words + images + output + ["--encoder-width", "2"].filter { _ in !arguments.contains("width") })
    #expect(Int(outcome.code) == code, "\(outcome.errors)")
    #expect(outcome.errorLines == 1 && outcome.errors.hasPrefix("pretrain: "), "\(outcome.errors)")
    #expect(outcome.errors.contains(line), "\(outcome.errors)")
  }

  @Test func settingsArePrintedInTheFormThatIsRead() throws {
    let outcome = try program.run("moco", "--show-settings", "--settings", "good.json", "--steps", "7")
    #expect(outcome.code == 0)
    try Data(outcome.output.utf8).write(to: program.folder.appending(path: "whole.json"))
    #expect(try program.run("MoCo", "--show-settings", "--settings", "whole.json").output == outcome.output)
    let fields = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    #expect(fields?["temperature"] as? Double == 0.5)
    #expect((fields?["recipe"] as? [String: Any])?["steps"] as? Int == 7)
  }

  /// Ctrl-C leaves a checkpoint and a line; the same command with `--resume` goes on behind it.
  @Test func anInterruptedTrainingGoesOn() throws {
    let arguments = [
      "MoCo", "--images", "ct.nii.gz", "--output", "out", "--encoder-width", "2", "--steps", "1000000",
    ]
    func interruptedRun(_ more: String...) throws -> (code: Int32, errors: String, output: String) {
      let process = Process()
      process.executableURL = try URL(
        filePath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      ).deletingLastPathComponent().appending(path: "pretrain")
      process.arguments = arguments + more
      process.currentDirectoryURL = program.folder
      let (output, errors) = (
        program.folder.appending(path: "output"), program.folder.appending(path: "errors")
      )
      for url in [output, errors] { try Data().write(to: url) }
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = try FileHandle(forWritingTo: errors)
      try process.run()
      let end = Date(timeIntervalSinceNow: 20)
      while Date() < end, try !String(contentsOf: output, encoding: .utf8).contains("/1000000") {
        Thread.sleep(forTimeInterval: 0.05)
      }
      process.interrupt()
      process.waitUntilExit()
      return (
        process.terminationStatus, try String(contentsOf: errors, encoding: .utf8),
        try String(contentsOf: output, encoding: .utf8)
      )
    }
    let first = try interruptedRun()
    #expect(first.code == 130)
    #expect(first.errors == "pretrain: interrupted; the same command with --resume goes on\n")
    let step = try #require(first.output.firstMatch(of: /stopped behind step (\d+) of/)?.output.1)
    let second = try interruptedRun("--resume")
    #expect(second.code == 130)
    #expect(second.output.contains("going on behind step \(step) of 1000000"))
  }
}
