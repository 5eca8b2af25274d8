import Foundation
import MedIO
import Tensor
import Testing

/// What nibabel 5.4.2 read from a fixture.
struct FixtureReference: Decodable {
  let shape: [Int]
  let affine: [[Double]]
  let axcodes, dtype, descrip: String
  let sum, min, max: Double
  let nans: Int
  let index: [Int]
  let values: [Double?]
  let slope: [Double]
  let codes: [Int]
}

let fixtureNames = [
  "anatomical.nii", "example_nifti2.nii.gz", "functional.nii", "resampled_anat_moved.nii", "standard.nii.gz",
  "tissue.nii.gz",
]

@Suite struct NIfTIReaderTests {
  @Test(arguments: fixtureNames)
  func readsRealFilesAsNibabelDoes(_ name: String) throws {
    let reference = try #require(try json([String: FixtureReference].self, "fixtures.json")[name])
    let volume = try NIfTI.read(Double.self, from: fixture(name))
    #expect(volume.voxels.shape.dimensions == reference.shape.reversed())
    #expect(volume.affine.isClose(to: VoxelAffine(rows: reference.affine), tolerance: 1e-6))
    #expect(volume.orientation.description == reference.axcodes)
    let values = volume.voxels.scalars
    let finite = values.filter(\.isFinite)
    #expect(values.count - finite.count == reference.nans)
    #expect(abs(finite.reduce(0, +) - reference.sum) <= 1e-9 * abs(reference.sum))
    #expect(finite.min() == reference.min && finite.max() == reference.max)
    let picked = reference.index.map { values[$0].isFinite ? values[$0] : nil }
    #expect(picked == reference.values)
    let information = try NIfTI.readInformation(from: fixture(name))
    #expect(information.datatype.description == reference.dtype.filter { $0 != "<" && $0 != ">" }.expanded)
    #expect(information.header.descrip == reference.descrip)
    #expect([information.header.qformCode, information.header.sformCode] == reference.codes)
    #expect([information.header.sclSlope, information.header.sclInter] == reference.slope)
    #expect(information.shape == volume.voxels.shape)
  }

  @Test func floatIsTheRoundedDouble() throws {
    for name in fixtureNames {
      let single = try NIfTI.read(Float.self, from: fixture(name)).voxels.scalars
      let double = try NIfTI.read(Double.self, from: fixture(name)).voxels.scalars
      #expect(zip(single, double).allSatisfy { $0 == Float($1) || $0.isNaN && $1.isNaN }, "\(name)")
    }
  }

  @Test func labelsAreIntegers() throws {
    let labels = try NIfTI.readLabels(from: fixture("tissue.nii.gz"))
    #expect(labels.labelMap.shape == [62, 128, 128])
    let floats = try NIfTI.read(Float.self, from: fixture("tissue.nii.gz")).voxels.scalars
    #expect(labels.voxels.scalars.map(Float.init) == floats)
  }

  @Test(arguments: [false, true]) func readsBothVersionsInBothOrders(bigEndian: Bool) throws {
    let scratch = try Scratch()
    let files = [NIfTIFileBuilder.nifti1(bigEndian: bigEndian), .nifti2(bigEndian: bigEndian)]
    for (index, file) in files.enumerated() {
      let url = try scratch.file("\(index).nii", file.bytes)
      let volume = try NIfTI.read(Int16.self, from: url)
      #expect(volume.voxels == Tensor((0..<24).map(Int16.init), shape: [2, 3, 4]))
      #expect(volume.warnings.isEmpty)
      // nibabel's centred fallback (medio.json).
      #expect(volume.affine.rows == [[-2, 0, 0, 3], [0, 3, 0, -3], [0, 0, 4, -2], [0, 0, 0, 1]])
    }
  }
}

extension String {
  /// NumPy's short names, spelled out.
  var expanded: String {
    ["i2": "int16", "f4": "float32", "u1": "uint8", "i4": "int32", "f8": "float64"][self] ?? self
  }
}
