import ExampleTestSupport
import Foundation
import MedIO
import SegmentKit
import Tensor
import Testing

/// The program as a user runs it: lines and exit codes.
@Suite struct SegmentCommandTests {
  private let program: ExampleProgram

  init() throws {
    program = try ExampleProgram("segment")
    let folder = try ScanFolder()
    for (index, name) in ["a", "b"].enumerated() { try folder.scan(name, seed: UInt64(index)) }
    try FileManager.default.copyItem(at: folder.file("data"), to: file("data"))
    try ThresholdModel.write(to: file("flat.safetensors"), dimensions: 2, window: [16, 16])
    try ThresholdModel.write(
      to: file("deep.safetensors"), dimensions: 3, window: [16, 16, 16], change: { _ in })
    try ThresholdModel.write(to: file("nan.safetensors"), dimensions: 2, window: [16, 16]) {
      $0["format"] = 2
    }
    try write("scan.nii.gz", [8, 20, 18])
    try write("slice.nii", [1, 20, 18])
    try write("thin.nii", [8, 20, 3])
    try write("broken.nii", [8, 20, 18], value: .nan)
    for (name, text) in [
      ("text.nii", "no volume"), ("twice.json", #"{"steps": 1, "steps": 2}"#),
      ("unknown.json", #"{"stpes": 1}"#),
      ("type.json", #"{"steps": "many"}"#), ("range.json", #"{"patch": [10, 16]}"#),
      ("half.json", #"{"steps": 1.5}"#),
      ("three.json", #"{"dimensions": 3}"#), ("file", ""),
    ] { try Data(text.utf8).write(to: file(name)) }
    for name in ["flat.safetensors", "scan.nii.gz"] {
      let data = try Data(contentsOf: file(name))
      try data.prefix(data.count / 2).write(to: file("cut-" + name))
    }
    try FileManager.default.createDirectory(at: file("empty"), withIntermediateDirectories: true)
    try brokenFolders()
    try withoutSize()
  }

  private func file(_ name: String) -> URL { program.folder.appending(path: name) }

  private func write(_ name: String, _ shape: TensorShape, value: Float = 0.4) throws {
    try FileManager.default.createDirectory(
      at: file(name).deletingLastPathComponent(), withIntermediateDirectories: true)
    try NIfTI.write(
      Volume(voxels: Tensor(repeating: value, shape: shape), affine: VoxelAffine(diagonal: 1, 1, 1)),
      to: file(name))
  }

  /// Folders whose files do not belong together.
  private func brokenFolders() throws {
    for name in ["grids", "lonely", "unlabelled", "slices"] { try write("\(name)/a.nii", [8, 20, 18]) }
    try write("grids/a_label.nii", [8, 20, 17], value: 1)
    try write("lonely/b_label.nii", [8, 20, 18], value: 1)
    try write("slices/a.nii", [2, 20, 18])
    try write("slices/a_label.nii", [2, 20, 18], value: 1)
  }

  /// A file whose header says that a voxel is 0 mm long, and has no other form.
  private func withoutSize() throws {
    var bytes = [UInt8](try Data(contentsOf: file("slice.nii")))
    // NIfTI-1: pixdim[3] at byte 88, qform_code and sform_code at 252.
    for index in 88..<92 { bytes[index] = 0 }
    for index in 252..<256 { bytes[index] = 0 }
    try Data(bytes).write(to: file("sizeless.nii"))
  }

  private func expect(
    _ arguments: String, _ code: Int, _ line: String, location: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try program.run(arguments.split(separator: " ").map(String.init))
    #expect(Int(outcome.code) == code, "\(outcome.errors)", sourceLocation: location)
    #expect(
      outcome.errorLines == 1 && outcome.errors.hasPrefix("segment: "), "\(outcome.errors)",
      sourceLocation: location)
    #expect(outcome.errors.contains(line), "\(outcome.errors)", sourceLocation: location)
  }

  @Test(arguments: [
    ("", 64, "usage: segment train FOLDER --output DIR"), ("train", 64, "usage: segment train"),
    ("train data", 64, "usage: segment train"), ("train data --output out --nonsense", 64, "--nonsense"),
    ("train data --output out --dimensions 4", 64, "--dimensions = 4: must be in 2...3"),
    ("train data --output out --steps 0", 64, "--steps = 0"),
    ("train data --output out --cases 0", 64, "--cases = 0"),
    ("train data --output out --fraction 1.5", 64, "--fraction = 1.5"),
    ("train data --output out --cases 1 --fraction 0.5", 64, "exclude each other"),
    ("train data --output out --classes liver", 64, "'liver' is not NAME=LABEL"),
    ("train data --output out --classes a=1 b=1", 64, "the label 1 is in two classes"),
    ("train data --output out --classes a=0", 64, "'a=0' is not NAME=LABEL"),
    ("train data --output out --intensity hot", 64, "--intensity = hot"),
    ("train data --output out --dimensions 2 --settings three.json", 64, "three.json has dimensions = 3"),
    ("train data --output out --settings none.json", 66, "none.json: no such file"),
    (
      "train data --output out --settings twice.json", 65,
      "twice.json: settings: the key \"steps\" stands twice"
    ),
    ("train data --output out --settings unknown.json", 65, "unknown.json: stpes: there is no such field"),
    ("train data --output out --settings type.json", 65, #"type.json: steps = "many": must be"#),
    ("train data --output out --settings half.json", 65, "half.json: steps = 1.5: must be a whole number"),
    ("train data --output out --settings range.json", 65, "patch = [10, 16]: sides must be multiples of 16"),
    ("train data --output out --encoder none.safetensors", 66, "none.safetensors: no such file"),
    ("train data --output out --encoder flat.safetensors", 65, "flat.safetensors: mismatch"),
    ("train none --output out", 66, "none: no such folder"),
    ("train empty --output out", 65, "empty: no .nii"),
    ("train unlabelled --output out", 65, "1 images and no segmentation"),
    ("train lonely --output out", 65, "b_label.nii: the image that it belongs to is missing"),
    ("train grids --output out", 65, "a_label.nii: its grid is"),
    (
      "train slices --output out --dimensions 3", 65,
      "a.nii: 2 planes on the network's grid are fewer than the 8"
    ),
    (
      "train data --output out --classes lung=9", 65,
      "no segmentation has the label 9 of 'lung'; there are [0, 3]"
    ),
    ("train data --output file", 73, "file: cannot be written"),
  ])
  func everyBadTrainingIsALineAndACode(arguments: String, code: Int, line: String) throws {
    try expect(arguments, code, line)
    #expect(!FileManager.default.fileExists(atPath: file("out/model.safetensors").path))
  }

  @Test(arguments: [
    ("predict", 64, "usage: segment predict MODEL"), ("predict flat.safetensors --output found", 64, "usage"),
    ("predict flat.safetensors scan.nii.gz", 64, "usage"),
    ("predict none.safetensors scan.nii.gz --output found", 66, "none.safetensors: no such file"),
    ("predict flat.safetensors none.nii --output found", 66, "none.nii: no such file"),
    ("predict flat.safetensors empty --output found", 66, "empty: a folder without .nii"),
    ("predict cut-flat.safetensors scan.nii.gz --output found", 65, "cut-flat.safetensors: "),
    ("predict text.nii scan.nii.gz --output found", 65, "text.nii: "),
    ("predict nan.safetensors scan.nii.gz --output found", 65, "format = 2: this program reads format 1"),
    ("predict flat.safetensors text.nii --output found", 65, "text.nii: "),
    ("predict flat.safetensors cut-scan.nii.gz --output found", 65, "cut-scan.nii.gz: "),
    ("predict flat.safetensors broken.nii --output found", 65, "broken.nii: 360 voxels are not finite"),
    (
      "predict flat.safetensors sizeless.nii --output found", 65,
      "pixdim[3] = 0.0: the size of a voxel is unknown"
    ),
    ("predict flat.safetensors thin.nii --output found", 65, "thin.nii: 3 columns"),
    (
      "predict deep.safetensors slice.nii --output found", 65,
      "slice.nii: 1 planes on the network's grid are fewer"
    ),
    ("predict flat.safetensors scan.nii.gz ./scan.nii.gz --output found", 64, "is named twice"),
    ("predict flat.safetensors scan.nii.gz --output file", 73, "file: cannot be made"),
  ])
  func everyBadPredictionIsALineAndACode(arguments: String, code: Int, line: String) throws {
    try expect(arguments, code, line)
    let found = (try? FileManager.default.contentsOfDirectory(atPath: file("found").path)) ?? []
    #expect(found.isEmpty, "\(found)")
  }

  @Test func settingsArePrintedInTheFormThatIsRead() throws {
    for dimensions in ["2", "3"] {
      let outcome = try program.run("train", "--show-settings", "--dimensions", dimensions)
      #expect(outcome.code == 0)
      try Data(outcome.output.utf8).write(to: file("whole.json"))
      let again = try program.run(
        "train", "--show-settings", "--dimensions", dimensions, "--settings", "whole.json")
      #expect(again.output == outcome.output)
    }
    // A file that names the dimensions has the defaults that go with them.
    let three = try program.run("train", "--show-settings", "--settings", "three.json").output
    #expect(try three == program.run("train", "--show-settings", "--dimensions", "3").output)
    for arguments in [["--help"], ["train", "--help"], ["predict", "--help"]] {
      #expect(try program.run(arguments).code == 0)
    }
  }

  /// 2^53 + 1, which no Double holds; 2^60, which one holds but does not write in full; and the largest.
  @Test(arguments: [9_007_199_254_740_993, 1 << 60, .max] as [UInt64])
  func aSeedKeepsAllItsDigits(seed: UInt64) throws {
    let json = Data(#"{"seed": \#(seed), "patience": null, "steps": 7}"#.utf8)
    let settings = try SegmentSettings().replacing(from: json, path: "settings.json")
    var expected = SegmentSettings()
    (expected.seed, expected.steps) = (seed, 7)
    #expect(settings == expected)
  }

  @Test func aFolderIsTrainedOnAndPredicted() throws {
    try Data(#"{"levels": 3, "patch": [16, 16], "intensity": "0...1"}"#.utf8).write(to: file("small.json"))
    let trained = try program.run(
      "train", "data", "--output", "out", "--settings", "small.json", "--width", "2", "--steps", "3",
      "--batch-size", "2")
    #expect(trained.code == 0 && trained.errors.isEmpty, "\(trained.errors)")
    #expect(trained.output.contains("training: step 3/3"))
    let predicted = try program.run("predict", "out/model.safetensors", "data/images", "--output", "found")
    #expect(predicted.code == 0 && predicted.errors.isEmpty, "\(predicted.errors)")
    #expect(predicted.output.contains("in the network"))
    let names = try FileManager.default.contentsOfDirectory(atPath: file("found").path).sorted()
    let each = ["axial.png", "coronal.png", "labels.nii.gz", "sagittal.png"]
    #expect(names == ["a", "b"].flatMap { name in each.map { "\(name)-\($0)" } } + ["volumes.csv"])
  }
}
