import ExampleSupport
import Foundation
import Superpixel
import Tensor

/// Place, size, intensity and neighbors of each segment as comma-separated values; labels as in labels.nii.gz.
struct SegmentTable {
  private var lines: [String] = []

  init(_ labels: LabelMap, _ input: InputImage) {
    let statistics = SegmentStatistics(of: labels, image: input.values)
    let adjacency = RegionAdjacency(of: labels)
    let axes = input.isVolume ? ["plane", "row", "column"] : ["row", "column"]
    let skipped = 3 - axes.count
    // A volume one voxel thick is an image: its segments are areas.
    let isSolid = input.isVolume && input.thinAxis == nil
    let size = input.spacing.indices.suffix(axes.count).filter { $0 != input.thinAxis }
      .reduce(1) { $0 * input.spacing[$1] }
    var heading = ["label", "voxels", isSolid ? "mm3" : "mm2"]
    heading += axes + axes.map { "\($0)_first" } + axes.map { "\($0)_last" }
    for channel in 0..<statistics.channels { heading += ["mean_\(channel)", "deviation_\(channel)"] }
    lines.append((heading + ["neighbors"]).joined(separator: ","))
    for label in 0..<statistics.count {
      let box = statistics.boundingBoxes[label]
      let area = statistics.areas[label]
      var fields = ["\(label + 1)", "\(area)", Self.text(Double(area) * size)]
      fields += (skipped..<3).map { Self.text(statistics.centroids[label][$0]) }
      fields += (skipped..<3).map { "\(box.lower[$0])" } + (skipped..<3).map { "\(box.upper[$0])" }
      let (means, variances) = (statistics.mean(of: label), statistics.variance(of: label))
      for (mean, variance) in zip(means, variances) {
        fields += [Self.text(mean), Self.text(variance.squareRoot())]
      }
      lines.append((fields + ["\(adjacency.edges(of: label).count)"]).joined(separator: ","))
    }
  }

  private static func text(_ value: Double) -> String { String(format: "%.6g", value) }

  func write(to url: URL) throws {
    try writeOutput(lines.joined(separator: "\n") + "\n", to: url)
  }
}
