import Foundation
import RunKit

/// Dice against a number that the methods of a study differ in, with the interval of each mean.
struct DoseChart {
  let heading: String
  let horizontal: String

  /// - Parameter dose: The number of a method; `nil` leaves it out.
  func section(of outcomes: [ComparisonOutcome], _ dose: (ScoreOfArm) -> Double?) -> StudySection {
    let scores = ScoreOfArm.all(of: outcomes)
    var cells: [String] = []
    for score in scores where !cells.contains(score.cell) { cells.append(score.cell) }
    let figures = cells.map { cell in
      let points = scores.filter { $0.cell == cell }.compactMap { score in
        dose(score).map { (x: $0, mean: score.mean) }
      }.sorted { $0.x < $1.x }
      let chart = LineChart(
        title: "\(cell): mean, 95 % interval over seeds and patients", horizontal: horizontal,
        vertical: "Dice on the scored side",
        series: [
          LineChart.Series(
            name: cell, color: "#0072b2", x: points.map(\.x), y: points.map(\.mean.value),
            band: points.map { ($0.mean.low ?? $0.mean.value, $0.mean.high ?? $0.mean.value) })
        ])
      let place = cell.lowercased().replacingOccurrences(of: " ", with: "-")
      return (name: "dose-\(place)", svg: chart.svg(width: 440, height: 290))
    }
    return StudySection(heading: heading, figures: figures)
  }
}
