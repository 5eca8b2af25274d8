import Foundation
import MedIO
import Tensor
import Testing

@Suite struct NIfTIWriterTests {
  /// Reads as stored, writes, and compares the files.
  func roundTrip<Scalar: TensorNumericScalar>(_ scalar: Scalar.Type, _ source: URL, _ target: URL) throws {
    let volume = try NIfTI.read(scalar, from: source, values: .stored)
    try NIfTI.write(volume, to: target)
    let again = try NIfTI.read(scalar, from: target, values: .stored)
    let same = volume.voxels.withUnsafeBufferPointer { a in
      again.voxels.withUnsafeBufferPointer { b in
        UnsafeRawBufferPointer(a).elementsEqual(UnsafeRawBufferPointer(b))
      }
    }
    #expect(same)
    #expect(again.affine == volume.affine)
    #expect(again.header?.headerFields == volume.header?.headerFields)
    #expect(again.extensions == volume.extensions)
  }

  @Test(arguments: fixtureNames)
  func realFilesComeBackFieldForField(_ name: String) throws {
    let scratch = try Scratch()
    let source = try fixture(name)
    switch try NIfTI.readInformation(from: source).datatype {
    case .uint8: try roundTrip(UInt8.self, source, scratch[name])
    case .int16: try roundTrip(Int16.self, source, scratch[name])
    case .int32: try roundTrip(Int32.self, source, scratch[name])
    case .float32: try roundTrip(Float.self, source, scratch[name])
    case .float64: try roundTrip(Double.self, source, scratch[name])
    case let other: Issue.record("no case for \(other)")
    }
  }

  @Test func predictionLandsOnTheOriginalGrid() throws {
    let scratch = try Scratch()
    let image = try NIfTI.read(Float.self, from: fixture("anatomical.nii"))
    let labels = LabelMap(Tensor<Int32>(repeating: 3, shape: image.voxels.shape))
    try NIfTI.write(
      Volume(labels: labels, like: image), to: scratch["p.nii.gz"], options: .init(datatype: .uint8))
    let again = try NIfTI.readLabels(from: scratch["p.nii.gz"])
    #expect(again.affine == image.affine)
    #expect(again.labelMap == labels)
    #expect(try NIfTI.readInformation(from: scratch["p.nii.gz"]).datatype == .uint8)
    #expect(scratch.names == ["p.nii.gz"])
  }
}

extension NIfTIHeader {
  /// The header without a NaN's trouble with equality.
  var headerFields: String { "\(self)" }
}
