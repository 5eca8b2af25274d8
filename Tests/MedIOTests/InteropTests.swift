import Foundation
import MedIO
import Tensor
import Testing

/// Files for Tests/Interop/check_nifti.py, which opens them in nibabel and SimpleITK. They are written into the
/// folder that MEDIO_INTEROP_FOLDER names, or into a temporary one, and read back here in any case.
/// Tests/Interop/run.sh does all of it.
@Suite struct InteropTests {
  /// A folder that is kept as long as it is used, unless it was named.
  private func folder(_ scratch: Scratch) throws -> URL {
    let named = ProcessInfo.processInfo.environment["MEDIO_INTEROP_FOLDER"]
    let folder = named.map { URL(fileURLWithPath: $0) } ?? scratch.url
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  struct Description: Encodable {
    let file: String
    let shape: [Int]
    let affine: [[Double]]
    let values: [Double]
    let sheared: Bool
  }

  private func write<Scalar: TensorNumericScalar>(
    _ folder: URL, _ name: String, _ volume: Volume<Scalar>, _ options: NIfTIWriteOptions
  ) throws {
    let url = folder.appendingPathComponent(name)
    try NIfTI.write(volume, to: url, options: options)
    let again = try NIfTI.read(Scalar.self, from: url)
    #expect(again.voxels == volume.voxels, "\(name)")
    #expect(again.affine.isClose(to: volume.affine, tolerance: 1e-5), "\(name)")
    #expect(again.warnings.isEmpty || volume.affine.isSheared, "\(name): \(again.warnings)")
    let description = Description(
      file: name, shape: volume.voxels.shape.dimensions, affine: volume.affine.rows,
      values: volume.voxels.scalars.map(\.doubleValue), sheared: volume.affine.isSheared)
    let stem = name.prefix { $0 != "." }
    try JSONEncoder().encode(description).write(to: folder.appendingPathComponent(stem + ".json"))
  }

  private func writeAll<Scalar: TensorNumericScalar>(
    _ folder: URL, _ type: Scalar.Type, _ extremes: [Scalar]
  ) throws {
    let values = (0..<24).map { $0 < extremes.count ? extremes[$0] : Scalar(converting: Double($0 * 5)) }
    let affines = [
      ("axes", VoxelAffine(diagonal: 2, 3, 4, translation: [10, -20, 30])),
      ("left", VoxelAffine(rows: [[0, 0, 1, 10], [-1, 0, 0, -20], [0, -1, 0, 30]])),
      (
        "oblique",
        VoxelAffine(rows: [
          [-0.6575608989931652, -0.24002846521881593, 0, 10],
          [-0.24002846521881593, 0.6575608989931652, 0, -20],
          [0, 0, 3, 30],
        ])
      ),
      ("sheared", VoxelAffine(rows: [[1, 0.3, 0, 10], [0, 1, 0, -20], [0, 0.1, 2, 30]])),
    ]
    for (index, (place, affine)) in affines.enumerated() {
      let volume = Volume(voxels: Tensor(values, shape: [2, 3, 4]), affine: affine)
      // ITK 5.4 reads no NIfTI-2, and no shear: that file is for nibabel alone.
      let version: NIfTIHeader.Version = index < 3 ? .nifti1 : .nifti2
      let order: NIfTIByteOrder = index < 2 ? .littleEndian : .bigEndian
      let ending = [".nii", ".nii.gz", ".hdr", ".nii"][index]
      try write(
        folder, "\(Scalar.scalarName)-\(place)\(ending)", volume, .init(version: version, byteOrder: order))
    }
  }

  @Test func filesOfOursAreReadBack() throws {
    let scratch = try Scratch()
    let folder = try folder(scratch)
    try writeAll(folder, UInt8.self, [0, 255])
    try writeAll(folder, Int8.self, [-128, 127])
    try writeAll(folder, Int16.self, [.min, .max])
    try writeAll(folder, UInt16.self, [.max])
    try writeAll(folder, Int32.self, [.min, .max])
    try writeAll(folder, UInt32.self, [.max])
    try writeAll(folder, Int64.self, [1 << 53, -(1 << 53)])
    try writeAll(folder, UInt64.self, [1 << 53])
    try writeAll(folder, Float.self, [-1.5, .greatestFiniteMagnitude, .leastNormalMagnitude])
    try writeAll(folder, Double.self, [0.1, -.greatestFiniteMagnitude])
    let series = Volume<Float>(
      voxels: Tensor((0..<72).map(Float.init), shape: [3, 2, 3, 4]), affine: VoxelAffine(diagonal: 2, 3, 4))
    try write(folder, "series.nii.gz", series, .init())
  }

  /// The fixtures, and the NIfTI files below the folders of MEDIO_INTEROP_DATA (separated by colons), each read as
  /// stored and written once more; the script compares every byte of the voxels and every field of the header.
  @Test func realFilesAreWrittenAgain() throws {
    let scratch = try Scratch()
    let folder = try folder(scratch)
    var sources = try fixtureNames.map { try fixture($0) }
    let data = ProcessInfo.processInfo.environment["MEDIO_INTEROP_DATA"] ?? ""
    for root in data.split(separator: ":").map(String.init) {
      let paths = try #require(FileManager.default.subpaths(atPath: root), "no folder \(root)")
      sources += paths.filter { $0.hasSuffix(".nii") || $0.hasSuffix(".nii.gz") }.sorted()
        .map { URL(fileURLWithPath: root).appendingPathComponent($0) }
    }
    for (index, source) in sources.enumerated() {
      let copy = folder.appendingPathComponent("copy-\(index)-\(source.lastPathComponent)")
      switch try NIfTI.readInformation(from: source).datatype {
      case .uint8: try rewrite(UInt8.self, source, copy)
      case .int8: try rewrite(Int8.self, source, copy)
      case .int16: try rewrite(Int16.self, source, copy)
      case .uint16: try rewrite(UInt16.self, source, copy)
      case .int32: try rewrite(Int32.self, source, copy)
      case .uint32: try rewrite(UInt32.self, source, copy)
      case .int64: try rewrite(Int64.self, source, copy)
      case .uint64: try rewrite(UInt64.self, source, copy)
      case .float32: try rewrite(Float.self, source, copy)
      case .float64: try rewrite(Double.self, source, copy)
      case let other: Issue.record("\(source.path) holds \(other)")
      }
      try Data(source.path.utf8).write(to: copy.appendingPathExtension("source"))
    }
  }

  private func rewrite<Scalar: TensorNumericScalar>(
    _ type: Scalar.Type, _ source: URL, _ copy: URL
  ) throws {
    let volume = try NIfTI.read(type, from: source, values: .stored)
    try NIfTI.write(volume, to: copy)
    let again = try NIfTI.read(type, from: copy, values: .stored)
    #expect(again.header?.headerFields == volume.header?.headerFields, "\(source.path)")
    let same = volume.voxels.withUnsafeBufferPointer { a in
      again.voxels.withUnsafeBufferPointer { b in
        UnsafeRawBufferPointer(a).elementsEqual(UnsafeRawBufferPointer(b))
      }
    }
    #expect(same, "\(source.path)")
  }
}
