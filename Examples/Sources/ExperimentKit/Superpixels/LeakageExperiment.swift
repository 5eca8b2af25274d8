import ExampleSupport
import Foundation
import RunKit
import Superpixel
import Tensor

/// How far superpixels reach over the borders of organs, beside a regular grid: the first look at any new data.
public struct LeakageExperiment: Experiment {
  public let work: ExperimentWork

  public init(_ work: ExperimentWork) { self.work = work }

  public func run() throws {
    let own = settings.superpixels
    let rows = try RowStore(folder.file("rows.jsonl"))
    let job = WorkProgress.Job("leakage")
    let jobs = WorkProgress(
      [WorkProgress.Job](repeating: job, count: settings.data.count), progress: progress)
    var page = ExperimentPage(
      title: "Leakage of superpixels",
      question: "Do superpixels keep to organs better than a regular grid of as many cells?")
    var table = [
      [
        "data", "slices", "superpixels", "crossing", "grid's", "leaked mass", "grid's",
        "difference of leaked mass", "interval", "blocks",
      ]
    ]
    for set in settings.data {
      let slices = try LabeledSlices(set, folders: folders, every: own.sliceStep)
      page.notes += slices.notes
      let run = try slices.run(
        set, step: own.sliceStep, count: own.count, compactness: own.compactness)
      let row = try jobs.row(of: run, in: rows, "\(set.name): \(slices.count) slices", job) { _ in
        try run.result(on: slices)
      }
      table.append(line(slices, row.result))
      page.sections.append((set.name, try pictures(slices, run)))
    }
    page.notes.append(
      "Intervals are of means over blocks of \(own.slicesPerBlock) neighbouring slices, which look alike; the blocks of one "
        + "volume are of one person")
    page.sections.insert(("Figures", ExperimentPage.table(table)), at: 0)
    try folder.write(ExperimentPage.markdown(table), to: "leakage.md")
    try folder.write(page.html, to: "leakage.html")
    progress.note("page: \(folder.file("leakage.html").path)")
  }

  private func line(_ slices: LabeledSlices, _ result: SuperpixelRun.Result) -> [String] {
    let own = settings.superpixels
    let comparison = BlockComparison(
      of: result.grid.leakedMass, with: result.superpixels.leakedMass, slicesPerBlock: own.slicesPerBlock)
    return [
      slices.name, "\(slices.count)", String(format: "%.0f", result.segments.map(Double.init).mean),
      String(format: "%.3f", result.superpixels.crossing.mean),
      String(format: "%.3f", result.grid.crossing.mean),
      String(format: "%.4f", result.superpixels.leakedMass.mean),
      String(format: "%.4f", result.grid.leakedMass.mean),
      comparison.difference, comparison.interval, "\(comparison.blocks)",
    ]
  }

  /// Slices with their superpixels, the leaked pixels in red, as files and as markup.
  private func pictures(_ slices: LabeledSlices, _ run: SuperpixelRun) throws -> String {
    let count = min(settings.superpixels.pictures, slices.count)
    let figures = try (0..<count).map { place -> String in
      let index = (2 * place + 1) * slices.count / (2 * count)
      let map = try slices.superpixels(of: index, by: run.slic).labels
      let picture = Picture(rgba: Self.overlay(map, slices.images[index], slices.labels[index]))
      let data = try picture.axial(.radiological, enlarged: 3).pngData()
      try writeOutput(
        data, to: folder.file("leakage-\(slices.name.lowercased())-\(index).png"))
      return ExperimentPage.image(data, "\(slices.name), labelled slice \(index): leaked pixels in red")
    }
    return "<div class=\"row\">\(figures.joined())</div>"
  }

  /// Borders of superpixels in yellow, pixels outside the most frequent label of their superpixel in red.
  static func overlay(
    _ map: LabelMap, _ image: Tensor<Float>, _ reference: LabelMap
  ) -> Tensor<UInt8> {
    var overlay = map.overlay(on: image)
    let (segments, labels) = (map.labels.scalars, reference.labels.scalars)
    var counts: [Int32: [Int32: Int]] = [:]
    for (segment, label) in zip(segments, labels) { counts[segment, default: [:]][label, default: 0] += 1 }
    let winners = counts.mapValues { parts in
      parts.min { (-$0.value, $0.key) < (-$1.value, $1.key) }?.key ?? 0
    }
    overlay.withUnsafeMutableBufferPointer { pixels in
      for index in segments.indices where winners[segments[index]] != labels[index] {
        pixels[4 * index] = UInt8((Int(pixels[4 * index]) + 2 * 220) / 3)
        pixels[4 * index + 1] = pixels[4 * index + 1] / 3
        pixels[4 * index + 2] = pixels[4 * index + 2] / 3
      }
    }
    return overlay
  }
}
