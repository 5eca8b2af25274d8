package import Contrastive
import ExampleSupport
import Foundation
import MedIO
package import RunKit
import Tensor

/// The slices to pre-train on: preprocessed once, kept on disk, and read one at a time, so that memory does not grow with the
/// volumes.
package struct PreparedSlices: PreparedImages {
  private let slices: SliceDataset
  /// The slices that are not of one value.
  private let kept: [Int]
  private let rule: IntensityRule
  package let volumeCount: Int
  package let leftOut: Int
  package let sizes: (smallest: [Int], largest: [Int])
  package let notes: [String]

  /// Reads what is not kept in the folder yet.
  ///
  /// - Throws: ``ExampleFailure``: files that cannot be read (66) or are broken (65), no slice to learn from (65), a folder that
  ///   cannot be written (73); ``Interruption``.
  package init(_ request: PretrainRequest, in folder: OutputFolder, progress: RunProgress) throws {
    rule = request.intensity
    let files = try PreparedFiles(request, in: folder, progress: progress)
    (slices, volumeCount) = (files.slices, files.volumeCount)
    var kept: [Int] = []
    var sizes: [[Int]] = []
    for index in 0..<slices.count {
      if index % 256 == 0 { try progress.checkInterruption() }
      let image = try rule.filled(slices.element(at: index).image)
      guard image.hasContrast else { continue }
      kept.append(index)
      sizes.append(Array(image.shape.dimensions.prefix(2)))
    }
    self.kept = kept
    leftOut = slices.count - kept.count
    sizes.sort { ($0[0] * $0[1], $0[0]) < ($1[0] * $1[1], $1[0]) }
    guard let smallest = sizes.first, let largest = sizes.last else {
      throw ExampleFailure(
        .data, "--images: none of \(slices.count) slices of \(volumeCount) volumes has more than one value")
    }
    self.sizes = (smallest, largest)
    let note = "\(leftOut) of \(slices.count) slices are of one value and left out"
    notes = files.notes + (leftOut > 0 ? [note] : [])
  }

  package var count: Int { kept.count }

  package func element(at index: Int) throws -> PretrainingImage {
    let sample = try slices.element(at: kept[index])
    return PretrainingImage(
      rule.filled(sample.image), position: sample.position.fraction, volume: sample.position.volume)
  }

  package func place(of index: Int) -> String {
    let position = slices.positions[kept[index]]
    return "\(position.identifier), slice \(position.plane + 1) of \(position.planeCount)"
  }
}
