import ExampleSupport
import ExampleTestSupport
import Foundation
import MedIO
import Tensor
import Testing

/// The program as a user runs it.
@Suite struct SuperpixelsRunTests {
  private let program: ExampleProgram
  private var folder: URL { program.folder }

  init() throws { program = try ExampleProgram("superpixels") }

  /// A head of 6 x 10 x 12 voxels in RAS whose right front top is bright.
  private func head() -> Volume<Float> {
    Volume(
      voxels: Tensor(shape: [6, 10, 12]) { buffer in
        for index in buffer.indices {
          let (k, j, i) = (index / 120, index / 12 % 10, index % 12)
          buffer[index] = i >= 6 && j >= 5 && k >= 3 ? 100 : 10
        }
      }, affine: VoxelAffine(diagonal: 1, 1, 1))
  }

  private func write(_ volume: Volume<Float>, _ name: String) throws {
    try NIfTI.write(volume, to: folder.appendingPathComponent(name))
  }

  /// Brightness in the four quarters of a picture, away from letters and boundaries.
  private func quarters(_ name: String) throws -> [Bool] {
    let picture = try Picture(png: folder.appendingPathComponent(name))
    return [(0.3, 0.3), (0.3, 0.7), (0.7, 0.3), (0.7, 0.7)].map { row, column in
      let (y, x) = (Int(row * Double(picture.height)), Int(column * Double(picture.width)))
      return picture.pixels[(y * picture.width + x) * picture.channels + 2] > 128
    }
  }

  private let topLeft = [true, false, false, false]
  private let topRight = [false, true, false, false]

  @Test(arguments: ["RAS", "LPS", "PIR"])
  func radiologicalView(_ code: String) throws {
    let orientation = try #require(AnatomicalOrientation(code))
    try write(head().reoriented(to: orientation), "head.nii")
    let outcome = try program.run("head.nii", "--output", "out", "--segments", "2", "--window", "full")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("radiological view: the patient's right is on the left"))
    // Right and front (axial), right and top (coronal), front and top (sagittal: seen from the left).
    for plane in ["axial", "coronal", "sagittal"] {
      #expect(try quarters("out/overlay_\(plane).png") == topLeft, "\(plane)")
    }
    let other = try program.run(
      "head.nii", "--output", "other", "--segments", "2", "--window", "full", "--view", "neurological")
    #expect(other.code == 0, "\(other.errors)")
    for plane in ["axial", "coronal", "sagittal"] {
      #expect(try quarters("other/overlay_\(plane).png") == topRight, "\(plane)")
    }
  }

  @Test func storedView() throws {
    try write(head(), "head.nii")
    let outcome = try program.run(
      "head.nii", "--output", "out", "--segments", "2", "--window", "full", "--view", "stored")
    #expect(outcome.code == 0, "\(outcome.errors)")
    // Rows run to the front and down the picture, columns to the right.
    #expect(try quarters("out/overlay_axial.png") == [false, false, false, true])
    #expect(try program.run("head.nii", "--output", "out", "--view", "upside").code == 64)
  }

  /// Neither sform nor qform: no letters, as stored, and a line that says so.
  @Test func unknownOrientation() throws {
    try write(head(), "head.nii")
    let url = folder.appendingPathComponent("head.nii")
    var data = try Data(contentsOf: url)
    for byte in 252..<256 { data[byte] = 0 }
    try data.write(to: url)
    let outcome = try program.run("head.nii", "--output", "out", "--segments", "2", "--window", "full")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("head.nii: sform_code and qform_code are 0"))
    #expect(!outcome.output.contains("view"))
    #expect(try quarters("out/overlay_axial.png") == [false, false, false, true])
  }

  /// One voxel thick along rows or columns: one picture, and areas.
  @Test(arguments: [[6, 1, 12], [6, 10, 1]])
  func thinVolumes(_ shape: [Int]) throws {
    let count = shape.reduce(1, *)
    let values = (0..<count).map { Float($0 < count / 2 ? 10 : 100) }
    try write(
      Volume(voxels: Tensor(values, shape: TensorShape(shape)), affine: VoxelAffine(diagonal: 2, 3, 4)),
      "thin.nii")
    let outcome = try program.run("thin.nii", "--output", "out", "--segments", "2", "--window", "full")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("out: overlay.png, labels.nii.gz"))
    let table = try String(
      contentsOf: folder.appendingPathComponent("out/segments.csv"), encoding: .utf8
    ).split(separator: "\n").map { $0.split(separator: ",") }
    #expect(table[0][2] == "mm2")
    // Columns are 2 mm wide, rows 3 mm and planes 4 mm.
    let voxel = shape[1] == 1 ? 8.0 : 12.0
    #expect(Double(table[1][2]) == voxel * (Double(table[1][1]) ?? 0))
  }

  @Test func whatIsNoFile() throws {
    #expect(mkfifo(folder.appendingPathComponent("pipe").path, 0o600) == 0)
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("link"), withDestinationURL: folder.appendingPathComponent("pipe"))
    for (path, reason) in [
      ("pipe", "a pipe"), ("link", "a pipe"), (".", "a folder"), ("/dev/zero", "a device"),
      ("nothing.nii", "no such file"),
    ] {
      let outcome = try program.run(path, "--output", "out")
      #expect(outcome.code == 66, "\(path)")
      #expect(
        outcome.errors.contains("\(path): \(reason)") && outcome.errorLines == 1)
    }
  }

  @Test func voxelsThatAreNotFinite() throws {
    let volume = head()
    var values = volume.voxels.scalars
    for index in 0..<30 { values[index] = index % 2 == 0 ? .nan : .infinity }
    try write(volume.with(voxels: Tensor(values, shape: [6, 10, 12])), "head.nii")
    let outcome = try program.run("head.nii", "--output", "out", "--segments", "4")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("head.nii: 30 voxels are not finite and stay without a label"))
    try write(volume.with(voxels: Tensor(repeating: Float.nan, shape: [6, 10, 12])), "nothing.nii")
    let none = try program.run("nothing.nii", "--output", "out")
    #expect(none.code == 65 && none.errors.contains("nothing.nii: none of 720 voxels is finite"))
  }

  /// |3e20 + 4e20 i| is 5e20; its square is no `Float`.
  @Test func magnitudesOfLargeComplexVoxels() throws {
    var header = Data(count: 352)
    func set<Value>(_ value: Value, at offset: Int) {
      withUnsafeBytes(of: value) { header.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }
    set(Int32(348), at: 0)
    for (index, length) in [3, 4, 4, 2, 1, 1, 1, 1].enumerated() { set(Int16(length), at: 40 + 2 * index) }
    set(Int16(32), at: 70)
    set(Int16(64), at: 72)
    for axis in 0..<4 { set(Float(1), at: 76 + 4 * axis) }
    set(Float(352), at: 108)
    header.replaceSubrange(344..<348, with: Data("n+1\0".utf8))
    for voxel in 0..<32 {
      for part in [Float(3e20), 4e20] {
        withUnsafeBytes(of: voxel / 4 % 4 < 2 ? part : part / 2) { header.append(contentsOf: $0) }
      }
    }
    try header.write(to: folder.appendingPathComponent("complex.nii"))
    let outcome = try program.run("complex.nii", "--output", "out", "--segments", "2", "--window", "full")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(!outcome.output.contains("not finite"))
    let table = try String(
      contentsOf: folder.appendingPathComponent("out/segments.csv"), encoding: .utf8)
    #expect(table.contains(",5e+20,") && table.contains(",2.5e+20,"))
  }
}
