import Foundation
import RunKit

/// The row of our runs beside the paper's.
struct PaperReport {
  let set: PaperSet
  let rows: [ExperimentRow<PaperTuningRun>]

  static func name(_ run: PaperTuningRun) -> String { run.pretraining == nil ? "Scratch" : "SuperCL" }

  private func ours(_ method: String, _ percent: Int) -> [ExperimentRow<PaperTuningRun>] {
    rows.filter { Self.name($0.run) == method && $0.run.labelledPercent == percent }
  }

  /// Paper's and ours, method by method.
  private var table: [[String]] {
    var lines = [
      ["DSC, %", "10 % labelled", "", "25 % labelled", ""], ["method", "paper", "here", "paper", "here"],
    ]
    let known = PaperNumbers.dice(set)
    let names =
      known.map(\.method) + ["Scratch", "SuperCL"].filter { name in !known.contains { $0.method == name } }
    for name in names {
      let printed = known.first { $0.method == name }
      func here(_ percent: Int) -> String {
        let all = ours(name, percent).map { 100 * $0.result.dice }
        return all.isEmpty ? "-" : String(format: "%.2f", all.mean)
      }
      lines.append([
        name, printed.map { String(format: "%.2f", $0.ten) } ?? "-", here(10),
        printed.map { String(format: "%.2f", $0.quarter) } ?? "-", here(25),
      ])
    }
    return lines
  }

  private var details: [[String]] {
    [
      [
        "method", "labels", "seed", "training slices", "test slices", "steps", "DSC", "JC", "HD95, pixels",
        "ASD, pixels", "by class",
      ]
    ]
      + rows.map { row in
        let result = row.result
        return [
          Self.name(row.run), "\(row.run.labelledPercent) %", "\(row.run.seed)", "\(result.trainingSlices)",
          "\(result.testSlices)", "\(row.run.steps)", String(format: "%.4f", result.dice),
          String(format: "%.4f", result.jaccard), String(format: "%.2f", result.hausdorffPixels),
          String(format: "%.2f", result.distancePixels),
          result.diceByClass.map { $0.map { String(format: "%.3f", $0) } ?? "-" }.joined(separator: " "),
        ]
      }
  }

  struct PaperClaim: Codable {
    let set: String
    let method: String
    let labelledPercent: Int
    let here: Double
    let paper: Double?
    let seeds: Int
    var sentence: String {
      "\(set), \(labelledPercent) % of the labels, \(method): DSC \(String(format: "%.2f", here))"
        + (paper.map { String(format: ", the paper prints %.2f", $0) } ?? ", no number of the paper is known")
        + " (\(seeds) \(seeds == 1 ? "seed" : "seeds"), one split: no interval)"
    }
  }

  private var claims: [PaperClaim] {
    ["Scratch", "SuperCL"].flatMap { name in
      [10, 25].compactMap { percent -> PaperClaim? in
        let all = ours(name, percent).map { 100 * $0.result.dice }
        guard !all.isEmpty else { return nil }
        let printed = PaperNumbers.dice(set).first { $0.method == name }
        return PaperClaim(
          set: set.rawValue, method: name, labelledPercent: percent, here: all.mean,
          paper: printed.map { percent == 10 ? $0.ten : $0.quarter }, seeds: all.count)
      }
    }
  }

  private var chart: String {
    IntervalChart(
      title: "\(set.rawValue): here beside the paper",
      horizontal: "DSC, % (dots: seeds here; bar: what the paper prints)",
      rows: claims.map { claim in
        .init(
          label: "\(claim.method), \(claim.labelledPercent) %",
          values: ours(claim.method, claim.labelledPercent).map { 100 * $0.result.dice },
          mean: claim.paper ?? claim.here, low: nil, high: nil)
      }
    ).svg(width: 720)
  }

  func write(to folder: ExperimentFolder) throws {
    let name = "paper-\(set.rawValue.lowercased())"
    try folder.writeClaims(claims.map { ($0, $0.sentence) }, of: name)
    try folder.write(
      ExperimentPage.markdown(table) + "\n" + ExperimentPage.markdown(details) + "\n"
        + claims.map { "- \($0.sentence)\n" }.joined(), to: "\(name).md")
    try folder.write(chart.standaloneSVG, to: "\(name).svg")
    var page = ExperimentPage(
      title: "\(set.rawValue), as in the paper",
      question: "With the paper's patients and protocol, what comes out, beside what the paper prints?")
    page.notes = [
      "One fixed split and few seeds: differences between rows have no interval.",
      "One process in 32 bits: the released scripts synchronise batch norm over two processors in mixed precision, and stop counting an epoch at its last full batch in pre-training; here the batch is that of one processor.",
      "Printed numbers: the comparison of DSC at 10 % and 25 % of the labels in arXiv 2504.14737. A method without a printed number has none that was read.",
    ]
    page.sections = [
      ("DSC", "<div class=\"charts\">\(chart)</div>" + ExperimentPage.table(table)),
      ("Runs", ExperimentPage.table(details)),
    ]
    try folder.write(page.html, to: "\(name).html")
  }
}
