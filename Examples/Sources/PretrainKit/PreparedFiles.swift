package import Contrastive
import ExampleSupport
import Foundation
import MedIO
import RunKit
package import Tensor

/// What a run is trained on: slices, or volumes.
package protocol PreparedImages: Dataset where Element == PretrainingImage {
  /// The volumes that were named, files of several counted as several.
  var volumeCount: Int { get }
  /// Images of one value, of which nothing can be learned.
  var leftOut: Int { get }
  /// The sides of the smallest and of the largest image, by pixels.
  var sizes: (smallest: [Int], largest: [Int]) { get }
  /// What was noticed of the files.
  var notes: [String] { get }
  /// Where an image lies, in words.
  func place(of index: Int) -> String
}

/// The volumes of a run: preprocessed once, kept on disk, and read a plane at a time.
struct PreparedFiles {
  let slices: SliceDataset
  let volumeCount: Int
  let notes: [String]

  /// Reads what is not kept in the folder yet.
  ///
  /// - Throws: ``ExampleFailure``: files that cannot be read (66) or are broken (65), a folder that cannot be written (73);
  ///   ``Interruption``.
  init(_ request: PretrainRequest, in folder: OutputFolder, progress: RunProgress) throws {
    let (cases, found) = try InputVolumes(request.images).cases(
      request, framesIn: folder.stateFile("volumes"), progress: progress)
    volumeCount = cases.count
    let cache = folder.stateFile("slices")
    for (index, item) in cases.enumerated() {
      try progress.checkInterruption()
      progress.note("  volume \(index + 1) of \(cases.count): \(item.identifier)")
      // Volume by volume, so that the run can be stopped between two.
      _ = try Self.slices([item], request, cachedIn: cache)
    }
    slices = try Self.slices(cases, request, cachedIn: cache)
    notes = found + slices.warnings.map { "\($0)" }
  }

  private static func slices(
    _ cases: [VolumeCase], _ request: PretrainRequest, cachedIn folder: URL
  ) throws(ExampleFailure) -> SliceDataset {
    var steps: [Preprocessing.Step] = [.intensity(request.intensity.transform)]
    if let orientation = request.plane.orientation { steps.append(.grid(.orientation(orientation))) }
    if let spacing = request.spacing {
      let plane = request.dimensions == 3 ? spacing : nil
      steps.append(.grid(.spacing(plane: plane, row: spacing, column: spacing)))
    }
    let volumes = VolumeDataset(
      cases, labelMapping: LabelMapping([:]), preprocessing: Preprocessing(steps),
      options: NIfTIReadOptions(nonFinite: request.nonFinite == .refused ? .refuse : .keep))
    do {
      return try SliceDataset(volumes, cachedIn: folder)
    } catch {
      throw ExampleFailure(error)
    }
  }
}

extension IntensityRule {
  /// Values that are not finite become the darkest of the rule, or of the image where the rule has none.
  func filled(_ image: Tensor<Float>) -> Tensor<Float> {
    let isFinite = image.isFinite()
    guard image.withUnsafeBufferPointer({ !$0.allSatisfy(\.isFinite) }) else { return image }
    let darkest =
      isBounded ? 0 : image.withUnsafeBufferPointer { $0.lazy.filter(\.isFinite).min() } ?? 0
    return image.replacing(with: darkest, where: .!isFinite)
  }
}

extension Tensor<Float> {
  /// Whether there are two values in it.
  var hasContrast: Bool { withUnsafeBufferPointer { values in values.contains { $0 != values[0] } } }
}
