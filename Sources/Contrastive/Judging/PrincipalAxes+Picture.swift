public import Tensor

extension PrincipalAxes {
  /// Rows `[N, d]` as points on the first two axes, colored by label: an SVG picture that stands alone, or in a page.
  ///
  ///     try axes.picture(of: features, labels: labels, names: [5: "liver"]).write(to: url, atomically: true, encoding: .utf8)
  ///
  /// Points of a class lie together where an encoder tells classes apart, and all on each other where it has collapsed. Both
  /// axes have one scale, so that distances compare. Labels take eight colors that people with any color vision tell apart (Okabe
  /// and Ito 2008) in order, and beyond eight another shape: after 24 they repeat. O(N) time and text.
  ///
  /// - Parameters:
  ///   - rows: The features, as many as the axes were made of.
  ///   - labels: A label a row, `[N]`.
  ///   - names: What labels are called in the key; their numbers where they have none.
  ///   - title: What stands above; nothing where empty.
  ///   - side: Width and height of the square with the points: 360.
  /// - Throws: ``FeatureError``: rows that are not finite.
  /// - Precondition: two axes at least; one label a row; a positive side.
  public func picture<Scalar: TensorFloatingPointScalar>(
    of rows: Tensor<Scalar>, labels: Tensor<Int32>, names: [Int32: String] = [:], title: String = "",
    side: Int = 360
  ) throws(FeatureError) -> String {
    shapePrecondition(
      axes.shape[0] >= 2 && side > 0, "a picture has two axes and a positive side, not \(side)")
    shapePrecondition(
      labels.shape == [rows.shape[0]], "labels of shape \(labels.shape) do not fit rows of \(rows.shape)")
    try rows.requireFiniteFeatures()
    let places = coordinates(of: rows)
    let kept = axes.shape[0]
    let points = places.scalars
    let plane = labels.scalars.indices.map { (x: points[$0 * kept], y: points[$0 * kept + 1]) }
    let reach = plane.reduce(Double.leastNormalMagnitude) { max($0, abs($1.x), abs($1.y)) }
    let (top, half) = (title.isEmpty ? 10 : 28, Double(side) / 2)
    let styles = Dictionary(
      uniqueKeysWithValues: Set(labels.scalars).sorted().enumerated().map {
        ($0.element, LabelMark($0.offset))
      })
    let marks = zip(plane, labels.scalars).compactMap { point, label in
      styles[label]?.svg(
        x: 10 + half + point.x / reach * (half - 8), y: Double(top) + half - point.y / reach * (half - 8))
    }
    let key = styles.sorted { $0.key < $1.key }.enumerated().map { place, entry in
      let y = Double(top + 12 + 18 * place)
      return entry.value.svg(x: Double(side) + 26, y: y)
        + "<text x=\"\(side + 36)\" y=\"\(Int(y) + 4)\">\(Self.markup(names[entry.key] ?? "\(entry.key)"))</text>"
    }
    let shares = explainedShares.map { "\(Int((100 * $0).rounded())) %" }
    let height = max(top + side + 24, top + 18 * styles.count + 12)
    let middle = Int(half)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 \(side + 180) \(height)" width="\(side + 180)" height="\(height)" font-family="sans-serif" font-size="12">
      <text x="10" y="18" font-weight="bold">\(Self.markup(title))</text>
      <path fill="none" stroke="#ccc" d="M10 \(top + middle)h\(side)M\(10 + middle) \(top)v\(side)"/>
      \(marks.joined(separator: "\n"))
      \(key.joined(separator: "\n"))
      <text x="10" y="\(top + side + 16)">first axis \(shares[0]), second \(shares[1]) of the variance</text>
      </svg>

      """
  }

  /// Text between tags.
  private static func markup(_ text: String) -> String {
    text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;"][$0] ?? String($0) }.joined()
  }
}

/// The color and shape of the points of one label.
private struct LabelMark {
  private static let colors = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000",
  ]
  private let color: String
  private let shape: Int

  /// The mark of the label at a place among those that there are.
  init(_ place: Int) {
    color = Self.colors[place % Self.colors.count]
    shape = place / Self.colors.count % 3
  }

  func svg(x: Double, y: Double) -> String {
    // A tenth of a pixel is less than an eye sees.
    let (x, y) = ((x * 10).rounded() / 10, (y * 10).rounded() / 10)
    let style = "fill=\"\(color)\" fill-opacity=\"0.85\""
    switch shape {
    case 0: return "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"4\" \(style)/>"
    case 1: return "<rect x=\"\(x - 4)\" y=\"\(y - 4)\" width=\"8\" height=\"8\" \(style)/>"
    default: return "<path d=\"M\(x) \(y - 5)l5 9h-10z\" \(style)/>"
    }
  }
}
