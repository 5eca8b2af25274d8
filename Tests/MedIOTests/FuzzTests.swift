import CSuperCLNIfTI
import Foundation
import MedIO
import Tensor
import TestSupport
import Testing

/// Headers and gzip streams mutated at random, from a seed: every one of them must end in a value or a typed
/// error, without a crash, a byte on standard error, an open file, or memory beyond the limit.
///
/// 20,000 files, or 200,000 where the environment variable SUPERCL_FULL_TESTS is set. They run in a process of
/// their own, so that its memory, files and standard error are those of the reader alone.
@Suite struct FuzzTests {
  @Test func mutatedFilesEndInAValueOrATypedError() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent, \.standardOutputContent]
    ) {
      let isFull = ProcessInfo.processInfo.environment["SUPERCL_FULL_TESTS"] != nil
      var run = FuzzRun(seed: 20_261_123)
      let report = try run.run(count: isFull ? 200_000 : 20_000)
      print(report)
      try #require(report.failures.isEmpty)
    }
    let noise = result?.standardErrorContent ?? []
    #expect(noise.isEmpty, "\(String(decoding: noise, as: UTF8.self))")
    let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    #expect(output.contains("0 failures"), "\(output)")
    // What became of the files, for who asked for all of them.
    if ProcessInfo.processInfo.environment["SUPERCL_FULL_TESTS"] != nil { print(output) }
  }
}

struct FuzzReport: CustomStringConvertible {
  var values = 0
  var errors = 0
  var repaired = 0
  var codes: [String: Int] = [:]
  var failures: [String] = []

  var description: String {
    "\(values) values (\(repaired) repaired), \(errors) errors, \(failures.count) failures "
      + "\(failures.prefix(5)) \(codes.sorted { $0.value > $1.value })"
  }
}

struct FuzzRun {
  private var random: SplitMix64
  private let bases: [NIfTIFileBuilder] = [
    .nifti1(), .nifti1(bigEndian: true), .nifti2(), .nifti2(bigEndian: true), extended,
  ]

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  /// A file with both forms and an extension.
  private static var extended: NIfTIFileBuilder {
    var file = NIfTIFileBuilder.nifti1()
    file.qform(quaternion: [0.1, 0.2, 0.3], qfac: -1, offset: [1, 2, 3])
    file.sform(VoxelAffine(rows: [[2, 0.1, 0, 4], [0, 3, 0, 5], [0, 0, 4, 6]]))
    file.float(108, 384)
    file.middle = [1, 0, 0, 0, 32, 0, 0, 0, 6, 0, 0, 0] + [UInt8](repeating: 65, count: 24)
    return file
  }

  mutating func run(count: Int) throws -> FuzzReport {
    let limits = NIfTIReadLimits(
      voxelCount: 1 << 18, byteCount: 1 << 20, expansion: 50, freeExpansion: 1 << 20,
      extensionByteCount: 1 << 16)
    let options = [
      NIfTIReadOptions(limits: limits), NIfTIReadOptions(repairs: .all, limits: limits),
      NIfTIReadOptions(affineSource: .qform, repairs: [.truncatedData, .voxOffset], limits: limits),
    ]
    let scratch = try Scratch(inMemory: ())
    let names = ["a.nii", "a.nii.gz", "b.hdr"]
    try scratch.file("b.img", bases[0].data)
    var report = FuzzReport()
    // What is opened once and stays open (the time zone, say) is not a leak.
    _ = try? NIfTI.read(Float.self, from: scratch.file("a.nii", bases[0].bytes))
    let filesBefore = Self.openFiles
    let residentBefore = Self.peakResidentMiB
    for index in 0..<count {
      let url = try scratch.file(names[index % 3], mutated())
      do throws(MedIOError) {
        let outcome = try Self.read(url, way: index % 4, options[index / 4 % 3])
        report.values += 1
        if outcome.isRepaired {
          report.repaired += 1
          if options[index / 4 % 3].repairs.isEmpty { report.failures.append("\(index): repaired unasked") }
        }
        if outcome.count > 1 << 20 { report.failures.append("\(index): \(outcome.count) values") }
      } catch {
        report.errors += 1
        report.codes["\(error.code)".prefix { $0 != "(" }.description, default: 0] += 1
        if error.path.isEmpty || error.context.isEmpty { report.failures.append("\(index): \(error)") }
      }
    }
    // 1 MiB of tensor, or an eighth more for its size class, in two copies while it is reoriented.
    if TensorMemory.peakBytes > 5 << 19 { report.failures.append("peak \(TensorMemory.peakBytes)") }
    // The same for what is no tensor: the largest stream that is made here has 8 MiB, in a few copies.
    let growth = Self.peakResidentMiB - residentBefore
    if growth > 64 { report.failures.append("\(growth) MiB of resident memory") }
    for (name, target) in Self.openFiles where filesBefore[name] == nil && target.hasPrefix("/") {
      if !target.hasPrefix("/proc") { report.failures.append("open: \(target)") }
    }
    return report
  }

  private struct Outcome {
    let count: Int
    let isRepaired: Bool

    init(_ shape: TensorShape, _ warnings: [MedIOWarning]) {
      count = shape.elementCount
      isRepaired = warnings.contains { if case .repaired = $0 { true } else { false } }
    }
  }

  /// Reads a file in one of four ways.
  private static func read(
    _ url: URL, way: Int, _ options: NIfTIReadOptions
  ) throws(MedIOError) -> Outcome {
    switch way {
    case 0:
      let volume = try NIfTI.read(Float.self, from: url, options: options)
      return Outcome(volume.voxels.shape, volume.warnings)
    case 1:
      let volume = try NIfTI.readLabels(from: url, options: options)
      return Outcome(volume.voxels.shape, volume.warnings)
    case 2:
      let volume = try NIfTI.read(UInt8.self, from: url, values: .stored, options: options)
      return Outcome(volume.reoriented().voxels.shape, volume.warnings)
    default:
      let reader = try NIfTISliceReader(url, options: options)
      for plane in [0, reader.depth - 1] { _ = try reader.slice(Double.self, at: plane) }
      return Outcome([], reader.warnings)
    }
  }

  /// The most memory that this process had so far; 0 where the system does not say.
  private static var peakResidentMiB: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1024
  }

  /// What the open descriptors lead to.
  private static var openFiles: [String: String] {
    let folder = "/proc/self/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return Dictionary(
      uniqueKeysWithValues: names.compactMap { name in
        (try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + name)).map { (name, $0) }
      })
  }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  /// A file with one to four faults.
  private mutating func mutated() -> [UInt8] {
    var file = bases[below(bases.count)]
    for _ in 0...below(4) { mutate(&file) }
    var bytes = file.bytes
    switch below(8) {
    case 0: bytes.removeLast(below(bytes.count))
    case 1: bytes += (0..<below(64)).map { UInt8(truncatingIfNeeded: $0) }
    default: break
    }
    guard below(3) == 0 else { return bytes }
    bytes = Gzip.compress(bytes, level: Int32(below(10)))
    if below(2) == 0 && !bytes.isEmpty {
      for _ in 0...below(3) { bytes[below(bytes.count)] = UInt8.random(in: 0...255, using: &random) }
    }
    switch below(6) {
    case 0: bytes.removeLast(below(bytes.count))
    case 1: bytes += bytes[..<below(bytes.count)]
    case 2:
      bytes += Gzip.compress([UInt8](repeating: 0, count: 1 << below(below(20) == 0 ? 23 : 14)), level: 1)
    default: break
    }
    return bytes
  }

  private mutating func mutate(_ file: inout NIfTIFileBuilder) {
    let offset = below(file.header.count - 8)
    switch below(9) {
    case 0, 1: file.header[offset] = UInt8.random(in: 0...255, using: &random)
    case 2: file.int16(offset & ~1, Self.integers[below(Self.integers.count)])
    case 3: file.int32(offset & ~3, Self.integers[below(Self.integers.count)])
    case 4 where file.header.count > 348: file.int64(offset & ~7, Self.integers[below(Self.integers.count)])
    case 4, 5: file.float(offset & ~3, Self.floats[below(Self.floats.count)])
    case 6:
      // A likely field: dim, datatype, bitpix, vox_offset, slope, codes.
      if file.header.count == 348 {
        file.int16(
          [40, 42, 44, 46, 48, 70, 72, 252, 254][below(9)], Self.integers[below(Self.integers.count)])
      } else {
        file.int64([16, 24, 32, 40, 48, 168][below(6)], Self.integers[below(Self.integers.count)])
      }
    case 7:
      let codes = [2, 4, 8, 16, 32, 64, 128, 256, 512, 768, 1024, 1280, 1792, 2304]
      let bits = [8, 16, 32, 32, 64, 64, 24, 8, 16, 32, 64, 64, 128, 32]
      let index = below(codes.count)
      file.int16(file.header.count == 348 ? 70 : 12, codes[index])
      file.int16(file.header.count == 348 ? 72 : 14, bits[index])
    default:
      if !file.middle.isEmpty {
        file.middle[below(file.middle.count)] = UInt8.random(in: 0...255, using: &random)
      }
    }
  }

  private static let integers = [
    0, 1, 2, 3, 4, 5, 7, 8, 13, 16, 100, 127, 128, 255, 256, 348, 352, 512, 540, 544, 1000, 32767, -1, -2,
    -32768,
    65536, 1 << 24, Int(Int32.max), Int(Int32.min), 1 << 32, 1 << 40, 1 << 62, Int.max, Int.min,
  ]
  private static let floats: [Float] = [
    0, -0, 1, -1, 0.5, 2, 352, 353, 384, 1e-30, 1e30, -1e30, .nan, .infinity, -.infinity,
    .leastNonzeroMagnitude,
    .greatestFiniteMagnitude, 1e9, 16_777_216, 3.5,
  ]
}
