import Foundation
import MedIO
import Tensor
import Testing

/// A hostile file and what the reader must make of it.
struct BadFile: CustomTestStringConvertible, Sendable {
  let name: String
  let file: String
  let bytes: [UInt8]
  let wanted: MedIOError.Code
  var testDescription: String { name }

  init(_ name: String, _ wanted: MedIOError.Code, file: String = "a.nii", _ bytes: [UInt8]) {
    self.name = name
    self.file = file
    self.bytes = bytes
    self.wanted = wanted
  }

  /// A changed NIfTI-1 file.
  static func v1(
    _ name: String, _ wanted: MedIOError.Code, bigEndian: Bool = false,
    _ change: (inout NIfTIFileBuilder) -> Void
  ) -> BadFile {
    var file = NIfTIFileBuilder.nifti1(bigEndian: bigEndian)
    change(&file)
    return BadFile(name, wanted, file.bytes)
  }

  /// A changed NIfTI-2 file.
  static func v2(
    _ name: String, _ wanted: MedIOError.Code, _ change: (inout NIfTIFileBuilder) -> Void
  ) -> BadFile {
    var file = NIfTIFileBuilder.nifti2()
    change(&file)
    return BadFile(name, wanted, file.bytes)
  }

  /// A damaged gzip of a valid file.
  static func gzip(
    _ name: String, _ wanted: MedIOError.Code, _ change: (inout [UInt8]) -> Void
  ) -> BadFile {
    var bytes = Gzip.compress(NIfTIFileBuilder.nifti1().bytes)
    change(&bytes)
    return BadFile(name, wanted, file: "a.nii.gz", bytes)
  }

  static let valid = NIfTIFileBuilder.nifti1().bytes

  static let headers: [BadFile] = [
    BadFile("empty file", .truncatedHeader, []),
    BadFile("100 bytes", .truncatedHeader, [UInt8](repeating: 1, count: 100)),
    BadFile("347 bytes", .truncatedHeader, Array(valid[..<347])),
    BadFile("NIfTI-2 cut after 400 bytes", .truncatedHeader, Array(NIfTIFileBuilder.nifti2().bytes[..<400])),
    BadFile("text", .notNIfTI, Array(String(repeating: "no image here. ", count: 40).utf8)),
    BadFile("zeros", .notNIfTI, [UInt8](repeating: 0, count: 1000)),
    .v1("dim[0] = 0", .badDimensions) { $0.int16(40, 0) },
    .v1("dim[0] = 8", .badDimensions) { $0.int16(40, 8) },
    .v1("dim[0] = -5", .badDimensions) { $0.int16(40, -5) },
    .v1("dim[1] = -4", .badDimensions) { $0.int16(42, -4) },
    .v1("dim[2] = 0", .badDimensions) { $0.int16(44, 0) },
    .v1("dim[3] = -32768, big-endian", .badDimensions, bigEndian: true) { $0.int16(46, -32768) },
    .v2("NIfTI-2 dim[0] = -5", .badDimensions) { $0.int64(16, -5) },
    .v2("NIfTI-2 dim[0] = 200", .badDimensions) { $0.int64(16, 200) },
    .v2("NIfTI-2 dim[1] = Int.min", .badDimensions) { $0.int64(24, .min) },
    .v2("NIfTI-2 dims beyond Int", .dimensionOverflow) {
      for axis in 1...3 { $0.int64(16 + 8 * axis, 1 << 40) }
    },
    .v2("NIfTI-2 product that wraps to 0", .dimensionOverflow) {
      $0.int64(24, 1 << 32)
      $0.int64(32, 1 << 32)
    },
    .v2("NIfTI-2 bytes beyond Int", .dimensionOverflow) {
      $0.int64(24, 1 << 62)
      $0.int64(32, 1)
      $0.int64(40, 1)
    },
    .v2("NIfTI-2 end of data beyond Int", .dimensionOverflow) {
      $0.int64(24, 1 << 61)
      $0.int64(32, 1)
      $0.int64(40, 1)
      $0.int64(168, 1 << 62)
    },
    .v1("datatype 0", .unsupportedDatatype) { $0.int16(70, 0) },
    .v1("datatype 9999", .unsupportedDatatype) { $0.int16(70, 9999) },
    .v1("datatype -4", .unsupportedDatatype) { $0.int16(70, -4) },
    .v1("1-bit", .unsupportedDatatype) {
      $0.int16(70, 1)
      $0.int16(72, 1)
    },
    .v1("float128", .unsupportedDatatype) {
      $0.int16(70, 1536)
      $0.int16(72, 128)
    },
    .v1("complex256", .unsupportedDatatype) {
      $0.int16(70, 2048)
      $0.int16(72, 256)
    },
    .v1("bitpix 8 for int16", .inconsistentBitpix) { $0.int16(72, 8) },
    .v1("bitpix 0", .inconsistentBitpix) { $0.int16(72, 0) },
    .v1("magic junk", .notNIfTI) { $0.bytes(344, Array("junk".utf8)) },
    .v1("magic zero (ANALYZE)", .notNIfTI) { $0.bytes(344, [0, 0, 0, 0]) },
    .v1("magic without its zero", .notNIfTI) { $0.bytes(344, Array("n+11".utf8)) },
    .v1("NIfTI-2's magic in NIfTI-1", .notNIfTI) { $0.bytes(344, Array("n+2\0".utf8)) },
    .v2("NIfTI-2 line ends converted", .notNIfTI) { $0.bytes(8, [0x0a, 0x1a, 0x0a, 0]) },
    .v1("sizeof_hdr 0", .notNIfTI) { $0.int32(0, 0) },
    .v1("sizeof_hdr 347", .notNIfTI) { $0.int32(0, 347) },
    .v1("only sizeof_hdr swapped", .notNIfTI) { $0.bytes(0, [0, 0, 1, 0x5c]) },
    .v2("NIfTI-2 only sizeof_hdr swapped", .notNIfTI) { $0.bytes(0, [0, 0, 2, 0x1c]) },
  ]

  static let positions: [BadFile] = [
    .v1("vox_offset 0", .badVoxOffset) { $0.float(108, 0) },
    .v1("vox_offset -100", .badVoxOffset) { $0.float(108, -100) },
    .v1("vox_offset NaN", .badVoxOffset) { $0.float(108, .nan) },
    .v1("vox_offset infinite", .badVoxOffset) { $0.float(108, .infinity) },
    .v1("vox_offset 348, inside the flag", .badVoxOffset) { $0.float(108, 348) },
    .v1("vox_offset 1e30", .badVoxOffset) { $0.float(108, 1e30) },
    .v2("NIfTI-2 vox_offset 352", .badVoxOffset) { $0.int64(168, 352) },
    .v2("NIfTI-2 vox_offset negative", .badVoxOffset) { $0.int64(168, -544) },
    .v1("vox_offset behind the file", .truncatedData(expected: 48, got: 0)) { $0.float(108, 4096) },
    .v1("half the data", .truncatedData(expected: 48, got: 24)) { $0.data.removeLast(24) },
    .v1("one byte short", .truncatedData(expected: 48, got: 47)) { $0.data.removeLast() },
    .v1("no data", .truncatedData(expected: 48, got: 0)) { $0.data = [] },
    .v1("no extension flag", .truncatedData(expected: 48, got: 0)) {
      $0.middle = []
      $0.data = []
    },
    .v1("32767^3 claimed", .truncatedData(expected: 32767 * 32767 * 32767 * 2, got: 48)) {
      for axis in 1...3 { $0.int16(40 + 2 * axis, 32767) }
    },
    .v1("17 GB claimed", .truncatedData(expected: 2048 * 2048 * 2048 * 2, got: 48)) {
      for axis in 1...3 { $0.int16(40 + 2 * axis, 2048) }
    },
    .v1("slope infinite", .badScaling) { $0.float(112, .infinity) },
    .v1("slope -infinite", .badScaling) { $0.float(112, -.infinity) },
    .v1("intercept infinite", .badScaling) { $0.float(116, -.infinity) },
    .v1("slope 2, intercept NaN", .badScaling) {
      $0.float(112, 2)
      $0.float(116, .nan)
    },
    .v1("zero sform, no qform", .badAffine) { $0.int16(254, 1) },
    .v1("zero sform, NaN qform", .badAffine) {
      $0.int16(254, 1)
      $0.qform(quaternion: [.nan, 0, 0], qfac: 1, offset: [0, 0, 0])
    },
    .v1("NaN sform", .badAffine) { $0.sform(VoxelAffine(diagonal: .nan, 1, 1)) },
    .v1("singular sform", .badAffine) {
      $0.sform(VoxelAffine(rows: [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0]]))
    },
    .v1("infinite quaternion", .badAffine) {
      $0.qform(quaternion: [.infinity, 0, 0], qfac: 1, offset: [0, 0, 0])
    },
    .v1("NaN qoffset", .badAffine) { $0.qform(quaternion: [0, 0, 0], qfac: 1, offset: [0, .nan, 0]) },
  ]

  /// A file whose flag is set, with this middle and the voxels behind it.
  static func extended(_ name: String, _ wanted: MedIOError.Code, _ blocks: [UInt8], room: Int = 32)
    -> BadFile
  {
    var file = NIfTIFileBuilder.nifti1()
    file.float(108, Float(352 + room))
    file.middle = [1, 0, 0, 0] + blocks + [UInt8](repeating: 0, count: max(0, room - blocks.count))
    return BadFile(name, wanted, file.bytes)
  }

  static func block(size: Int32, code: Int32 = 6) -> [UInt8] {
    withUnsafeBytes(of: size.littleEndian) { Array($0) }
      + withUnsafeBytes(of: code.littleEndian) { Array($0) }
  }

  static let extensions: [BadFile] = [
    extended("extension size 2^31-1", .badExtension, block(size: .max)),
    extended("extension size 2^31-16", .badExtension, block(size: .max - 15)),
    extended("extension size 13", .badExtension, block(size: 13)),
    extended("extension size 0", .badExtension, block(size: 0)),
    extended("extension size 8", .badExtension, block(size: 8)),
    extended("extension size negative", .badExtension, block(size: -16)),
    extended("extension past vox_offset", .badExtension, block(size: 48)),
    extended(
      "second extension past vox_offset", .badExtension,
      block(size: 16) + [UInt8](repeating: 7, count: 8) + block(size: 64)),
    BadFile(
      "extension past the end of the file", .badExtension,
      {
        var file = NIfTIFileBuilder.nifti1()
        file.float(108, 352 + 1024)
        file.middle = [1, 0, 0, 0] + block(size: 1024)
        file.data = []
        return file.bytes
      }()),
  ]

  static let gzips: [BadFile] = [
    .gzip("gzip cut in the middle", .corruptGzip(.truncated)) { $0.removeLast($0.count / 2) },
    .gzip("gzip without its trailer", .corruptGzip(.truncated)) { $0.removeLast(8) },
    .gzip("gzip without its last byte", .corruptGzip(.truncated)) { $0.removeLast() },
    .gzip("gzip with a wrong checksum", .corruptGzip(.checksumMismatch)) { $0[$0.count - 8] ^= 1 },
    .gzip("gzip with a wrong length", .corruptGzip(.lengthMismatch)) { $0[$0.count - 4] ^= 1 },
    .gzip("noise behind the gzip magic", .corruptGzip(.invalidData)) {
      $0 = [0x1f, 0x8b] + (0..<500).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
    },
    .gzip("gzip magic alone", .corruptGzip(.truncated)) { $0 = [0x1f, 0x8b] },
    .gzip("gzip header alone", .corruptGzip(.truncated)) { $0 = Array($0[..<10]) },
    .gzip("damaged second member", .corruptGzip(.truncated)) { $0 += $0[..<20] },
    BadFile("gzip of an empty file", .truncatedHeader, file: "a.nii.gz", Gzip.compress([])),
    BadFile("gzip of 200 bytes", .truncatedHeader, file: "a.nii.gz", Gzip.compress(Array(valid[..<200]))),
    BadFile(
      "gzip of half the data", .truncatedData(expected: 48, got: 24), file: "a.nii.gz",
      Gzip.compress(Array(valid.dropLast(24)))),
    BadFile(
      "32767^3 claimed in a gzip", .truncatedData(expected: 32767 * 32767 * 32767 * 2, got: 48),
      file: "a.nii.gz",
      {
        var file = NIfTIFileBuilder.nifti1()
        for axis in 1...3 { file.int16(40 + 2 * axis, 32767) }
        return Gzip.compress(file.bytes)
      }()),
  ]
}

@Suite struct BadInputTests {
  @Test(arguments: BadFile.headers + BadFile.positions + BadFile.extensions + BadFile.gzips)
  func endsInItsError(_ bad: BadFile) throws {
    let scratch = try Scratch()
    let url = try scratch.file(bad.file, bad.bytes)
    let error = try #require(throws: MedIOError.self) { try NIfTI.read(Float.self, from: url) }
    #expect(error.code == bad.wanted, "\(error)")
    #expect(error.path == url.path && error.description.hasPrefix(url.path))
    // The slice reader, read to its end, and the label reader find the same.
    #expect(try code { _ = try NIfTI.readLabels(from: url) } == bad.wanted)
    let sliced = try code {
      let reader = try NIfTISliceReader(url)
      // What no machine can walk through is not walked through.
      for plane in 0..<min(reader.depth, 4) { _ = try reader.slice(Float.self, at: plane) }
      try reader.verify()
    }
    #expect(sliced == bad.wanted)
  }

  /// Damage that flips one bit anywhere in a gzip stream is never read as a volume of other values.
  @Test func everyFlippedBitOfAGzipIsNoticed() throws {
    let scratch = try Scratch(inMemory: ())
    let whole = Gzip.compress(NIfTIFileBuilder.nifti1().bytes)
    let truth = try NIfTI.read(Int16.self, from: scratch.file("whole.nii.gz", whole)).voxels
    for bit in 0..<whole.count * 8 {
      var bytes = whole
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      let url = try scratch.file("a.nii.gz", bytes)
      // Flips in gzip's own header (time, system) change nothing.
      let read = try? NIfTI.read(Int16.self, from: url).voxels
      #expect(read == nil || read == truth, "bit \(bit)")
    }
  }

  @Test func everyTruncationIsNoticed() throws {
    let scratch = try Scratch(inMemory: ())
    for bytes in [BadFile.valid, Gzip.compress(BadFile.valid), NIfTIFileBuilder.nifti2().bytes] {
      for length in 0..<bytes.count {
        let url = try scratch.file("a.nii", Array(bytes[..<length]))
        #expect(throws: MedIOError.self, "\(length)") { try NIfTI.read(Float.self, from: url) }
      }
    }
  }

  @Test func whatIsNoFileIsSaid() throws {
    let scratch = try Scratch()
    let url = scratch.url
    #expect(try code { _ = try NIfTI.read(Float.self, from: scratch["none.nii"]) } == .notFound)
    #expect(try code { _ = try NIfTI.read(Float.self, from: scratch["none/none.nii"]) } == .notFound)
    #expect(try code { _ = try NIfTI.read(Float.self, from: url) } == .notRegularFile)
    let device = URL(fileURLWithPath: "/dev/zero")
    #expect(try code { _ = try NIfTI.read(Float.self, from: device) } == .notRegularFile)
    try FileManager.default.createSymbolicLink(
      atPath: scratch["link.nii"].path, withDestinationPath: scratch["nowhere"].path)
    #expect(try code { _ = try NIfTI.read(Float.self, from: scratch["link.nii"]) } == .notFound)
    // Opening a pipe that nobody writes to would wait for ever.
    #expect(mkfifo(scratch["pipe.nii"].path, 0o600) == 0)
    #expect(try code { _ = try NIfTI.read(Float.self, from: scratch["pipe.nii"]) } == .notRegularFile)
    try FileManager.default.createSymbolicLink(
      atPath: scratch["loop.nii"].path, withDestinationPath: scratch["loop.nii"].path)
    #expect(try code { _ = try NIfTI.read(Float.self, from: scratch["loop.nii"]) } == .unreadable)
  }

  @Test(.enabled(if: getuid() != 0, "root may read everything"))
  func unreadableFilesAreSaid() throws {
    let scratch = try Scratch()
    let url = try scratch.file("a.nii", BadFile.valid)
    chmod(url.path, 0)
    #expect(try code { _ = try NIfTI.read(Float.self, from: url) } == .unreadable)
  }

  @Test func pairsNeedBothFiles() throws {
    let scratch = try Scratch()
    var file = NIfTIFileBuilder.nifti1()
    file.bytes(344, Array("ni1\0".utf8))
    file.float(108, 0)
    let header = try scratch.file("a.hdr", file.header)
    #expect(try code { _ = try NIfTI.read(Float.self, from: header) } == .missingPair)
    let image = try scratch.file("a.img", file.data)
    for url in [header, image] {
      let volume = try NIfTI.read(Int16.self, from: url)
      #expect(volume.voxels == Tensor((0..<24).map(Int16.init), shape: [2, 3, 4]))
      #expect(volume.warnings.isEmpty)
    }
    try scratch.file("a.img", Array(file.data.dropLast(2)))
    #expect(
      try code { _ = try NIfTI.read(Float.self, from: header) } == .truncatedData(expected: 48, got: 46))
    try FileManager.default.removeItem(at: header)
    #expect(try code { _ = try NIfTI.read(Float.self, from: image) } == .missingPair)
    try FileManager.default.removeItem(at: image)
    #expect(try code { _ = try NIfTI.read(Float.self, from: image) } == .notFound)
  }
}
