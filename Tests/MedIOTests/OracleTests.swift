import CNIfTIOracle
import Foundation
import MedIO
import Tensor
import Testing

/// Valid files through libnifti's own reader and through this library's: the same bytes in the same place.
@Suite struct OracleTests {
  private func compare(_ url: URL, _ name: String) throws {
    var oracle = nifti_oracle_volume()
    try #require(nifti_oracle_read(url.path, &oracle) == 0, "\(name)")
    defer { nifti_oracle_release(&oracle) }
    let information = try NIfTI.readInformation(from: url)
    #expect(information.datatype.rawValue == Int(oracle.datatype), "\(name)")
    let lengths = withUnsafeBytes(of: oracle.lengths) { Array($0.bindMemory(to: Int64.self)) }
    #expect(
      Array(lengths.prefix(Int(oracle.rank))).map(Int.init) == information.header.dimensionsInUse, "\(name)")
    let affine = withUnsafeBytes(of: oracle.affine) { Array($0.bindMemory(to: Double.self)) }
    // Without a form libnifti invents another place than nibabel.
    if information.header.sformCode > 0 || information.header.qformCode > 0 {
      #expect(
        zip(information.affine.elements, affine).allSatisfy { abs($0 - $1) < 1e-5 }, "\(name): \(affine)")
    }
    let bytes = UnsafeRawBufferPointer(start: oracle.bytes, count: oracle.byte_count)
    #expect(try same(bytes, url, information.datatype), "\(name)")
    #expect(
      information.header.sclSlope == oracle.slope && information.header.sclInter == oracle.intercept,
      "\(name)")
  }

  /// Whether our voxels are these bytes. libnifti turns NaN into 0 on its way; so is it done here.
  private func same(
    _ bytes: UnsafeRawBufferPointer, _ url: URL, _ datatype: NIfTIDatatype
  ) throws -> Bool {
    func equal<Scalar: TensorNumericScalar>(_ type: Scalar.Type) throws -> Bool {
      let volume = try NIfTI.read(type, from: url, values: .stored)
      return volume.voxels.withUnsafeBufferPointer { own in
        let theirs = bytes.bindMemory(to: Scalar.self)
        return own.count == theirs.count
          && zip(own, theirs).allSatisfy { $0 == $1 || (!$0.doubleValue.isFinite && $1.doubleValue == 0) }
      }
    }
    switch datatype {
    case .uint8, .rgb24, .rgba32: return try equal(UInt8.self)
    case .int8: return try equal(Int8.self)
    case .int16: return try equal(Int16.self)
    case .uint16: return try equal(UInt16.self)
    case .int32: return try equal(Int32.self)
    case .uint32: return try equal(UInt32.self)
    case .int64: return try equal(Int64.self)
    case .uint64: return try equal(UInt64.self)
    case .float32, .complex64: return try equal(Float.self)
    case .float64, .complex128: return try equal(Double.self)
    }
  }

  @Test(arguments: fixtureNames) func realFiles(_ name: String) throws {
    try compare(fixture(name), name)
  }

  @Test(arguments: NIfTIDatatype.allCases) func everyDatatypeVersionAndOrder(
    _ datatype: NIfTIDatatype
  ) throws {
    let scratch = try Scratch()
    for (bigEndian, version) in [(false, 1), (true, 1), (false, 2), (true, 2)] {
      var file =
        version == 1 ? NIfTIFileBuilder.nifti1(bigEndian: bigEndian) : .nifti2(bigEndian: bigEndian)
      file.int16(version == 1 ? 70 : 12, datatype.rawValue)
      file.int16(version == 1 ? 72 : 14, datatype.byteCount * 8)
      // Bytes whose floating-point values are finite in either order.
      file.data = (0..<24 * datatype.byteCount).map { UInt8($0 * 37 % 97) }
      for (name, bytes) in [("a.nii", file.bytes), ("b.nii.gz", Gzip.compress(file.bytes))] {
        try compare(scratch.file(name, bytes), "\(datatype), \(version), \(bigEndian), \(name)")
      }
    }
  }

  @Test(arguments: QformCase.all) func qforms(_ reference: QformCase) throws {
    let scratch = try Scratch()
    var file = NIfTIFileBuilder.nifti1()
    for axis in 0..<3 { file.float(80 + 4 * axis, Float(reference.pixdim[axis])) }
    file.qform(quaternion: reference.quatern, qfac: reference.qfac, offset: reference.qoffset)
    try compare(scratch.file("a.nii", file.bytes), reference.testDescription)
    file.sform(VoxelAffine(rows: [[0, -2, 0.5, 1], [3, 0, 0, 2], [0, 0, 4, 3]]))
    try compare(scratch.file("a.nii", file.bytes), "sform over " + reference.testDescription)
  }

  /// What this library writes, libnifti reads.
  @Test(arguments: ["a.nii", "a.nii.gz", "a.hdr", "a.img.gz"]) func filesOfOurs(_ name: String) throws {
    let scratch = try Scratch()
    for version in NIfTIHeader.Version.allCases {
      for order in NIfTIByteOrder.allCases {
        let volume = Volume<Int16>(
          voxels: Tensor((0..<120).map { Int16($0 * 271) }, shape: [2, 3, 4, 5]),
          affine: VoxelAffine(rows: [[-1, 0, 0, 10], [0, 0, 2, -20], [0, 3, 0, 30]]))
        try NIfTI.write(volume, to: scratch[name], options: .init(version: version, byteOrder: order))
        try compare(scratch[name], "\(name), \(version), \(order)")
      }
    }
  }
}

extension NIfTIHeader {
  fileprivate var dimensionsInUse: [Int] { Array(dim[1..<1 + dim[0]]) }
}
