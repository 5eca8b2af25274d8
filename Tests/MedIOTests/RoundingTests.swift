import Foundation
import MedIO
import Tensor
import Testing

/// Comparisons that are exact on paper and a matter of the last bit in a file's 32-bit numbers.
@Suite struct RoundingTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch(inMemory: ()) }

  /// Four voxels of `stored` values with slope and intercept.
  private func file(_ stored: [Int16], slope: Float, intercept: Float) throws -> URL {
    var file = NIfTIFileBuilder.nifti1()
    for (axis, value) in [1, 4, 1, 1].enumerated() { file.int16(40 + 2 * axis, value) }
    file.float(112, slope)
    file.float(116, intercept)
    file.data = stored.flatMap { file.ordered($0) }
    return try scratch.file("l.nii", file.bytes)
  }

  /// nibabel 5.4.2 writes 0, 3, 9 and 1 from float64 into int16 with this slope and intercept, and reads 0,
  /// 2.999999999301508, 8.999999997904524 and 1.0000457768328488: the last one is half a step off.
  @Test func labelsOfA32BitSlopeAreWhole() throws {
    let (slope, intercept) = (Float(0x1.20012p-13), Float(0x1.20012p+2))
    let url = try file([-32768, -10923, 32767, -10923], slope: slope, intercept: intercept)
    #expect(try NIfTI.read(Double.self, from: url).voxels.scalars[1] == 2.999999999301508)
    #expect(try NIfTI.readLabels(from: url).voxels.scalars == [0, 3, 9, 3])
    #expect(try NIfTI.read(UInt8.self, from: url).voxels.scalars == [0, 3, 9, 3])
    #expect(try NIfTISliceReader(url).slice(Int16.self, at: 0).scalars == [0, 3, 9, 3])
    let half = try file([-32768, -25486, 32767, -10923], slope: slope, intercept: intercept)
    let error = try #require(throws: MedIOError.self) { try NIfTI.readLabels(from: half) }
    #expect(error.code == .unrepresentableValue && error.context.contains("1.0000457768328488 at"))
    #expect(error.context.contains("[1, 0, 0]"))
  }

  /// The slope 1/3 in 32 bits: 9 x 1/3 is 3.0000000894, and what is left of -3 + 3 is 8.9e-8.
  @Test func termsThatCancelLeaveTheirRounding() throws {
    let url = try file([0, 9, -9, 30], slope: 1 / 3, intercept: 3)
    #expect(try NIfTI.readLabels(from: url).voxels.scalars == [3, 6, 0, 13])
  }

  @Test(
    arguments: [
      (Float(3).nextDown, 3), (Float(3).nextUp, 3), (1e-7, nil), (2.99999, nil), (4.5, nil),
    ] as [(Float, Int32?)])
  func floatsBesideAWholeNumber(_ value: Float, _ label: Int32?) throws {
    let volume = Volume(voxels: Tensor([0, value], shape: [1, 1, 2]), affine: .identity)
    try NIfTI.write(volume, to: scratch["f.nii"])
    if let label {
      #expect(try NIfTI.readLabels(from: scratch["f.nii"]).voxels.scalars == [0, label])
    } else {
      #expect(try code { _ = try NIfTI.readLabels(from: scratch["f.nii"]) } == .unrepresentableValue)
    }
    // Writing stays exact: what is written must be what is in memory.
    #expect(
      try code { try NIfTI.write(volume, to: scratch["i.nii"], options: .init(datatype: .int16)) }
        == .unrepresentableValue)
  }

  /// A scan turned by 45 degrees about x: j and k prefer no axis. Its labels' header differs in the last bit.
  @Test func axesThatPreferNoneAgree() {
    let c = 0.5.squareRoot()
    for noise in [-1e-8, -1e-16, 0, 1e-16, 1e-8] {
      let affine = VoxelAffine(rows: [[2, 0, 0, 0], [0, c + noise, -c, 0], [0, c, c - noise, 0]])
      #expect(AnatomicalOrientation(nearest: affine).description == "RAS", "\(noise)")
    }
    let turned = VoxelAffine(rows: [[2, 0, 0, 0], [0, c, -c - 1e-3, 0], [0, c + 1e-3, c, 0]])
    #expect(AnatomicalOrientation(nearest: turned).description == "RSP")
  }

  private func grid(_ length: Int, _ size: Double) -> VolumeGrid {
    VolumeGrid(depth: 1, height: 1, width: length, affine: VoxelAffine(diagonal: size, 1, 1))
  }

  /// 5 voxels of .3 mm are 7.5 of .2 mm, and 61 of .7 mm are 30.5 of 1.4 mm: halves go up.
  @Test(arguments: [(5, 0.3, 0.2, 8), (61, 0.7, 1.4, 31), (3, 0.9, 0.6, 5), (15, 0.1, 0.2, 8)])
  func halvesOfLengthsGoUp(_ length: Int, _ old: Double, _ new: Double, _ wanted: Int) {
    for size in [old, Double(Float(old)), Double(Float(old).nextUp), Double(Float(old).nextDown)] {
      #expect(GridChange.spacing(of: grid(length, size), column: new).result.width == wanted, "\(size)")
    }
    #expect(GridChange.spacing(of: grid(length, old * 0.9999), column: new).result.width == wanted - 1)
  }

  @Test func aSizeInAFilesRoundingStays() {
    let change = GridChange.spacing(of: grid(40, Double(Float(0.7))), column: 0.7)
    #expect(change.isExact && change.result == change.source)
    #expect(!GridChange.spacing(of: grid(40, 0.7001), column: 0.7).isExact)
  }

  /// Labels that lie half a voxel beside their image belong to it, whichever way .15 mm and .3 mm are rounded.
  @Test(arguments: [0.15, Double(Float(0.15)), Double(Float(0.15).nextUp), Double(Float(0.15).nextDown)])
  func halfAVoxelBesideIsNoMismatch(_ shift: Double) throws {
    func write(_ name: String, _ place: Double) throws -> URL {
      let affine = VoxelAffine(diagonal: 0.3, 0.3, 0.3, translation: [place, 0, 0])
      try NIfTI.write(
        Volume(voxels: Tensor<UInt8>(repeating: 1, shape: [2, 3, 50]), affine: affine), to: scratch[name])
      return scratch[name]
    }
    let scan = VolumeCase(
      identifier: "a", key: 0, images: [try write("i.nii", 0)], labels: try write("l.nii", shift))
    let volumes = VolumeDataset([scan], labelMapping: LabelMapping(inOrder: [1]))
    #expect(try volumes.prepared(at: 0).labels != nil)
  }

  /// Sizes and positions as they are in 64 and in 32 bits, from a microscope to a position of 100 m.
  @Test(arguments: [(0.7, 321.1), (0.0005, 12.3), (1.3158, 1e5 + 0.3), (10, 0)])
  func gridsMatchWithinTheRoundingOfAFile(_ size: Double, _ place: Double) {
    func grid(_ size: Double, _ place: Double) -> VolumeGrid {
      VolumeGrid(
        depth: 2, height: 3, width: 4,
        affine: VoxelAffine(diagonal: size, size, size, translation: [place, 0, 0]))
    }
    let exact = grid(size, place)
    #expect(exact.matches(grid(Double(Float(size)), Double(Float(place)))))
    #expect(!exact.matches(grid(size * 1.01, place)) && !exact.matches(grid(-size, place)))
    #expect(!exact.matches(grid(size, place + size / 2 + 1e-6 * place)))
  }
}
