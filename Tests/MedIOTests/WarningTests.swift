import Foundation
import MedIO
import Tensor
import Testing

/// A file with an oddity that changes no voxel, and what the reader says about it.
struct OddFile: CustomTestStringConvertible, Sendable {
  let name: String
  let bytes: [UInt8]
  let warnings: [MedIOWarning]
  var testDescription: String { name }

  init(_ name: String, _ warnings: [MedIOWarning], _ change: (inout NIfTIFileBuilder) -> Void) {
    var file = NIfTIFileBuilder.nifti1()
    change(&file)
    self.name = name
    self.warnings = warnings
    bytes = file.bytes
  }

  init(_ name: String, _ warnings: [MedIOWarning], bytes: [UInt8]) {
    (self.name, self.warnings, self.bytes) = (name, warnings, bytes)
  }

  static let valid = NIfTIFileBuilder.nifti1().bytes

  static let all: [OddFile] = [
    OddFile("slope NaN", [.slopeIsNaN]) { $0.float(112, .nan) },
    OddFile("slope 0, intercept NaN", []) {
      $0.float(112, 0)
      $0.float(116, .nan)
    },
    OddFile("pixdim 0", [.pixdimReplaced(axis: 1, value: "0.0", used: 1)]) { $0.float(80, 0) },
    OddFile("pixdim negative", [.pixdimReplaced(axis: 2, value: "-3.0", used: 3)]) { $0.float(84, -3) },
    OddFile("pixdim NaN", [.pixdimReplaced(axis: 3, value: "nan", used: 1)]) { $0.float(88, .nan) },
    OddFile("vox_offset 352.5", [.fractionalVoxOffset(352.5)]) { $0.float(108, 352.5) },
    OddFile("magic of a pair", [.magicDoesNotMatchFile]) { $0.bytes(344, Array("ni1\0".utf8)) },
    OddFile("extension flag without room", [.extensionFlagWithoutRoom]) { $0.middle = [1, 0, 0, 0] },
    OddFile("bytes behind the data", [.bytesAfterData(7)]) { $0.data += [1, 2, 3, 4, 5, 6, 7] },
    OddFile("room before the data", [.bytesAfterExtensions(16)]) {
      $0.float(108, 368)
      $0.middle += [UInt8](repeating: 9, count: 16)
    },
    OddFile("sform code 17", [.unknownFormCode(field: "sform_code", value: 17)]) {
      $0.sform(VoxelAffine(diagonal: 2, 3, 4), code: 17)
    },
    OddFile("sform of other voxel sizes", [.spacingDisagrees(affine: [1, 3, 4], pixdim: [2, 3, 4])]) {
      $0.sform(VoxelAffine(diagonal: 1, 3, 4))
    },
    OddFile("qfac 0.5", [.qfacReplaced(value: "0.5", used: 1)]) {
      $0.qform(quaternion: [0, 0, 0], qfac: 0.5, offset: [0, 0, 0])
    },
    OddFile("lengths behind dim[0]", []) { $0.int16(48, 12) },
    OddFile(
      "bytes behind a gzip stream", [.bytesAfterGzipStream(5)], bytes: Gzip.compress(valid) + [0, 0, 0, 0, 0]),
    OddFile(
      "two gzip members", [], bytes: Gzip.compress(Array(valid[..<100])) + Gzip.compress(Array(valid[100...]))
    ),
    OddFile(
      "two gzip members and a byte", [.bytesAfterGzipStream(1)],
      bytes: Gzip.compress(Array(valid[..<360])) + Gzip.compress(Array(valid[360...])) + [0]),
    OddFile(
      "bytes behind the data in a gzip", [.bytesAfterData(3)], bytes: Gzip.compress(valid + [1, 2, 3])),
    OddFile("stored, not compressed", [], bytes: Gzip.compress(valid, level: 0)),
  ]
}

@Suite struct WarningTests {
  @Test(arguments: OddFile.all) func oddFilesAreReadWithAWarning(_ odd: OddFile) throws {
    let scratch = try Scratch()
    // Content decides about compression, not the name.
    for name in ["a.nii", "a.nii.gz", "a"] {
      let url = try scratch.file(name, odd.bytes)
      let volume = try NIfTI.read(Int16.self, from: url)
      #expect(volume.voxels == Tensor((0..<24).map(Int16.init), shape: [2, 3, 4]))
      #expect(volume.warnings == odd.warnings)
      let reader = try NIfTISliceReader(url)
      for plane in 0..<2 { _ = try reader.slice(Int16.self, at: plane) }
      #expect(reader.warnings == odd.warnings)
    }
  }

  @Test func zeroSformFallsBackToTheQform() throws {
    let scratch = try Scratch()
    var file = NIfTIFileBuilder.nifti1()
    file.int16(254, 1)
    file.qform(quaternion: [0, 0, 0], qfac: 1, offset: [5, 6, 7])
    let volume = try NIfTI.read(Int16.self, from: scratch.file("a.nii", file.bytes))
    #expect(volume.affine == VoxelAffine(diagonal: 2, 3, 4, translation: [5, 6, 7]))
    guard case .formSkipped(field: "sform", reason: _)? = volume.warnings.first else {
      Issue.record("no warning: \(volume.warnings)")
      return
    }
  }

  @Test func longQuaternionIsRenormalized() throws {
    let scratch = try Scratch()
    var file = NIfTIFileBuilder.nifti1()
    file.qform(quaternion: [0, 2, 0], qfac: 1, offset: [0, 0, 0])
    let volume = try NIfTI.read(Int16.self, from: scratch.file("a.nii", file.bytes))
    // Half a turn about y.
    #expect(volume.affine == VoxelAffine(diagonal: -2, 3, -4))
    #expect(volume.warnings == [.quaternionRenormalized(squaredLength: 4)])
  }

  @Test(arguments: [(1, 1000.0, "meters"), (3, 0.001, "microns")])
  func otherUnitsBecomeMillimeters(_ code: Int, _ factor: Double, _ name: String) throws {
    let scratch = try Scratch()
    var file = NIfTIFileBuilder.nifti1()
    file.header[123] = UInt8(code)
    let volume = try NIfTI.read(Int16.self, from: scratch.file("a.nii", file.bytes))
    #expect(zip(volume.affine.voxelSizes, [2, 3, 4]).allSatisfy { abs($0 - $1 * factor) < 1e-9 })
    #expect(volume.warnings == [.unitsConverted(from: name)])
    // Written back, the header keeps its unit and the affine its millimeters.
    try NIfTI.write(volume, to: scratch["b.nii"])
    #expect(try NIfTI.read(Int16.self, from: scratch["b.nii"]).affine == volume.affine)
  }

  @Test func shearIsKeptAndSaid() throws {
    let scratch = try Scratch()
    let affine = VoxelAffine(rows: [[2, 0.5, 0, 0], [0, 3, 0, 0], [0, 0, 4, 0]])
    var file = NIfTIFileBuilder.nifti1()
    file.sform(affine)
    file.float(84, Float(affine.voxelSizes[1]))
    let volume = try NIfTI.read(Int16.self, from: scratch.file("a.nii", file.bytes))
    #expect(volume.affine == affine)
    #expect(volume.warnings == [.shearedAffine])
  }
}

/// What a lenient reader makes of a fault.
struct RepairCase: CustomTestStringConvertible, Sendable {
  let name: String
  let repair: NIfTIRepairs
  let bytes: [UInt8]
  /// The voxels expected.
  let values: [Int16]
  var testDescription: String { name }

  static let count = (0..<24).map(Int16.init)

  static func v1(
    _ name: String, _ repair: NIfTIRepairs, values: [Int16] = count,
    _ change: (inout NIfTIFileBuilder) -> Void
  ) -> RepairCase {
    var file = NIfTIFileBuilder.nifti1()
    change(&file)
    return RepairCase(name: name, repair: repair, bytes: file.bytes, values: values)
  }

  static let all: [RepairCase] = [
    .v1("bitpix", .bitpix) { $0.int16(72, 8) },
    .v1("vox_offset 0", .voxOffset) { $0.float(108, 0) },
    .v1("vox_offset NaN", .voxOffset) { $0.float(108, .nan) },
    .v1("slope infinite", .scaling) { $0.float(112, .infinity) },
    .v1("zero sform", .affine) { $0.int16(254, 1) },
    .v1("extension of size 13", .extensions) {
      $0.float(108, 384)
      $0.middle = [1, 0, 0, 0, 13, 0, 0, 0] + [UInt8](repeating: 0, count: 28)
    },
    .v1("half the data", .truncatedData, values: (0..<24).map { $0 < 12 ? $0 : 0 }) {
      $0.data.removeLast(24)
    },
    .v1("vox_offset behind the file", .truncatedData, values: [Int16](repeating: 0, count: 24)) {
      $0.float(108, 1e15)
    },
    RepairCase(
      name: "wrong checksum", repair: .corruptGzip,
      bytes: {
        var bytes = Gzip.compress(NIfTIFileBuilder.nifti1().bytes)
        bytes[bytes.count - 8] ^= 1
        return bytes
      }(), values: count),
    RepairCase(
      name: "no trailer", repair: .corruptGzip,
      bytes: Array(Gzip.compress(NIfTIFileBuilder.nifti1().bytes).dropLast(8)), values: count),
  ]
}

@Suite struct RepairTests {
  @Test(arguments: RepairCase.all) func repairsByNameAndSaysSo(_ fault: RepairCase) throws {
    let scratch = try Scratch()
    let url = try scratch.file("a.nii", fault.bytes)
    #expect(throws: MedIOError.self) { try NIfTI.read(Int16.self, from: url) }
    let others = NIfTIRepairs.all.subtracting(fault.repair)
    #expect(throws: MedIOError.self) {
      try NIfTI.read(Int16.self, from: url, options: .init(repairs: others))
    }
    for options in [NIfTIReadOptions(repairs: fault.repair), .lenient] {
      let volume = try NIfTI.read(Int16.self, from: url, options: options)
      #expect(volume.voxels.scalars == fault.values)
      let repairs = volume.warnings.compactMap {
        if case .repaired(let repair, _) = $0 { repair } else { nil }
      }
      #expect(repairs == [fault.repair])
    }
  }

  @Test func lenientReadsNoForeignFiles() throws {
    let scratch = try Scratch()
    let url = try scratch.file("a.nii", [UInt8](repeating: 0, count: 1000))
    #expect(try code { _ = try NIfTI.read(Float.self, from: url, options: .lenient) } == .notNIfTI)
  }
}

@Suite struct LimitTests {
  @Test func voxelsAndBytesAreLimited() throws {
    let scratch = try Scratch()
    let url = try scratch.file("a.nii", OddFile.valid)
    func read(_ limits: NIfTIReadLimits) throws -> MedIOError.Code? {
      try code { _ = try NIfTI.read(Double.self, from: url, options: .init(limits: limits)) }
    }
    #expect(try read(.init(voxelCount: 24)) == nil)
    #expect(try read(.init(voxelCount: 23)) == .exceedsLimit)
    // 24 doubles.
    #expect(try read(.init(byteCount: 192)) == nil)
    #expect(try read(.init(byteCount: 191)) == .exceedsLimit)
  }

  @Test func aGzipBombIsRefusedBeforeItIsAllocated() throws {
    let scratch = try Scratch()
    var file = NIfTIFileBuilder.nifti1()
    // 1 GiB of zeros as int16 in 1 MB: 250 times the file is less.
    for (axis, length) in [1024, 1024, 512].enumerated() { file.int16(42 + 2 * axis, length) }
    file.data = []
    var bytes = Gzip.compress(file.bytes)
    let zeros = Gzip.compress([UInt8](repeating: 0, count: 1 << 25))
    for _ in 0..<32 { bytes += zeros }
    let url = try scratch.file("a.nii.gz", bytes)
    let before = TensorMemory.peakBytes
    #expect(try code { _ = try NIfTI.read(Float.self, from: url) } == .exceedsLimit)
    #expect(TensorMemory.peakBytes - before < 1 << 20)
  }

  @Test func aBombBehindTheVoxelsIsRefused() throws {
    let scratch = try Scratch()
    let zeros = Gzip.compress([UInt8](repeating: 0, count: 1 << 22))
    let url = try scratch.file("a.nii.gz", Gzip.compress(OddFile.valid) + zeros)
    let limits = NIfTIReadLimits(expansion: 10, freeExpansion: 1 << 20)
    #expect(
      try code { _ = try NIfTI.read(Float.self, from: url, options: .init(limits: limits)) } == .exceedsLimit)
    #expect(try NIfTI.read(Float.self, from: url).warnings == [.bytesAfterData(1 << 22)])
  }

  @Test func extensionsAreLimited() throws {
    let scratch = try Scratch()
    var file = NIfTIFileBuilder.nifti1()
    file.float(108, 352 + 64)
    file.middle = [1, 0, 0, 0, 64, 0, 0, 0, 6, 0, 0, 0] + [UInt8](repeating: 1, count: 56)
    let url = try scratch.file("a.nii", file.bytes)
    let limits = NIfTIReadLimits(extensionByteCount: 63)
    #expect(
      try code { _ = try NIfTI.read(Float.self, from: url, options: .init(limits: limits)) } == .exceedsLimit)
    let volume = try NIfTI.read(Float.self, from: url)
    #expect(volume.extensions == [NIfTIExtension(code: 6, content: [UInt8](repeating: 1, count: 56))])
  }
}
