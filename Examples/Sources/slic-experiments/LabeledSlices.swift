import ExampleSupport
import Foundation
import MedIO
import Tensor

/// Axial slices with their labels merged to ten structures.
struct LabeledSlices {
  let name: String
  /// `[height, width]` in 0...1.
  let images: [Tensor<Float>]
  let labels: [LabelMap]
  var count: Int { images.count }

  /// The CT of the abdomen kept with the examples, -160...240 HU.
  static func ct() throws -> LabeledSlices {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Data/abdomen_ct").standardizedFileURL
    // Liver, colon, small bowel, bladder, gluteus maximus and medius, back muscles, iliopsoas, kidneys, hips.
    let structures: [[Int32]] = [
      [5], [20], [18], [21], [80, 81], [82, 83], [86, 87], [88, 89], [2, 3], [77, 78],
    ]
    return try LabeledSlices(
      "CT", image: folder.appending(path: "ct.nii.gz"), labels: folder.appending(path: "labels.nii.gz"),
      structures: structures, window: -160...240)
  }

  /// The T1 image ch2 with the AAL atlas, in a folder of mricron's templates.
  static func mri(_ folder: String) throws -> LabeledSlices {
    let folder = URL(filePath: folder)
    // Frontal, insula, cingulum, hippocampus and amygdala, occipital, temporal, parietal, basal ganglia, thalamus,
    // cerebellum, by the numbers of AAL.
    let structures: [[Int32]] = [
      Array(1...28), [29, 30], Array(31...36), Array(37...42), Array(43...54),
      [55, 56] + Array(79...90), Array(57...70), Array(71...76), [77, 78], Array(91...116),
    ]
    return try LabeledSlices(
      "MRI", image: folder.appending(path: "ch2.nii.gz"), labels: folder.appending(path: "aal.nii.gz"),
      structures: structures, window: 0...140)
  }

  private init(
    _ name: String, image: URL, labels: URL, structures: [[Int32]], window: ClosedRange<Float>
  ) throws {
    self.name = name
    do {
      let volume = try NIfTI.read(Float.self, from: image).reoriented(to: .ras)
      let known = try NIfTI.readLabels(from: labels).reoriented(to: .ras)
      guard known.grid.matches(volume.grid) else {
        throw ExampleFailure(.data, "\(labels.path): is not on the grid of \(image.path)")
      }
      let invalid = volume.voxels.withUnsafeBufferPointer { voxels in voxels.count { !$0.isFinite } }
      guard invalid == 0 else {
        throw ExampleFailure(.data, "\(image.path): \(invalid) voxels are not finite")
      }
      for (url, warnings) in [(image, volume.warnings), (labels, known.warnings)] {
        for warning in warnings { print("\(url.lastPathComponent): \(warning)") }
      }
      let range = window.upperBound - window.lowerBound
      let scaled = ((volume.voxels - window.lowerBound) / range).clamped(to: 0...1)
      var images: [Tensor<Float>] = []
      var maps: [LabelMap] = []
      for plane in 0..<volume.depth {
        let merged = known.voxels[plane].scalars.map { label in
          Int32((structures.firstIndex { $0.contains(label) } ?? -1) + 1)
        }
        guard Set(merged).count > 1 else { continue }
        images.append(scaled[plane])
        maps.append(LabelMap(Tensor(merged, shape: scaled[plane].shape)))
      }
      (self.images, self.labels) = (images, maps)
    } catch let error as MedIOError {
      throw ExampleFailure(error)
    }
  }

  /// CT, and MRI where its folder is given.
  static func all(mri: String?) throws -> [LabeledSlices] {
    try [ct()] + (mri.map { [try LabeledSlices.mri($0)] } ?? [])
  }
}
