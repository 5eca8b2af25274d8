import Contrastive
import ExampleTestSupport
import Foundation
import MedIO
import QuickstartKit
import RunKit
import Tensor

/// A run on a small volume that takes a second or two.
enum SmallRun {
  /// A volume of `depth` slices with `classes` bright boxes that reach through all of it, and a request to segment them.
  static func request(in folder: URL, depth: Int, classes: Int) throws -> RunRequest {
    let (height, width) = (40, 8 * classes)
    var image = Tensor<Float>(zeros: [depth, height, width])
    var labels = Tensor<Int32>(zeros: [depth, height, width])
    for index in 0..<classes {
      let columns = 8 * index..<8 * index + 7
      image[0..<depth, 8..<32, columns] = Tensor(
        repeating: Float(index + 1) / Float(classes), shape: [depth, 24, 7])
      labels[0..<depth, 8..<32, columns] = Tensor(repeating: Int32(index + 1), shape: [depth, 24, 7])
    }
    let spacing = VoxelSpacing(plane: 3, row: 1, column: 1)
    let (imageURL, labelURL) = (folder.appending(path: "image.nii.gz"), folder.appending(path: "labels.nii"))
    try NIfTI.write(Volume(voxels: image, spacing: spacing), to: imageURL)
    try NIfTI.write(Volume(voxels: labels, spacing: spacing), to: labelURL)
    var request = RunRequest(image: imageURL, labels: labelURL, output: folder.appending(path: "output"))
    request.fractions = [0.25]
    request.seeds = [1, 2]
    var settings = Settings()
    settings.width = 4
    settings.longestSide = 48
    settings.pretrainingSteps = 4
    settings.pretrainingBatch = 2
    settings.candidates = [
      .init(learningRate: 2e-3, steps: 6), .init(learningRate: 1e-3, steps: 6),
    ]
    request.settings = try JSONEncoder().encode(settings)
    return request
  }

  /// Runs until `checks` questions whether to stop have been answered with no.
  ///
  /// - Returns: What was said, and what was warned of.
  @discardableResult
  static func run(_ request: RunRequest, resuming: Bool = false, stopAfter checks: Int = .max) throws -> (
    lines: [String], warnings: [String]
  ) {
    let recorded = RecordedProgress(stopAfter: checks)
    try QuickstartRun(request, resuming: resuming, progress: recorded.progress).run()
    return (recorded.lines, recorded.warnings)
  }

  /// The data of a request, with the prepared slices beside the image.
  static func data(_ request: RunRequest) throws -> SliceData {
    try SliceData(
      request, settings: Settings(),
      cachedIn: request.image.deletingLastPathComponent().appending(path: "slices"))
  }

  static func folder() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appending(path: "quickstart-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }

  static func results(_ request: RunRequest) throws -> NSObject? {
    let data = try Data(contentsOf: request.output.appending(path: "report.json"))
    return (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["results"] as? NSObject
  }

  static func page(_ request: RunRequest) throws -> String {
    try String(contentsOf: request.output.appending(path: "report.html"), encoding: .utf8)
  }

  static func report(_ request: RunRequest) throws -> [String: Any] {
    let data = try Data(contentsOf: request.output.appending(path: "report.json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }
}
