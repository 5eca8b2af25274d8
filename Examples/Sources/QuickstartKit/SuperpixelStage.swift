import ExampleSupport
import Foundation
import MedIO
import RunKit
import Superpixel
import Tensor

/// How well superpixels keep to the organs, beside a regular grid, and pictures of them. Looks at training slices alone.
struct SuperpixelStage {
  let data: SliceData
  let segmentCount: Int
  let view: AnatomicalView

  /// The mean leakage over the training slices.
  struct Outcome: Codable, Sendable {
    let slices: Int
    let segmentCount: Double
    /// Share of superpixels that cross a label boundary; leaked mass is 1 - achievable segmentation accuracy.
    let crossingShare: Double
    let leakedMass: Double
    let gridCrossingShare: Double
    let gridLeakedMass: Double
    let overlays: [String]
  }

  func run(in folder: OutputFolder, progress: RunProgress) throws -> Outcome {
    let slices = data.split.slices(of: .train)
    let slic = SLIC(segmentCount: segmentCount, compactness: 10)
    var sums = [Double](repeating: 0, count: 5)
    var overlays: [String] = []
    let pictured = data.split.slabs(of: .train).map { ($0.first + $0.last) / 2 }.prefix(3)
    for index in slices {
      let slice = try data.slices.element(at: index)
      let image = slice.image
      let superpixels: Superpixels
      do {
        superpixels = try slic.segment(image)
      } catch {
        throw ExampleFailure(.data, "superpixels of slice \(index): \(error)")
      }
      let leakage = SuperpixelQuality.leakage(
        of: superpixels.labels, against: LabelMap(slice.labels ?? Tensor(zeros: superpixels.labels.shape)))
      let values = [
        Double(superpixels.count), leakage.superpixels.crossingShare, leakage.superpixels.leakedMass,
        leakage.regularGrid.crossingShare, leakage.regularGrid.leakedMass,
      ]
      for (place, value) in values.enumerated() { sums[place] += value / Double(slices.count) }
      if pictured.contains(index) {
        let name = "superpixels_\(index).png"
        let overlay = superpixels.labels.overlay(on: image)
        try Picture(rgba: overlay).axial(view, enlarged: 4).writePNG(to: folder.file(name))
        overlays.append(name)
      }
    }
    let outcome = Outcome(
      slices: slices.count, segmentCount: sums[0], crossingShare: sums[1], leakedMass: sums[2],
      gridCrossingShare: sums[3], gridLeakedMass: sums[4], overlays: overlays)
    progress.note(
      String(
        format:
          "superpixels: %.0f a slice; crossing %.3f (regular grid %.3f), leaked mass %.4f (regular grid %.4f)",
        sums[0], sums[1], sums[3], sums[2], sums[4]))
    return outcome
  }
}
