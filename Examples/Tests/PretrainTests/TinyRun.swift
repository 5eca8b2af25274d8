import Contrastive
import ExampleSupport
import ExampleTestSupport
import Foundation
import MedIO
import NN
import PretrainKit
import RunKit
import Tensor

/// Runs on a small volume that take a second or two, in a folder of their own that goes away with this object.
final class TinyRun: Sendable {
  private let temporary: TemporaryFolder
  var folder: URL { temporary.url }

  init() throws { temporary = try TemporaryFolder("pretrain") }

  /// A volume in RAS of 1 x 2 x 3 mm, i, j, k, whose values are given by the place of a voxel, written to a file.
  @discardableResult
  func write(
    _ name: String, depth: Int = 8, height: Int = 72, width: Int = 70,
    value: (_ plane: Int, _ row: Int, _ column: Int) -> Float = TinyRun.waves
  ) throws -> URL {
    let url = folder.appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    var values: [Float] = []
    for plane in 0..<depth {
      for row in 0..<height { for column in 0..<width { values.append(value(plane, row, column)) } }
    }
    let voxels = Tensor(values, shape: [depth, height, width])
    try NIfTI.write(Volume(voxels: voxels, affine: VoxelAffine(diagonal: 1, 2, 3)), to: url)
    return url
  }

  /// Stripes that turn from plane to plane.
  static func waves(_ plane: Int, _ row: Int, _ column: Int) -> Float {
    let angle = Float(plane) * 0.4
    return 100
      * Foundation.sin(0.3 * (Float(row) * Foundation.cos(angle) + Float(column) * Foundation.sin(angle)))
  }

  /// A training of three steps of four images at width 2.
  func request(_ method: String, _ images: String..., output: String = "out") -> PretrainRequest {
    var request = PretrainRequest(
      method: method, images: images.map { folder.appending(path: $0).path },
      output: folder.appending(path: output))
    request.width = 2
    let batch = ["Scratch": nil, "GCL": 8][method] ?? 4
    (request.steps, request.batchSize) = (method == "Scratch" ? nil : 3, batch)
    return request
  }

  /// Runs until `checks` questions whether to stop have been answered with no.
  ///
  /// - Returns: What was said, and what was warned of.
  @discardableResult
  func run(
    _ request: PretrainRequest, mode: PretrainRun.Mode = .fresh, stopAfter checks: Int = .max
  ) throws -> (lines: [String], warnings: [String]) {
    let recorded = RecordedProgress(stopAfter: checks)
    try PretrainRun(request, mode: mode, progress: recorded.progress).run()
    return (recorded.lines, recorded.warnings)
  }

  /// The slices of a request, without training.
  func slices(_ request: PretrainRequest) throws -> PreparedSlices {
    let folder = try OutputFolder(request.output, resuming: false, fingerprint: RunFingerprint(lines: []))
    return try PreparedSlices(request, in: folder, progress: RecordedProgress().progress)
  }

  func encoder(_ request: PretrainRequest) throws -> Data {
    try Data(contentsOf: request.output.appending(path: "encoder.safetensors"))
  }

  func report(_ request: PretrainRequest) throws -> [String: Any] {
    let data = try Data(contentsOf: request.output.appending(path: "report.json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  /// The pictures of the page, in its order.
  func pictures(_ request: PretrainRequest) throws -> [Picture] {
    try page(request).split(separator: "data:image/png;base64,").dropFirst().enumerated().map { index, part in
      let url = folder.appending(path: "picture-\(index).png")
      try Data(base64Encoded: String(part.prefix { $0 != "\"" }))?.write(to: url)
      return try Picture(png: url)
    }
  }

  func page(_ request: PretrainRequest) throws -> String {
    try String(contentsOf: request.output.appending(path: "report.html"), encoding: .utf8)
  }
}
