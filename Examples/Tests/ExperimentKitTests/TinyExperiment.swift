import ExperimentKit
import ExampleTestSupport
import Foundation
import MedIO
import QuickstartKit
import RunKit
import Tensor

/// Experiments on a small volume that take a second or two, in a folder of their own that goes away with this object.
final class TinyExperiment: Sendable {
  private let temporary: TemporaryFolder
  var folder: URL { temporary.url }

  /// - Parameter width: of its slices, which are 32 high.
  init(width: Int = 32) throws {
    temporary = try TemporaryFolder("experiments")
    let shape: TensorShape = [40, 32, width]
    let labels = Tensor<Int32>(shape: shape) { buffer in
      for index in buffer.indices {
        let (row, column) = (index / width % 32, index % width)
        buffer[index] = (8..<24).contains(row) ? Int32(column * 3 / width) : 0
      }
    }
    var generator = PhiloxGenerator(seed: 1)
    let image =
      Tensor<Float>(uniform: 0..<20, shape: shape, using: &generator) + Tensor<Float>(converting: labels) * 40
    let affine = VoxelAffine(diagonal: 3, 3, 3)
    try NIfTI.write(Volume(voxels: image, affine: affine), to: folder.appending(path: "image.nii"))
    try NIfTI.write(Volume(voxels: labels, affine: affine), to: folder.appending(path: "labels.nii"))
  }

  /// Views of 16 pixels, four slices a step.
  private static let views =
    #"{"recipe": {"batchSize": 4}, "views": {"crops": {"_0": {"crops": [{"area": [0.5, 1], "count": 2, "ratio": [1, 1], "size": 16}]}}}}"#

  /// Two methods, two seeds, a protocol with and one without a search; a few steps of width 2.
  var settings: ExperimentSettings {
    var settings = ExperimentSettings.quick
    settings.data = [
      DataSettings(
        name: "tiny", images: folder.appending(path: "image.nii").path,
        labels: folder.appending(path: "labels.nii").path,
        classes: [TargetClass(name: "a", labels: [1]), TargetClass(name: "b", labels: [2])])
    ]
    (settings.width, settings.longestSide) = (2, 32)
    settings.compare.methods = [
      MethodChoice(name: "Scratch"),
      MethodChoice(
        name: "two views", method: "SimCLR",
        settings: try? JSONDecoder().decode(JSONTree.self, from: Data(Self.views.utf8))),
    ]
    settings.compare.pretrainingSteps = 3
    for index in settings.compare.protocols.indices {
      settings.compare.protocols[index].budgets = [index == 0 ? 4 : 3]
      settings.compare.protocols[index].batchSize = 2
    }
    settings.superpixels.sliceStep = 10
    return settings
  }

  /// Runs until `checks` questions whether to stop have been answered with no.
  ///
  /// - Returns: What was said.
  @discardableResult
  func run(
    _ settings: ExperimentSettings, output: String = "out", stopAfter checks: Int = .max,
    _ experiment: (ExperimentWork) throws -> Void
  ) throws -> [String] {
    let recorded = RecordedProgress(stopAfter: checks)
    try experiment(
      ExperimentWork(
        settings, folders: DataFolders(), in: try ExperimentFolder(folder.appending(path: output)),
        progress: recorded.progress))
    return recorded.lines
  }

  func text(_ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  /// Kind, run and result of every row, without what differs from time to time.
  func rows(_ output: String) throws -> [String] {
    try text("\(output)/rows.jsonl").split(separator: "\n").map { line in
      let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
      let kept = row.filter { ["kind", "run", "result"].contains($0.key) }
      return String(
        decoding: try JSONSerialization.data(withJSONObject: kept, options: .sortedKeys), as: UTF8.self)
    }.sorted()
  }
}
