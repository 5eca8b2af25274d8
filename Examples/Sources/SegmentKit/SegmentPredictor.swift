import ExampleSupport
public import MedIO
public import NN
import RunKit
import Tensor

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
  /// Memory: two volumes while the image is prepared; then one, its labels and one window's planes.
  ///
  /// - Parameters:
  ///   - image: One volume.
  ///   - path: For messages.
  ///   - progress: Called behind each batch of windows.
  /// - Throws: ``ExampleFailure``: a volume thinner than the network halves, or far larger on the network's grid; scores that are
  ///   not finite (65). ``Interruption`` when `progress` stops.
  public func classes(
    of image: consuming Volume<Float>, path: String, progress: InferenceProgress.Handler = { _ in .proceed }
  ) throws -> Volume<Int32> {
    let description = model.description
    let grid = image.grid
    try TrainingScans.failing { () throws(MedIOError) in
      try FileChecks.checkSize(
        GridChange.orientation(of: grid, to: AnatomicalOrientation(description.orientation) ?? .ras).result,
        description, path: path)
    }
    let prepared = description.preprocessing.applied(to: image)
    try FileChecks.checkThickness(prepared.image.grid.shape.dimensions, description, path: path)
    let voxels = prepared.image.voxels.expanded(at: -1)
    let windows = description.windows
    do {
      switch resampling {
      case .labels:
        let labels = try windows.labels(of: voxels, by: model.network, progress: progress)
        return prepared.restored(LabelMap(labels))
      case .probabilities:
        let probabilities = try windows.probabilities(of: voxels, by: model.network, progress: progress)
        return prepared.restoredLabels(ofProbabilities: probabilities)
      }
    } catch let error as InferenceError {
      if case .stopped = error.code { throw Interruption() }
      throw ExampleFailure(.data, "\(path): \(error)")
    }
  }
}
