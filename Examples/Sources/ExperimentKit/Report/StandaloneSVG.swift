import Foundation

extension String {
  /// A chart of a page as a file of its own: with the page's styles inside, on white.
  var standaloneSVG: String {
    guard let start = range(of: "<svg "), let end = range(of: ">", range: start.upperBound..<endIndex) else {
      return self
    }
    let styles =
      "text { font-family: sans-serif; fill: #5b6775; font-size: 11px } "
      + ".title { fill: #1d2733; font-size: 13px; font-weight: 600 } .axis { font-size: 12px } "
      + ".grid { stroke: #dde3ea } .base { stroke: #8a96a3; fill: none }"
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" \(self[start.upperBound..<end.lowerBound])>\n"
      + "<style>\(styles)</style>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
      + self[end.upperBound...] + "\n"
  }
}
