import Foundation
import MedIO
import Tensor
import Testing

@Suite struct NIfTISlabWriterTests {
  private let grid = VolumeGrid(
    depth: 5, height: 3, width: 4, affine: VoxelAffine(diagonal: -1, 2, 2.5, translation: [4, 5, 6]))
  private let values = Tensor<Float>((0..<180).map { Float($0) / 7 }, shape: [3, 5, 3, 4])

  /// In any order the file is the one that a whole volume gives.
  @Test func slabsGiveTheFileOfTheWhole() throws {
    let scratch = try Scratch()
    let writer = try NIfTISlabWriter(scratch["slabs.nii"], grid: grid, frameCount: 3)
    for frame in [2, 0, 1] {
      for planes in [3..<5, 0..<1, 1..<3] {
        try writer.write(values[frame].sliced(along: 0, planes), planes: planes, frame: frame)
      }
    }
    #expect(scratch.names.allSatisfy { $0.hasPrefix(".") })
    try writer.finish()
    #expect(scratch.names == ["slabs.nii"])
    try NIfTI.write(Volume(voxels: values, affine: grid.affine), to: scratch["whole.nii"])
    #expect(try Data(contentsOf: scratch["slabs.nii"]) == Data(contentsOf: scratch["whole.nii"]))
  }

  @Test func oneVolumeHasThreeAxesAndKeepsItsHeader() throws {
    let scratch = try Scratch()
    var header = NIfTIHeader()
    header.descrip = "kept"
    let writer = try NIfTISlabWriter(scratch["one.nii"], grid: grid, header: header)
    try writer.write(values[0], planes: 0..<5)
    try writer.finish()
    let read = try NIfTI.read(Float.self, from: scratch["one.nii"])
    #expect(read.voxels == values[0] && read.affine == grid.affine && read.header?.descrip == "kept")
  }

  @Test func aWriterThatGoesAwayLeavesNothing() throws {
    let scratch = try Scratch()
    try scratch.file("a.nii", [1, 2, 3])
    do {
      let writer = try NIfTISlabWriter(scratch["a.nii"], grid: grid)
      try writer.write(values[0], planes: 0..<5)
    }
    #expect(scratch.names == ["a.nii"])
    #expect(try Data(contentsOf: scratch["a.nii"]) == Data([1, 2, 3]))
  }

  @Test func whatCannotBeWrittenIsRefused() throws {
    let scratch = try Scratch()
    #expect(try code { _ = try NIfTISlabWriter(scratch["a.nii.gz"], grid: grid) } == .writeFailed)
    #expect(try code { _ = try NIfTISlabWriter(scratch["none/a.nii"], grid: grid) } == .writeFailed)
    #expect(try code { _ = try NIfTISlabWriter(scratch.url.appending(path: ""), grid: grid) } == .writeFailed)
  }

  @Test func aMissingPlaneStopsTheProgram() async {
    await #expect(processExitsWith: .failure) {
      let grid = VolumeGrid(depth: 2, height: 1, width: 1, affine: .identity)
      let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).nii")
      let writer = try NIfTISlabWriter(url, grid: grid)
      try writer.write(Tensor(zeros: [1, 1, 1]), planes: 0..<1)
      try writer.finish()
    }
  }
}
