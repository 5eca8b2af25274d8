import Contrastive
import Foundation
import RunKit
import Tensor

/// The features of slices as points on their two principal axes, colored by the place of each slice in its volume: neighbors lie
/// together where an encoder has learned anatomy, and all points on each other where it has collapsed.
struct FeatureChart {
  let title: String
  /// `[slices, features]`.
  let features: Tensor<Float>
  /// The place of each slice in its volume, in (0, 1].
  let positions: [Double]

  /// Dark to bright, alike in print and for people with any color vision (viridis, van der Walt and Smith 2015).
  private static let colors: [[Double]] = [
    [68, 1, 84], [59, 82, 139], [33, 144, 140], [93, 201, 99], [253, 231, 37],
  ]

  static func color(_ position: Double) -> String {
    let place = min(max(position, 0), 1) * Double(colors.count - 1)
    let first = min(Int(place), colors.count - 2)
    let share = place - Double(first)
    let parts = (0..<3).map {
      Int((colors[first][$0] * (1 - share) + colors[first + 1][$0] * share).rounded())
    }
    return "rgb(\(parts.map(String.init).joined(separator: ",")))"
  }

  /// The chart; nothing where the features have fewer than two columns.
  ///
  /// - Throws: `FeatureError`: features that are not finite.
  func svg(width: Double = 420, height: Double = 360) throws -> String {
    guard features.shape[1] >= 2 else { return "" }
    let axes = try PrincipalAxes(features)
    let places = axes.coordinates(of: features).scalars
    let reach = max(places.map { abs($0) }.max() ?? 0, .leastNormalMagnitude)
    let (middle, half) = ((x: width / 2, y: height / 2 + 4), min(width, height) / 2 - 40)
    let points = positions.indices.map { index in
      String(
        format: "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%@\" fill-opacity=\"0.85\"/>",
        middle.x + places[2 * index] / reach * half, middle.y - places[2 * index + 1] / reach * half,
        Self.color(positions[index]))
    }
    let shares = axes.explainedShares.map { String(format: "%.0f %%", 100 * $0) }
    return """
      <svg role="img" aria-label="\(title.asMarkup)" viewBox="0 0 \(Int(width)) \(Int(height))" width="\(Int(width))" height="\(Int(height))">
      <text class="title" x="12" y="16">\(title.asMarkup)</text>
      <path class="grid" fill="none" d="M\(middle.x - half) \(middle.y)H\(middle.x + half)M\(middle.x) \(middle.y - half)V\(middle.y + half)"/>
      <text class="axis" x="\(middle.x)" y="\(height - 6)" text-anchor="middle">first axis, \(shares[0]) of the variance</text>
      <text class="axis" transform="translate(13 \(middle.y)) rotate(-90)" text-anchor="middle">second axis, \(shares[1])</text>
      \(points.joined())</svg>
      """
  }
}
