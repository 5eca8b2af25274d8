import ArgumentParser
import ExampleSupport
import Foundation
import Superpixel
import Tensor

/// The adaptive count beside every fixed one: does it leak more than the best of as many segments?
struct Adaptive: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares the adaptive count with fixed counts of 25...400, slice by slice.",
    discussion: """
      For each slice the leaked mass of the adaptive count is divided by that of the best fixed count that delivers no \
      more segments.
      """)

  @Option(help: "The folder with ch2.nii.gz and aal.nii.gz; CT alone unless given.")
  var mri: String?

  @Option(help: "The tolerance of the adaptive count; the library's default unless given.")
  var tolerance: Double?

  @Option(help: "Superpixels before merging; the library's default unless given.")
  var finest: Int?

  @Option(help: "Write a line for each slice to this CSV file.")
  var csv: String?

  func run() throws {
    var adaptive = AdaptiveCount()
    if let tolerance { adaptive.tolerance = tolerance }
    if let finest { adaptive.finestCount = finest }
    var lines = ["data,slice,segments,leaked_mass,best_fixed,best_fixed_leaked_mass"]
    for data in try LabeledSlices.all(mri: mri) {
      var comparison = AdaptiveComparison()
      for index in 0..<data.count {
        let row = try comparison.add(data.images[index], data.labels[index], adaptive)
        lines.append("\(data.name),\(index),\(row)")
      }
      say("\(data.name), \(data.count) slices: \(comparison.summary)")
    }
    if let csv { try writeOutput(lines.joined(separator: "\n") + "\n", to: URL(filePath: csv)) }
  }
}

/// Leaked mass of the adaptive and of the best fixed count, over slices.
struct AdaptiveComparison {
  private var ratios: [Double] = []
  private var counts: [Int] = []
  private var adaptiveMass = 0.0
  private var bestMass = 0.0
  private var below = 0

  /// Returns the slice's line: segments, leaked mass, segments and leaked mass of the best fixed count.
  mutating func add(_ image: Tensor<Float>, _ labels: LabelMap, _ adaptive: AdaptiveCount) throws -> String {
    func segments(_ count: SegmentCount) throws -> (count: Int, mass: Double) {
      do {
        let result = try SLIC(segmentCount: count, compactness: 10).segment(image)
        let leakage = SuperpixelQuality.leakage(of: result.labels, against: labels)
        return (result.count, leakage.superpixels.leakedMass)
      } catch {
        throw ExampleFailure(.data, "\(error)")
      }
    }
    let found = try segments(.adaptive(adaptive))
    var best: (count: Int, mass: Double)?
    for count in stride(from: 25, through: 400, by: 25) {
      let fixed = try segments(.fixed(count))
      if fixed.count <= found.count, fixed.mass < best?.mass ?? .infinity { best = fixed }
    }
    counts.append(found.count)
    guard let best else {
      below += 1
      return "\(found.count),\(found.mass),,"
    }
    adaptiveMass += found.mass
    bestMass += best.mass
    ratios.append(found.mass == best.mass ? 1 : found.mass / best.mass)
    return "\(found.count),\(found.mass),\(best.count),\(best.mass)"
  }

  var summary: String {
    let (sorted, sizes) = (ratios.sorted(), counts.sorted())
    guard !sorted.isEmpty else {
      return "no slice has 25 segments or more (median \(sizes[sizes.count / 2]))"
    }
    func at(_ share: Double) -> Double { sorted[Int(share * Double(sorted.count - 1))] }
    return String(
      format:
        "segments %d ... %d ... %d, leaked mass %.4f, best fixed %.4f, ratio %.3f; slice by slice median %.3f, 90th percentile %.3f, at most 1.1 in %d of %d; %d below 25 segments",
      sizes[0], sizes[sizes.count / 2], sizes[sizes.count - 1], adaptiveMass / Double(ratios.count),
      bestMass / Double(ratios.count), adaptiveMass / bestMass, at(0.5), at(0.9),
      ratios.count { $0 <= 1.1 }, ratios.count, below)
  }
}
