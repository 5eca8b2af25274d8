import Foundation
import RunKit

/// Tables, histograms and page of `pairs`.
struct PairReport {
  var notes: [String] = []
  /// By data set and encoder, in the order of the runs: the results of all seeds.
  private var cells: [(data: String, encoder: String, results: [PairRun.Result])] = []

  /// Colors of the kinds (Okabe and Ito 2008).
  private static let colors: [PairKind: String] = [
    .intraCluster: "#0072b2", .interImage: "#d55e00", .random: "#5b6775",
  ]
  private static let names: [PairKind: String] = [
    .intraCluster: "one superpixel", .interImage: "paired images", .random: "random",
  ]

  mutating func add(_ data: String, _ encoder: String, _ result: PairRun.Result) {
    if let index = cells.firstIndex(where: { $0.data == data && $0.encoder == encoder }) {
      cells[index].results.append(result)
    } else {
      cells.append((data, encoder, [result]))
    }
  }

  /// A number of an encoder, patient by patient, averaged over seeds and patients.
  private static func mean(
    _ results: [PairRun.Result], _ number: ([String: PairSimilarities]) -> Double
  ) -> CrossedMean {
    CrossedMean(results.map { $0.patients.map(number) }) { $0.mean }
  }

  private static func similarity(_ kind: PairKind) -> ([String: PairSimilarities]) -> Double {
    { $0[kind.rawValue]?.mean ?? 0 }
  }

  private static func lead(_ kind: PairKind) -> ([String: PairSimilarities]) -> Double {
    { similarity(kind)($0) - similarity(.random)($0) }
  }

  /// How far pairs of a kind are more alike than random ones, and how much more so than before pre-training.
  struct PairClaim: Codable {
    let data: String
    let encoder: String
    let kind: String
    /// The lead of the kind over random pairs.
    let lead: CrossedMean
    /// The lead less that before pre-training, paired by seed and patient.
    let gain: CrossedMean
    var adjustedPValue: Double?
    let pairs: Int
    var sentence: String {
      let interval = gain.low.flatMap { low in
        gain.high.map { String(format: " (95 %% %+.3f ... %+.3f)", low, $0) }
      }
      return
        "\(data), \(encoder): \(kind) minus random pairs: "
        + String(format: "%+.3f, %+.3f against before pre-training", lead.value, gain.value)
        + (interval ?? "") + ", \(pairs) \(pairs == 1 ? "seed" : "seeds")"
        + (adjustedPValue.map { String(format: ", p %.3f by Holm", $0) } ?? "")
    }
  }

  private var claims: [PairClaim] {
    var sets: [String] = []
    for cell in cells where !sets.contains(cell.data) { sets.append(cell.data) }
    return sets.flatMap { data in claims(cells.filter { $0.data == data }) }
  }

  /// The claims of one data set, whose first encoder is the one before pre-training: one family.
  private func claims(_ cells: [(data: String, encoder: String, results: [PairRun.Result])]) -> [PairClaim] {
    var family: [PairClaim] = []
    for cell in cells.dropFirst() {
      for kind in [PairKind.intraCluster, .interImage] {
        let differences = zip(cell.results, cells[0].results).map { after, before in
          zip(after.patients, before.patients).map { Self.lead(kind)($0) - Self.lead(kind)($1) }
        }
        family.append(
          PairClaim(
            data: cell.data, encoder: cell.encoder, kind: Self.names[kind] ?? "",
            lead: Self.mean(cell.results, Self.lead(kind)), gain: CrossedMean(differences) { $0.mean },
            adjustedPValue: nil, pairs: differences.count))
      }
    }
    HolmCorrection.adjust(&family, \.gain.pValue, to: \.adjustedPValue)
    return family
  }

  private var table: [[String]] {
    [["data", "encoder", "pairs", "seeds", "mean cosine", "interval", "minus random", "interval"]]
      + cells.flatMap { cell in
        PairKind.allCases.map { kind in
          let (own, lead) = (
            Self.mean(cell.results, Self.similarity(kind)), Self.mean(cell.results, Self.lead(kind))
          )
          return [
            cell.data, cell.encoder, Self.names[kind] ?? "", "\(cell.results.count)",
            String(format: "%.3f", own.value), own.interval,
            kind == .random ? "" : String(format: "%+.3f", lead.value),
            kind == .random ? "" : lead.interval,
          ]
        }
      }
  }

  /// The share of pairs at each cosine.
  private var histograms: [(name: String, svg: String)] {
    cells.map { cell in
      let bins = PairSimilarities.binCount
      let series = PairKind.allCases.map { kind -> LineChart.Series in
        let all = cell.results.flatMap { $0.patients.compactMap { $0[kind.rawValue]?.histogram } }
        let sums = (0..<bins).map { bin in all.reduce(0) { $0 + $1[bin] } }
        let total = Double(max(1, sums.reduce(0, +)))
        return LineChart.Series(
          name: Self.names[kind] ?? "", color: Self.colors[kind] ?? "#000", isDashed: kind == .random,
          x: (0..<bins).map { (Double($0) + 0.5) * 2 / Double(bins) }, y: sums.map { Double($0) / total })
      }
      let chart = LineChart(
        title: "\(cell.data), \(cell.encoder)",
        horizontal: "cosine + 1 (0: opposite, 1: unrelated, 2: equal)",
        vertical: "share of pairs", series: series)
      let place = "\(cell.data)-\(cell.encoder)".lowercased().replacingOccurrences(of: " ", with: "-")
      return (place, chart.svg(width: 440, height: 290))
    }
  }

  private var means: String {
    IntervalChart(
      title: "Mean cosine", horizontal: "cosine (dot: a seed; bar: 95 % interval over seeds and patients)",
      rows: cells.flatMap { cell in
        PairKind.allCases.map { kind in
          let mean = Self.mean(cell.results, Self.similarity(kind))
          return .init(
            label: "\(cell.data), \(cell.encoder): \(Self.names[kind] ?? "")",
            values: cell.results.map { $0.patients.map(Self.similarity(kind)).mean }, mean: mean.value,
            low: mean.low, high: mean.high)
        }
      }, rowHeight: 24
    ).svg(width: 900)
  }

  func write(to folder: ExperimentFolder) throws {
    let claims = claims
    try folder.writeClaims(claims.map { ($0, $0.sentence) }, of: "pairs")
    try folder.write(
      ExperimentPage.markdown(table) + "\n" + claims.map { "- \($0.sentence)\n" }.joined(), to: "pairs.md")
    for (name, svg) in histograms { try folder.write(svg.standaloneSVG, to: "pairs-\(name).svg") }
    try folder.write(means.standaloneSVG, to: "pairs-means.svg")
    let legend = PairKind.allCases.map {
      LineChart.Series(
        name: Self.names[$0] ?? "", color: Self.colors[$0] ?? "#000", isDashed: $0 == .random, x: [], y: []
      ).legend
    }
    var page = ExperimentPage(
      title: "Pairs of pixels",
      question:
        "Are pixels of one superpixel, and of paired images, more alike to the encoder than random pixels, and does pre-training make them so?"
    )
    page.notes = notes
    page.sections = [
      (
        "Similarities",
        "<p>Cosines of pixels at the level that ILCP reads, on the validation side, with each batch's own statistics.</p>"
          + "<div class=\"charts\">\(means)</div>" + ExperimentPage.table(table)
      ),
      (
        "Histograms",
        "<div class=\"charts\">\(histograms.map(\.svg).joined())</div><p class=\"key\">\(legend.joined())</p>"
      ),
      ("Differences", "<ul>\(claims.map { "<li>\($0.sentence.asMarkup)</li>" }.joined())</ul>"),
    ]
    try folder.write(page.html, to: "pairs.html")
  }
}
