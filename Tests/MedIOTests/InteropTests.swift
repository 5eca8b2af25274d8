import Foundation
import MedIO
import Tensor
import Testing

/// Files for Tests/Interop/check_nifti.py, which opens them in nibabel and SimpleITK. They are written into the
/// folder that MEDIO_INTEROP_FOLDER names, or into a temporary one, and read back here in any case.
@Suite struct InteropTests {
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
    let named = ProcessInfo.processInfo.environment["MEDIO_INTEROP_FOLDER"]
    let folder = named.map { URL(fileURLWithPath: $0) } ?? scratch.url
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
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
}
