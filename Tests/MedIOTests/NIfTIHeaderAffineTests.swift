import Foundation
import MedIO
import Tensor
import Testing

/// The qforms of nibabel 5.4.2 in medio.json.
struct QformCase: Decodable, CustomTestStringConvertible, Sendable {
  let quatern, pixdim, qoffset: [Double]
  let qfac: Double
  let affine: [[Double]]
  var testDescription: String { "\(quatern), qfac \(qfac), \(pixdim)" }

  static var all: [QformCase] {
    struct File: Decodable { let qform: [QformCase] }
    return (try? json(File.self, "medio.json").qform) ?? []
  }
}

@Suite struct NIfTIHeaderAffineTests {
  private let scratch = Result { try Scratch() }

  private func read(
    _ file: NIfTIFileBuilder, _ source: NIfTIReadOptions.AffineSource = .automatic
  ) throws -> Volume<Int16> {
    try NIfTI.read(
      Int16.self, from: scratch.get().file("a.nii", file.bytes), options: .init(affineSource: source))
  }

  /// nibabel drops the fourth decimal of nothing: 1e-6 is the rounding of the header's 32-bit numbers.
  private func isClose(_ affine: VoxelAffine, _ rows: [[Double]]) -> Bool {
    affine.isClose(to: VoxelAffine(rows: rows), tolerance: 2e-6)
  }

  @Test func referenceCasesAreThere() { #expect(QformCase.all.count == 6) }

  @Test(arguments: QformCase.all) func qformsAreNibabels(_ reference: QformCase) throws {
    for isBig in [false, true] {
      var file = NIfTIFileBuilder.nifti1(bigEndian: isBig)
      for axis in 0..<3 { file.float(80 + 4 * axis, Float(reference.pixdim[axis])) }
      file.qform(quaternion: reference.quatern, qfac: reference.qfac, offset: reference.qoffset)
      let volume = try read(file)
      #expect(isClose(volume.affine, reference.affine), "\(volume.affine)")
      // nibabel's strict reader refuses a qfac of 0.
      let warned = volume.warnings.contains(.qfacReplaced(value: "0.0", used: 1))
      #expect(warned == (reference.qfac == 0))
      // Written again without its header, the qform is computed anew: the same place by both forms.
      let url = try scratch.get()["b.nii"]
      try NIfTI.write(Volume(voxels: volume.voxels, affine: volume.affine), to: url)
      for source in [NIfTIReadOptions.AffineSource.sform, .qform, .automatic] {
        let again = try NIfTI.read(Int16.self, from: url, options: .init(affineSource: source))
        #expect(isClose(again.affine, volume.affine.rows), "\(source): \(again.affine)")
        #expect(again.warnings.isEmpty)
      }
    }
  }

  @Test func formsAreTakenInOrderUnlessOneIsNamed() throws {
    typealias Source = NIfTIReadOptions.AffineSource
    func expect(
      _ file: NIfTIFileBuilder, asked: Source = .automatic, _ rows: [[Double]], from source: Source
    ) throws {
      let volume = try read(file, asked)
      #expect(volume.affine.rows.dropLast() == rows[...] && volume.affineSource == source)
      let information = try NIfTI.readInformation(
        from: scratch.get()["a.nii"], options: .init(affineSource: asked))
      #expect(information.affine == volume.affine && information.affineSource == source)
    }
    var file = NIfTIFileBuilder.nifti1()
    let fallback: [[Double]] = [[-2, 0, 0, 3], [0, 3, 0, -3], [0, 0, 4, -2]]
    try expect(file, fallback, from: .voxelSizes)
    file.qform(quaternion: [0, 0, 0], qfac: 1, offset: [1, 2, 3])
    let qform: [[Double]] = [[2, 0, 0, 1], [0, 3, 0, 2], [0, 0, 4, 3]]
    try expect(file, qform, from: .qform)
    let sform: [[Double]] = [[0, 3, 0, 7], [2, 0, 0, 8], [0, 0, 4, 9]]
    file.sform(VoxelAffine(rows: sform))
    try expect(file, sform, from: .sform)
    try expect(file, asked: .qform, qform, from: .qform)
    try expect(file, asked: .voxelSizes, fallback, from: .voxelSizes)
    // Named, a form counts whatever its code; without one, codes of 0 leave the voxel sizes.
    file.int16(252, 0)
    file.int16(254, 0)
    try expect(file, fallback, from: .voxelSizes)
    try expect(file, asked: .sform, sform, from: .sform)
    try expect(file, asked: .qform, qform, from: .qform)
  }

  @Test func aNamedFormThatIsNotThereIsAnError() throws {
    let file = NIfTIFileBuilder.nifti1()
    #expect(try code { _ = try read(file, .sform) } == .badAffine)
  }

  /// What is wrong with `pixdim` is said where the sform gives the place, too.
  @Test(arguments: [(0.0, "0.0"), (-3, "-3.0"), (.nan, "nan"), (.infinity, "inf")])
  func oddVoxelSizesBesideAnSformAreSaid(_ size: Double, _ text: String) throws {
    var file = NIfTIFileBuilder.nifti1()
    file.sform(VoxelAffine(diagonal: 2, 3, 4))
    file.float(84, Float(size))
    let volume = try read(file)
    #expect(volume.affine == VoxelAffine(diagonal: 2, 3, 4))
    #expect(volume.warnings == [.pixdimReplaced(axis: 2, value: text, used: 3)])
  }

  @Test(arguments: [-1, 6, 17, 32767]) func unknownCodesAreSaid(_ code: Int) throws {
    // The sform is not used when its code is below 1, but its code is as wrong.
    var file = NIfTIFileBuilder.nifti1()
    file.sform(VoxelAffine(diagonal: 2, 3, 4), code: code)
    #expect(try read(file).warnings == [.unknownFormCode(field: "sform_code", value: code)])
    var other = NIfTIFileBuilder.nifti1()
    other.qform(quaternion: [0, 0, 0], qfac: 1, offset: [0, 0, 0], code: code)
    other.sform(VoxelAffine(diagonal: 2, 3, 4))
    #expect(try read(other).warnings == [.unknownFormCode(field: "qform_code", value: code)])
  }

  @Test func axesTheFileDoesNotHaveNeedNoSize() throws {
    var file = NIfTIFileBuilder.nifti1()
    file.int16(40, 2)
    file.float(88, 0)
    file.data.removeLast(24)
    let volume = try read(file)
    #expect(volume.voxels.shape == [1, 3, 4])
    #expect(volume.warnings.isEmpty && volume.affine.voxelSizes == [2, 3, 1])
  }
}
