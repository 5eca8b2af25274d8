import Foundation
import MedIO
import SegmentKit
import Tensor
import Testing

/// Predictions lie where nibabel says that the input does: corners of scans that nibabel wrote are looked for at the places in the
/// patient that nibabel gave. See Fixtures/PROVENANCE.md.
@Suite struct NibabelGeometryTests {
  private struct Scan: Decodable {
    let shape: [Int]
    let marks: [[Int]]
    let world: [[Double]]
  }

  private static let fixtures = Bundle.module.resourceURL?.appending(path: "Fixtures")
  private let folder: ScanFolder
  private let scans: [String: Scan]

  init() throws {
    folder = try ScanFolder()
    let fixtures = try #require(Self.fixtures)
    let data = try Data(contentsOf: fixtures.appending(path: "geometry.json"))
    scans = try JSONDecoder().decode([String: Scan].self, from: data)
  }

  @Test(arguments: [
    "series", "slice", "thick", "oblique", "oblique-left-handed", "sagittal", "thick-oblique-coronal",
  ])
  func aMarkedCornerIsFoundWhereNibabelHasIt(name: String) throws {
    let scan = try #require(scans[name])
    let input = folder.file("\(name).nii.gz")
    try FileManager.default.copyItem(
      at: try #require(Self.fixtures).appending(path: "\(name).nii.gz"), to: input)
    for dimensions in scan.shape[2] == 1 ? [2] : [2, 3] {
      try ThresholdModel.write(
        to: folder.file("model.safetensors"), dimensions: dimensions,
        window: dimensions == 2 ? [8, 16] : [8, 8, 16])
      try folder.predict("\(name).nii.gz")
      let output = folder.file("found/\(name)-labels.nii.gz")
      let found = try NIfTI.read(Int32.self, from: output)
      // The file's axes, the slowest first.
      #expect(found.voxels.shape.dimensions == scan.shape.reversed())
      let frames = scan.shape.count > 3 ? scan.shape[3] : 1
      let lengths = scan.shape.prefix(3).reduce(1, *)
      for frame in 0..<frames {
        let values = found.voxels.scalars[frame * lengths..<(frame + 1) * lengths]
        let places = values.enumerated().filter { $0.element != 0 }.map { index, _ in
          [
            index % scan.shape[0], index / scan.shape[0] % scan.shape[1],
            index / (scan.shape[0] * scan.shape[1]),
          ]
        }
        #expect(Set(places) == Set(scan.marks), "\(name), \(dimensions) dimensions, volume \(frame)")
        for place in places {
          let expected = try #require(zip(scan.marks, scan.world).first { $0.0 == place }?.1)
          let world = found.affine.applied(to: place.map(Double.init))
          let distance = zip(world, expected).map { abs($0 - $1) }.max() ?? .infinity
          #expect(distance < 1e-4, "\(name), voxel \(place): \(world), nibabel \(expected)")
        }
      }
      // What nibabel reads the place from is the same, byte for byte: pixdim, and from qform_code to srow_z.
      let headers = try [input, output].map { try Self.header(of: $0) }
      for bytes in [76..<108, 252..<328] {
        #expect(headers[0][bytes] == headers[1][bytes], "\(name): bytes \(bytes)")
      }
    }
  }

  /// The 348 bytes of a NIfTI-1 header in a gzip file.
  private static func header(of file: URL) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", file.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return [UInt8](data.prefix(348))
  }
}
