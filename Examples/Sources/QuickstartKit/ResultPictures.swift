import ExampleSupport
import MedIO
import RunKit
import Tensor

/// Pictures of test slices and the predicted labels as NIfTI on the original grid.
struct ResultPictures {
  let data: SliceData
  let tuning: FineTuningStage
  let folder: OutputFolder
  let view: AnatomicalView

  /// Writes them for the first seed and the fewest labels of each method; returns the pictures' names.
  func write(_ runs: [FineTuningStage.Run]) throws -> [String] {
    guard let fraction = runs.map(\.fraction).min() else { return [] }
    let shown = Method.allCases.compactMap { method in
      runs.first { $0.method == method && $0.fraction == fraction }
    }
    let evaluator = Evaluator(data: data)
    var predictions: [Tensor<Int32>] = []
    for run in shown {
      let volume = try evaluator.prediction(
        tuning.network(of: run), slices: data.split.slices(of: .test))
      predictions.append(volume.reoriented(to: .ras).voxels)
      try write(volume, name: "prediction_\(run.method.rawValue).nii.gz")
    }
    var reference = Tensor<Int32>(zeros: data.classes.shape)
    for slice in data.split.slices(of: .test) { reference[slice] = data.classes[slice] }
    try write(data.restored(reference), name: "reference_test.nii.gz")
    let count = data.classNames.count
    return try data.split.slabs(of: .test).map { ($0.first + $0.last) / 2 }.map { slice in
      let image = data.intensities[slice]
      let panels = [nil, data.classes[slice]] + predictions.map { $0[slice] }
      let pictures = panels.map {
        Picture(image: image, classes: $0, classCount: count).axial(
          view, enlarged: max(1, 384 / max(image.shape[1], 1)))
      }
      let name = "test_slice_\(slice).png"
      try Picture.sideBySide(pictures).writePNG(to: folder.file(name))
      return name
    }
  }

  private func write(_ volume: Volume<Int32>, name: String) throws {
    do {
      try NIfTI.write(volume, to: folder.file(name))
    } catch {
      throw ExampleFailure(.cannotCreate, "\(error)")
    }
  }
}
