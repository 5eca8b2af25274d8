import ExampleTestSupport
import Foundation
import MedIO
import RunKit
import SegmentKit
import Tensor

/// A folder of small scans, each a bright box in noise with its label, that goes away with this object.
final class ScanFolder: Sendable {
  private let temporary: TemporaryFolder
  var url: URL { temporary.url }

  init() throws { temporary = try TemporaryFolder("segment") }

  func file(_ name: String) -> URL { url.appending(path: name) }

  func write<Scalar: TensorNumericScalar>(_ volume: Volume<Scalar>, _ name: String) throws {
    try FileManager.default.createDirectory(
      at: file(name).deletingLastPathComponent(), withIntermediateDirectories: true)
    try NIfTI.write(volume, to: file(name))
  }

  /// A scan and its labels: voxels of the box are about .9 and of class `label`, all others about .1.
  func scan(
    _ name: String, label: Int32 = 3, shape: TensorShape = [8, 24, 20], seed: UInt64,
    affine: VoxelAffine = VoxelAffine(diagonal: 1, 1, 2)
  ) throws {
    var generator = RandomKey(seed: seed).generator
    let start = (0..<3).map { shape[$0] / 4 + generator.integer(below: 3) }
    let labels = Tensor<Int32>(shape: shape) { buffer in
      for index in buffer.indices {
        let place = [index / (shape[1] * shape[2]), index / shape[2] % shape[1], index % shape[2]]
        let isInside = (0..<3).allSatisfy { place[$0] >= start[$0] && place[$0] < start[$0] + shape[$0] / 2 }
        buffer[index] = isInside ? label : 0
      }
    }
    let values = labels.scalars.map { ($0 == 0 ? 0.1 : 0.9) + Float(generator.uniform(in: -0.05...0.05)) }
    let voxels = Tensor(values, shape: shape)
    try write(Volume(voxels: voxels, affine: affine), "data/images/\(name).nii.gz")
    try write(Volume(voxels: labels, affine: affine), "data/labels/\(name).nii.gz")
  }

  /// A small training: widths 4, 8, 16.
  func request(dimensions: Int = 2, steps: Int = 4, output: String = "out") -> SegmentRequest {
    var settings = SegmentSettings(dimensions: dimensions)
    (settings.width, settings.levels, settings.steps) = (4, 3, steps)
    settings.patch = dimensions == 2 ? [16, 16] : [8, 16, 16]
    (settings.batchSize, settings.validationInterval) = (2, 2)
    (settings.intensity, settings.learningRate, settings.augmentation) = ("0...1", 1e-2, .mirrored)
    return SegmentRequest(folder: file("data").path, output: file(output), settings: settings)
  }

  /// Runs until `checks` questions whether to stop have been answered with no.
  ///
  /// - Returns: What was said, and what was warned of.
  @discardableResult
  func run(
    _ request: SegmentRequest, mode: RunMode = .fresh, stopAfter checks: Int = .max
  ) throws -> (lines: [String], warnings: [String]) {
    let recorded = RecordedProgress(stopAfter: checks)
    try SegmentTrainingRun(request, mode: mode, progress: recorded.progress).run()
    return (recorded.lines, recorded.warnings)
  }

  /// Predicts files of the folder into `found`.
  @discardableResult
  func predict(
    _ images: String..., model: String = "model.safetensors",
    resampling: PredictionResampling = .labels, stopAfter checks: Int = .max
  ) throws -> [String] {
    let recorded = RecordedProgress(stopAfter: checks)
    var run = SegmentPredictionRun(
      model: file(model).path, images: images.map { file($0).path }, output: file("found"),
      progress: recorded.progress)
    run.resampling = resampling
    try run.run()
    return recorded.lines + recorded.warnings
  }

  /// The rows of the table behind its heading.
  func table() throws -> [String] {
    try String(contentsOf: file("found/volumes.csv"), encoding: .utf8).split(separator: "\n").dropFirst()
      .map(String.init)
  }

  func report(_ request: SegmentRequest) throws -> [String: Any] {
    let data = try Data(contentsOf: request.output.appending(path: "report.json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }
}
