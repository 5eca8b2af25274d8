import Foundation
import MedIO
import Tensor
import Testing

/// Files of every datatype that nibabel 5.4.2 wrote, in medio.json: 3 x 2 x 1 voxels.
struct DatatypeReference: Decodable {
  let dtype: String
  let code, bitpix, file_len: Int
  let file_base64: String?

  static func all() throws -> [DatatypeReference] {
    struct File: Decodable { let datatypes: [DatatypeReference] }
    return try json(File.self, "medio.json").datatypes
  }
}

@Suite struct NIfTIDatatypeTests {
  @Test func codesAndSizesAreNibabels() throws {
    for reference in try DatatypeReference.all() {
      let datatype = try #require(NIfTIDatatype(rawValue: reference.code), "\(reference.dtype)")
      #expect(datatype.description == reference.dtype)
      #expect(datatype.byteCount * 8 == reference.bitpix)
      // 352 bytes and six voxels.
      #expect(352 + 6 * datatype.byteCount == reference.file_len)
      guard let text = reference.file_base64 else { continue }
      let scratch = try Scratch()
      let url = try scratch.file("a.nii", Array(try #require(Data(base64Encoded: text))))
      let volume = try NIfTI.read(Double.self, from: url)
      #expect(volume.voxels.scalars == [0, 2, 4, 1, 3, 5] && volume.voxels.shape == [1, 2, 3])
      #expect(volume.affine == .identity)
    }
  }

  /// A file of one row of voxels of a datatype, given as bytes in the machine's order.
  private func file(
    _ datatype: NIfTIDatatype, _ voxels: [UInt8], bigEndian: Bool, version: Int, slope: Float = 1
  ) -> NIfTIFileBuilder {
    var file = version == 1 ? NIfTIFileBuilder.nifti1(bigEndian: bigEndian) : .nifti2(bigEndian: bigEndian)
    let count = voxels.count / datatype.byteCount
    if version == 1 {
      for (axis, length) in [count, 1, 1].enumerated() { file.int16(42 + 2 * axis, length) }
      file.int16(70, datatype.rawValue)
      file.int16(72, datatype.byteCount * 8)
      file.float(112, slope)
      file.float(116, slope == 1 ? 0 : 10)
    } else {
      for (axis, length) in [count, 1, 1].enumerated() { file.int64(24 + 8 * axis, length) }
      file.int16(12, datatype.rawValue)
      file.int16(14, datatype.byteCount * 8)
      file.double(176, Double(slope))
      file.double(184, slope == 1 ? 0 : 10)
    }
    let size = datatype.byteCount / datatype.componentCount
    file.data = stride(from: 0, to: voxels.count, by: size).flatMap { start in
      let value = voxels[start..<start + size]
      return bigEndian ? Array(value.reversed()) : Array(value)
    }
    return file
  }

  private func bytes<Scalar>(_ values: [Scalar]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  /// Reads `values`, stored as `datatype`, in both versions and orders; they must come back as they are.
  private func check<Scalar: TensorNumericScalar>(_ datatype: NIfTIDatatype, _ values: [Scalar]) throws {
    let scratch = try Scratch()
    for (bigEndian, version) in [(false, 1), (true, 1), (false, 2), (true, 2)] {
      let file = file(datatype, bytes(values), bigEndian: bigEndian, version: version)
      let url = try scratch.file("a.nii", file.bytes)
      let volume = try NIfTI.read(Scalar.self, from: url)
      #expect(bytes(volume.voxels.scalars) == bytes(values), "\(datatype), \(version), big: \(bigEndian)")
      // Floating point takes any file.
      let doubles = try NIfTI.read(Double.self, from: url).voxels.scalars
      #expect(zip(doubles, values).allSatisfy { $0 == $1.doubleValue || $0.isNaN && $1.doubleValue.isNaN })
      // Written as it was read, the file has the same voxels to the last bit, in the same order of bytes.
      try NIfTI.write(volume, to: scratch["b.nii"])
      let again = try NIfTI.readInformation(from: scratch["b.nii"])
      #expect(again.datatype == datatype && again.header.version.rawValue == version)
      #expect(again.header.byteOrder == (bigEndian ? .bigEndian : .littleEndian))
      let written = try Array(Data(contentsOf: scratch["b.nii"]).suffix(file.data.count))
      #expect(written == file.data)
    }
  }

  @Test func integersComeBackToTheLastBit() throws {
    try check(.uint8, [UInt8.min, 1, 127, .max])
    try check(.int8, [Int8.min, -1, 0, .max])
    try check(.uint16, [UInt16.min, 1, 256, .max])
    try check(.int16, [Int16.min, -1, 256, .max])
    try check(.uint32, [UInt32.min, 1, 1 << 24, .max])
    try check(.int32, [Int32.min, -1, 1 << 24, .max])
    try check(.uint64, [UInt64.min, 1, 1 << 52, 1 << 53])
    try check(.int64, [Int64.min, -1, 1 << 52, 1 << 62])
  }

  /// Tools of the field turn NaN and infinities into 0.
  @Test func floatsComeBackToTheLastBit() throws {
    try check(
      .float32, [-0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, Float.greatestFiniteMagnitude])
    try check(.float64, [-0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, Double.pi])
  }

  @Test func int64IsNotRoundedOnTheWay() throws {
    let scratch = try Scratch()
    let values: [Int64] = [.max, .max - 1, (1 << 53) + 1, .min + 1]
    let url = try scratch.file("a.nii", file(.int64, bytes(values), bigEndian: false, version: 1).bytes)
    #expect(try NIfTI.read(Int64.self, from: url).voxels.scalars == values)
    let unsigned: [UInt64] = [.max, (1 << 63) + 1]
    let other = try scratch.file("b.nii", file(.uint64, bytes(unsigned), bigEndian: true, version: 2).bytes)
    #expect(try NIfTI.read(UInt64.self, from: other).voxels.scalars == unsigned)
    #expect(try code { _ = try NIfTI.read(Int64.self, from: other) } == .unrepresentableValue)
  }

  @Test(arguments: [false, true]) func colorsAndComplexNumbersAreComponents(bigEndian: Bool) throws {
    let scratch = try Scratch()
    let colors: [UInt8] = [255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    for (datatype, shape) in [(NIfTIDatatype.rgb24, [1, 1, 4, 3]), (.rgba32, [1, 1, 3, 4])] {
      // Slope 2 and intercept 10: the standard does not scale colors.
      let file = file(datatype, colors, bigEndian: bigEndian, version: 1, slope: 2)
      let url = try scratch.file("a.nii", file.bytes)
      let volume = try NIfTI.read(UInt8.self, from: url)
      #expect(volume.voxels.scalars == colors && volume.voxels.shape.dimensions == shape)
      #expect(volume.componentCount == datatype.componentCount && volume.rank == 3)
      try NIfTI.write(volume, to: scratch["b.nii.gz"])
      let again = try NIfTI.read(UInt8.self, from: scratch["b.nii.gz"])
      #expect(again.voxels == volume.voxels)
      #expect(try NIfTI.readInformation(from: scratch["b.nii.gz"]).datatype == datatype)
      let slice = try NIfTISliceReader(url).slice(UInt8.self, at: 0)
      #expect(slice.scalars == colors)
      #expect(try code { _ = try NIfTI.readLabels(from: url) } == .badDimensions)
    }
    let parts: [Double] = [1, -2, .nan, 4, 0.5, -.infinity]
    let url = try scratch.file(
      "c.nii", file(.complex128, bytes(parts), bigEndian: bigEndian, version: 2).bytes)
    let volume = try NIfTI.read(Double.self, from: url)
    #expect(volume.voxels.shape == [1, 1, 3, 2] && bytes(volume.voxels.scalars) == bytes(parts))
    let singles = parts.map(Float.init)
    let other = try scratch.file(
      "d.nii", file(.complex64, bytes(singles), bigEndian: bigEndian, version: 1).bytes)
    let single = try NIfTI.read(Float.self, from: other)
    #expect(single.componentCount == 2 && bytes(single.voxels.scalars) == bytes(singles))
    try NIfTI.write(single, to: scratch["e.nii"])
    #expect(try NIfTI.readInformation(from: scratch["e.nii"]).datatype == .complex64)
  }

  @Test func scalingIsInDoublePrecisionAndStoredValuesAreAsked() throws {
    let scratch = try Scratch()
    let file = file(.int16, bytes([Int16.min, -1, 0, .max]), bigEndian: true, version: 1, slope: 0.5)
    let url = try scratch.file("a.nii", file.bytes)
    #expect(try NIfTI.read(Float.self, from: url).voxels.scalars == [-16374, 9.5, 10, 16393.5])
    let stored = try NIfTI.read(Int16.self, from: url, values: .stored)
    #expect(stored.voxels.scalars == [.min, -1, 0, .max])
    #expect(stored.header?.sclSlope == 0.5 && stored.header?.sclInter == 10)
    // True values are written as they are; stored ones with their slope, so that both mean the same.
    try NIfTI.write(stored, to: scratch["b.nii"])
    try NIfTI.write(NIfTI.read(Float.self, from: url), to: scratch["c.nii"])
    for name in ["b.nii", "c.nii"] {
      #expect(try NIfTI.read(Double.self, from: scratch[name]).voxels.scalars == [-16374, 9.5, 10, 16393.5])
    }
    // 9.5 is no integer.
    let error = try #require(throws: MedIOError.self) { try NIfTI.read(Int32.self, from: url) }
    #expect(error.code == .unrepresentableValue && error.context.contains("9.5"))
  }

  @Test func labelsMustBeWholeNumbers() throws {
    let scratch = try Scratch()
    for (value, text) in [(Float.nan, "nan"), (1.5, "1.5"), (.infinity, "inf"), (3e9, "3")] {
      let url = try scratch.file(
        "a.nii", file(.float32, bytes([0, 1, value]), bigEndian: false, version: 1).bytes)
      let error = try #require(throws: MedIOError.self) { try NIfTI.readLabels(from: url) }
      #expect(error.code == .unrepresentableValue)
      #expect(error.context.contains(text) && error.context.contains("[2, 0, 0]"), "\(error)")
    }
  }
}
