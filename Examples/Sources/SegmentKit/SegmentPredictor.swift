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
  /// Memory: two volumes while the image is turned or resampled, then one, its labels (a byte each) and one window's planes, then
  /// the labels twice (four bytes each) while they are put back. With ``PredictionResampling/probabilities`` those of the whole volume on the network's grid.
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
    do {
      var (labels, changes) = try found(
        in: description.preprocessing.applied(to: consume image), path: path, probabilities: file,
        progress: progress
      ).widened()
      for change in changes.reversed() { labels = labels.applying(change.inverse) }
      return labels
    } catch let error as InferenceError {
      if case .stopped = error.code { throw Interruption() }
      throw ExampleFailure(.data, "\(path): \(error)")
    }
  }

  /// What is found in a prepared image, which is let go of. What the steps before took goes back to the system, as nothing
  /// behind them is of those sizes.
  private func found(
    in prepared: consuming Preprocessing.Prepared, path: String, probabilities file: URL?,
    progress: InferenceProgress.Handler
  ) throws -> FoundLabels {
    TensorMemory.clearCache()
    try FileChecks.checkThickness(prepared.image.grid.shape.dimensions, model.description, path: path)
    let (windows, network) = (model.description.windows, model.network)
    let classCount = model.description.classes.count
    let voxels = prepared.image.voxels.expanded(at: -1)
    if file == nil, resampling == .labels {
      return classCount <= 256
        ? .bytes(
          prepared.image.with(
            voxels: try windows.labels(of: voxels, by: network, as: UInt8.self, progress: progress)),
          prepared.changes)
        : .integers(
          Volume(
            labels: LabelMap(try windows.labels(of: voxels, by: network, progress: progress)),
            like: prepared.image),
          prepared.changes)
    }
    let shape = prepared.image.grid.shape
    let writer = try file.map {
      try NIfTISlabWriter($0, grid: prepared.image.grid, frameCount: classCount)
    }
    var labels = Tensor<Int32>(zeros: resampling == .labels ? shape : [0])
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
      ? .integers(Volume(labels: LabelMap(labels), like: prepared.image), prepared.changes)
      : .integers(prepared.restoredLabels(ofProbabilities: kept), [])
  }
}

/// Labels on a network's grid, a byte each where that holds all classes, and the changes of the grid that are to be undone.
private enum FoundLabels {
  case bytes(Volume<UInt8>, [GridChange])
  case integers(Volume<Int32>, [GridChange])

  /// The labels as the changes take them. The cached buffers of windows are given back first.
  func widened() -> (labels: Volume<Int32>, changes: [GridChange]) {
    TensorMemory.clearCache()
    switch self {
    case .bytes(let labels, let changes):
      return (Volume(labels: LabelMap(Tensor(converting: labels.voxels)), like: labels), changes)
    case .integers(let labels, let changes): return (labels, changes)
    }
  }
}
