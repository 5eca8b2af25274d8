import ExampleSupport
public import Foundation
public import MedIO
public import NN
import RunKit
public import Tensor

/// How a prediction comes back from the network's grid to the file's.
public enum PredictionResampling: String, Sendable, CaseIterable {
  /// Each class's mask is interpolated linearly and the largest wins: labels are all that is kept of the prediction.
  case labels
  /// Each class's probability is interpolated linearly and the largest wins: finer borders where the file's voxels are
  /// smaller than the network's, for the memory of all probabilities on the network's grid.
  case probabilities
}

/// Predicts volumes with a model, on their own grid.
public struct SegmentPredictor {
  public let model: SegmentModel
  public var resampling = PredictionResampling.labels

  public init(_ model: SegmentModel) { self.model = model }

  /// The classes `0..<K` of an image, on its grid and with its header as a template.
  ///
  /// Memory: two volumes while the image is prepared; then one, its labels and one window's planes. With
  /// ``PredictionResampling/probabilities`` those of the whole volume on the network's grid.
  ///
  /// - Parameters:
  ///   - image: One volume.
  ///   - path: For messages.
  ///   - probabilities: Where the classes' probabilities go, a volume each, on the network's grid: a file that ends in `.nii`.
  ///   - progress: Called behind each batch of windows.
  /// - Throws: ``ExampleFailure``: a volume thinner than the network halves, or far larger on the network's grid; scores that are
  ///   not finite (65). `MedIOError`: the probabilities cannot be written. ``Interruption`` when `progress` stops.
  public func classes(
    of image: consuming Volume<Float>, path: String, probabilities file: URL? = nil,
    progress: InferenceProgress.Handler = { _ in .proceed }
  ) throws -> Volume<Int32> {
    let description = model.description
    let grid = image.grid
    try givingExitCodes {
      try FileChecks.checkSize(
        GridChange.orientation(of: grid, to: AnatomicalOrientation(description.orientation) ?? .ras).result,
        description, path: path)
    }
    let prepared = description.preprocessing.applied(to: image)
    try FileChecks.checkThickness(prepared.image.grid.shape.dimensions, description, path: path)
    do {
      return try classes(of: prepared, probabilities: file, progress: progress)
    } catch let error as InferenceError {
      if case .stopped = error.code { throw Interruption() }
      throw ExampleFailure(.data, "\(path): \(error)")
    }
  }

  private func classes(
    of prepared: Preprocessing.Prepared, probabilities file: URL?, progress: InferenceProgress.Handler
  ) throws -> Volume<Int32> {
    let (windows, network) = (model.description.windows, model.network)
    let voxels = prepared.image.voxels.expanded(at: -1)
    if file == nil, resampling == .labels {
      return prepared.restored(LabelMap(try windows.labels(of: voxels, by: network, progress: progress)))
    }
    let classCount = model.description.classes.count
    let shape = prepared.image.grid.shape
    let writer = try file.map {
      try NIfTISlabWriter($0, grid: prepared.image.grid, frameCount: classCount)
    }
    var labels = Tensor<Int32>(zeros: shape)
    var kept =
      resampling == .probabilities
      ? Tensor<Float>(zeros: shape.inserting(classCount, at: 3)) : Tensor(zeros: [0])
    try windows.forEachSlab(of: voxels, by: network, progress: progress) { slab in
      for index in 0..<classCount {
        try writer?.write(slab.probabilities.selected(along: -1, at: index), planes: slab.range, frame: index)
      }
      if resampling == .labels {
        labels.replace(along: 0, slab.range, with: slab.probabilities.argmax(along: -1))
      } else {
        kept.replace(along: 0, slab.range, with: slab.probabilities)
      }
    }
    try writer?.finish()
    return resampling == .labels
      ? prepared.restored(LabelMap(labels)) : prepared.restoredLabels(ofProbabilities: kept)
  }
}
