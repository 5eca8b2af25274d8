import ExampleTestSupport
import Foundation
import MedIO
import Tensor
import Testing

/// The program as a user runs it: arguments in; standard output, files and an exit code out.
@Suite struct EvaluateTests {
  private let program: ExampleProgram
  private var folder: URL { program.folder }

  init() throws { program = try ExampleProgram("evaluate") }

  /// Class 1 lies one column (0.5 mm) off in two voxels each, class 2 is missed, class 3 is a false alarm.
  private let prediction: [Float] = [1, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  private let reference: [Float] = [0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2]

  @Test func twoFilesGiveTableCSVAndJSON() throws {
    try program.write("p.nii", prediction)
    try program.write("r.nii.gz", reference)
    let outcome = try program.run(
      "p.nii", "r.nii.gz", "--classes", "1=organ,2=lesion,3=other,4=nowhere", "--tolerance", "0.5", "--csv",
      "a.csv", "--json", "a.json", "--percentile", "100")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(
      lines[0].split(separator: " ").map(String.init)
        == ["case", "class", "dice", "jaccard", "hd_mm", "assd_mm", "surface_dice_0.5mm", "missed"])
    #expect(lines.contains { $0.hasPrefix("p.nii  organ") && $0.contains("0.5000") })
    // Dice 2 * 1 / (2 + 2); both directions: one voxel at 0, one at 0.5 mm.
    let csv = try String(contentsOf: folder.appendingPathComponent("a.csv"), encoding: .utf8)
    #expect(
      csv == """
        case,class,dice,jaccard,hd_mm,assd_mm,surface_dice_0.5mm,missed
        p.nii,organ,0.5,0.3333333333333333,0.5,0.25,1.0,0
        p.nii,lesion,0.0,0.0,,,0.0,1
        p.nii,other,0.0,0.0,,,0.0,0
        p.nii,nowhere,,,,,,0

        """)
    let data = try Data(contentsOf: folder.appendingPathComponent("a.json"))
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [[String: Any]]])
    let cases = try #require(json["cases"])
    #expect(cases.count == 4 && cases[0]["hd_mm"] as? Double == 0.5)
    #expect(cases[1]["hd_mm"] is NSNull && cases[1]["missed"] as? Int == 1)
    #expect(
      cases[1]["undefined"] as? [String: String] == [
        "assd_mm": "predictionEmpty", "hd_mm": "predictionEmpty",
      ])
    let mean = json["summary"]?.first {
      $0["class"] as? String == "mean" && $0["metric"] as? String == "hd_mm"
    }
    #expect(mean?["used"] as? Int == 1 && mean?["missed"] as? Int == 1)
    // Again: the same bytes.
    _ = try program.run(
      "p.nii", "r.nii.gz", "--classes", "1=organ,2=lesion,3=other,4=nowhere", "--tolerance", "0.5", "--json",
      "b.json", "--percentile", "100")
    #expect(try Data(contentsOf: folder.appendingPathComponent("b.json")) == data)
  }

  @Test func foldersAreMatchedByName() throws {
    for name in ["b", "a"] {
      try program.write("out/\(name).nii", prediction)
      try program.write("truth/\(name).nii.gz", name == "a" ? prediction : reference)
    }
    let outcome = try program.run("out", "truth", "--csv", "a.csv", "--undefined", "diagonal")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let csv = try String(contentsOf: folder.appendingPathComponent("a.csv"), encoding: .utf8)
    let rows = csv.split(separator: "\n").map { $0.split(separator: ",").prefix(3).joined(separator: " ") }
    #expect(rows == ["case class dice", "a 1 1.0", "a 3 1.0", "b 1 0.5", "b 2 0.0", "b 3 0.0"])
    try program.write("truth/c.nii", reference)
    let missing = try program.run("out", "truth")
    #expect(missing.code == 65 && missing.errors.contains("truth/c.nii") && missing.errorLines == 1)
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("none"), withIntermediateDirectories: true)
    let empty = try program.run("out", "none")
    #expect(empty.code == 65 && empty.errors.contains("none") && empty.errorLines == 1)
    try program.write("out/a.nii.gz", prediction)
    let twins = try program.run("out", "truth")
    #expect(twins.code == 65 && twins.errors.contains("out/a.nii, out/a.nii.gz") && twins.errorLines == 1)
  }

  @Test func gridsThatDifferArePrintedBoth() throws {
    try program.write("p.nii", prediction)
    try program.write("shape.nii", Array(reference.prefix(8)), shape: [2, 2, 2])
    try program.write("spacing.nii", reference, affine: VoxelAffine(diagonal: 0.5, 2, 2.5))
    try program.write(
      "place.nii", reference, affine: VoxelAffine(diagonal: 0.5, 2, 3, translation: [7, 8, 9]))
    try program.write("flipped.nii", reference, affine: VoxelAffine(diagonal: -0.5, 2, 3))
    for (file, grids) in [
      ("shape.nii", ["[2, 2, 4]", "[2, 2, 2]"]), ("spacing.nii", ["[3.0, 2.0, 0.5]", "[2.5, 2.0, 0.5]"]),
      ("place.nii", ["0.0, 0.0, 3.0, 0.0]", "0.0, 0.0, 3.0, 9.0]"]),
      ("flipped.nii", ["[0.5, 0.0", "[-0.5, 0.0"]),
    ] {
      let outcome = try program.run("p.nii", file)
      #expect(outcome.code == 65 && outcome.errorLines == 1 && outcome.output.isEmpty)
      for text in ["p.nii", file] + grids { #expect(outcome.errors.contains(text), "\(outcome.errors)") }
    }
  }

  @Test func badDataIs65() throws {
    try program.write("p.nii", prediction)
    try program.write("half.nii", reference.map { $0 == 2 ? 1.5 : $0 })
    try program.write("nan.nii", reference.map { $0 == 2 ? .nan : $0 })
    try Data(contentsOf: folder.appendingPathComponent("p.nii")).dropLast(3)
      .write(to: folder.appendingPathComponent("cut.nii"))
    try Data("no image".utf8).write(to: folder.appendingPathComponent("text.nii"))
    for (file, text) in [
      ("half.nii", "1.5"), ("nan.nii", "nan"), ("cut.nii", "truncated"), ("text.nii", "truncated"),
    ] {
      let outcome = try program.run("p.nii", file)
      #expect(outcome.code == 65 && outcome.errorLines == 1 && outcome.output.isEmpty, "\(file)")
      #expect(outcome.errors.contains(file) && outcome.errors.contains(text), "\(outcome.errors)")
    }
  }

  @Test func missingFilesAre66AndUnwritableOnes73() throws {
    try program.write("p.nii", prediction)
    let missing = try program.run("p.nii", "none.nii")
    #expect(missing.code == 66 && missing.errorLines == 1 && missing.errors.contains("none.nii"))
    let unwritable = try program.run("p.nii", "p.nii", "--json", "none/a.json")
    #expect(unwritable.code == 73 && unwritable.errorLines == 1 && unwritable.errors.contains("none/a.json"))
  }

  @Test(arguments: [
    ["p.nii"], ["p.nii", "p.nii", "--nonsense"], ["p.nii", "."], ["p.nii", "p.nii", "--percentile", "101"],
    ["p.nii", "p.nii", "--tolerance", "-1"], ["p.nii", "p.nii", "--classes", "one"],
    ["p.nii", "p.nii", "--classes", "1,1"], ["p.nii", "p.nii", "--undefined", "perhaps"],
    ["p.nii", "p.nii", "--affine", "guess"],
  ])
  func wrongArgumentsAre64(_ arguments: [String]) throws {
    try program.write("p.nii", prediction)
    let outcome = try program.run(arguments)
    #expect(outcome.code == 64 && outcome.errorLines == 1 && outcome.output.isEmpty, "\(outcome.errors)")
  }

  @Test func helpIsNoFailure() throws {
    let outcome = try program.run("--help")
    #expect(outcome.code == 0 && outcome.errors.isEmpty && outcome.output.contains("--tolerance"))
  }
}
