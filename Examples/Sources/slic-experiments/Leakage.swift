import ArgumentParser
import ExampleSupport
import Foundation
import Superpixel
import Tensor

/// The leakage experiment: leaked mass, share of crossing superpixels and boundary recall against count and
/// compactness, with the regular grid's beside them.
struct Leakage: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Curves of leakage and boundary recall against count and compactness, as SVG and CSV.")

  @Option(help: "The folder with ch2.nii.gz and aal.nii.gz; CT alone unless given.")
  var mri: String?

  @Option(help: "The figure to write.")
  var figure = "leakage.svg"

  @Option(help: "Write the numbers to this CSV file.")
  var csv: String?

  static let counts = [25, 50, 100, 200, 400]
  static let compactnesses = [1.0, 3, 10, 30, 100]

  func run() throws {
    var panels: [Chart.Panel] = []
    var lines = ["data,slices,count,compactness,segments,leaked_mass,crossing_share,boundary_recall"]
    for data in try LabeledSlices.all(mri: mri) {
      say("\(data.name): \(data.count) slices")
      let measured = try Self.measure(data)
      for (name, curves) in measured {
        for (count, point) in zip(Self.counts, curves) {
          let numbers = [point.segments, point.leakedMass, point.crossingShare, point.boundaryRecall]
          let fields = numbers.map { String(format: "%.5f", $0) }.joined(separator: ",")
          lines.append("\(data.name),\(data.count),\(count),\(name),\(fields)")
        }
      }
      let values: [(String, KeyPath<Point, Double> & Sendable)] = [
        ("leaked mass", \.leakedMass), ("share of crossing superpixels", \.crossingShare),
        ("boundary recall", \.boundaryRecall),
      ]
      for (title, value) in values {
        panels.append(
          Chart.Panel(
            title: "\(data.name): \(title)",
            curves: measured.map { name, points in
              Chart.Curve(name: name, points: points.map { ($0.segments, $0[keyPath: value]) })
            }))
      }
    }
    try writeOutput(Chart(panels: panels, columns: 3).svg, to: URL(filePath: figure))
    if let csv { try writeOutput(lines.joined(separator: "\n") + "\n", to: URL(filePath: csv)) }
    say("wrote \(figure)")
  }

  /// Means over slices.
  struct Point {
    var segments = 0.0
    var leakedMass = 0.0
    var crossingShare = 0.0
    var boundaryRecall = 0.0

    mutating func add(_ count: Int, _ leakage: SuperpixelQuality.Leakage, _ recall: Double, of slices: Int) {
      segments += Double(count) / Double(slices)
      leakedMass += leakage.leakedMass / Double(slices)
      crossingShare += leakage.crossingShare / Double(slices)
      boundaryRecall += recall / Double(slices)
    }
  }

  /// A curve for each compactness, and the regular grid's, over the counts.
  private static func measure(_ data: LabeledSlices) throws -> [(String, [Point])] {
    var curves = compactnesses.map { _ in counts.map { _ in Point() } }
    var grid = counts.map { _ in Point() }
    for index in 0..<data.count {
      for (place, compactness) in compactnesses.enumerated() {
        for (step, count) in counts.enumerated() {
          let result: Superpixels
          do {
            result = try SLIC(segmentCount: count, compactness: compactness).segment(data.images[index])
          } catch {
            throw ExampleFailure(.data, "\(data.name), slice \(index): \(error)")
          }
          let leakage = SuperpixelQuality.leakage(of: result.labels, against: data.labels[index])
          let recall = SuperpixelQuality.boundaryRecall(
            of: result.labels, against: data.labels[index], radius: 1)
          curves[place][step].add(result.count, leakage.superpixels, recall.superpixels, of: data.count)
          if compactness == 10 {
            grid[step].add(result.count, leakage.regularGrid, recall.regularGrid, of: data.count)
          }
        }
      }
    }
    return zip(compactnesses, curves).map { (String(format: "%.0f", $0), $1) } + [("regular grid", grid)]
  }
}
