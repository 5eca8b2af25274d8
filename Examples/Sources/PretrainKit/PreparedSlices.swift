package import Contrastive
import ExampleSupport
import Foundation
import MedIO
package import RunKit
import Tensor

/// The slices to pre-train on: preprocessed once, kept on disk, and read one at a time, so that memory does not grow with the
/// volumes.
package struct PreparedSlices: Dataset {
  private let slices: SliceDataset
  /// The slices that are not of one value.
  private let kept: [Int]
  private let rule: IntensityRule
  package let volumeCount: Int
  /// Slices of one value, of which nothing can be learned.
  package let leftOut: Int
  /// Height and width of the smallest and of the largest slice, by pixels.
  package let sizes: (smallest: [Int], largest: [Int])
  /// What was noticed of the files.
  package let notes: [String]

  /// Reads what is not kept in the folder yet.
  ///
  /// - Throws: ``ExampleFailure``: files that cannot be read (66) or are broken (65), no slice to learn from (65), a folder that
  ///   cannot be written (73); ``Interruption``.
  package init(_ request: PretrainRequest, in folder: OutputFolder, progress: RunProgress) throws {
    rule = request.intensity
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
    var kept: [Int] = []
    var sizes: [[Int]] = []
    for index in 0..<slices.count {
      if index % 256 == 0 { try progress.checkInterruption() }
      let image = try Self.filled(slices.element(at: index).image, rule)
      guard Self.hasContrast(image) else { continue }
      kept.append(index)
      sizes.append(Array(image.shape.dimensions.prefix(2)))
    }
    self.kept = kept
    leftOut = slices.count - kept.count
    sizes.sort { ($0[0] * $0[1], $0[0]) < ($1[0] * $1[1], $1[0]) }
    guard let smallest = sizes.first, let largest = sizes.last else {
      throw ExampleFailure(
        .data, "--images: none of \(slices.count) slices of \(cases.count) volumes has more than one value")
    }
    self.sizes = (smallest, largest)
    var notes = found + slices.warnings.map { "\($0)" }
    if leftOut > 0 { notes.append("\(leftOut) of \(slices.count) slices are of one value and left out") }
    self.notes = notes
  }

  private static func slices(
    _ cases: [VolumeCase], _ request: PretrainRequest, cachedIn folder: URL
  ) throws(ExampleFailure) -> SliceDataset {
    var steps: [Preprocessing.Step] = [.intensity(request.intensity.transform)]
    if let orientation = request.plane.orientation { steps.append(.grid(.orientation(orientation))) }
    if let spacing = request.spacing { steps.append(.grid(.spacing(row: spacing, column: spacing))) }
    let volumes = VolumeDataset(
      cases, labelMapping: LabelMapping([:]), preprocessing: Preprocessing(steps),
      options: NIfTIReadOptions(nonFinite: request.nonFinite == .refused ? .refuse : .keep))
    do {
      return try SliceDataset(volumes, cachedIn: folder)
    } catch {
      throw ExampleFailure(error)
    }
  }

  package var count: Int { kept.count }

  package func element(at index: Int) throws -> PretrainingImage {
    let sample = try slices.element(at: kept[index])
    return PretrainingImage(
      Self.filled(sample.image, rule), position: sample.position.fraction, volume: sample.position.volume)
  }

  /// Where a slice lies, in words.
  func place(of index: Int) -> String {
    let position = slices.positions[kept[index]]
    return "\(position.identifier), slice \(position.plane + 1) of \(position.planeCount)"
  }

  /// Values that are not finite become the darkest of the rule, or of the slice where the rule has none.
  private static func filled(_ image: Tensor<Float>, _ rule: IntensityRule) -> Tensor<Float> {
    let isFinite = image.isFinite()
    guard image.withUnsafeBufferPointer({ !$0.allSatisfy(\.isFinite) }) else { return image }
    let darkest =
      rule.isBounded
      ? 0 : image.withUnsafeBufferPointer { $0.lazy.filter(\.isFinite).min() } ?? 0
    return image.replacing(with: darkest, where: .!isFinite)
  }

  private static func hasContrast(_ image: Tensor<Float>) -> Bool {
    image.withUnsafeBufferPointer { values in values.contains { $0 != values[0] } }
  }
}
