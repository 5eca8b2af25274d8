import Foundation
import RunKit

/// One self-contained page of an experiment: what was asked, notes, tables, figures.
struct ExperimentPage {
  let title: String
  let question: String
  /// What a reader must know before any figure.
  var notes: [String] = []
  /// Headings with what stands under them, as markup.
  var sections: [(heading: String, body: String)] = []

  var html: String {
    let banner =
      notes.isEmpty
      ? ""
      : "<div class=\"notes\" role=\"note\">\(notes.map { "<p>\($0.asMarkup)</p>" }.joined())</div>"
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>\(title.asMarkup)</title>
      <style>\(ReportStyle.sheet)</style></head><body>
      <h1>\(title.asMarkup)</h1>
      <p class="lead">\(question.asMarkup)</p>
      \(banner)
      \(sections.map { "<h2>\($0.heading.asMarkup)</h2>\n\($0.body)" }.joined(separator: "\n"))
      <footer>Nothing here is a medical device. The numbers of this page are in rows.jsonl beside it.</footer>
      </body></html>

      """
  }

  /// Rows as an HTML table, the first one its heads.
  static func table(_ rows: [[String]]) -> String {
    let lines = rows.enumerated().map { index, row in
      let tag = index == 0 ? "th" : "td"
      return "<tr>\(row.map { "<\(tag)>\($0.asMarkup)</\(tag)>" }.joined())</tr>"
    }
    return "<table>\(lines.joined(separator: "\n"))</table>"
  }

  /// The same as Markdown, to be put into a page of results.
  static func markdown(_ rows: [[String]]) -> String {
    guard let heads = rows.first else { return "" }
    let lines = [heads, heads.map { _ in "---" }] + rows.dropFirst()
    return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n") + "\n"
  }

  /// A picture inside the page.
  static func image(_ png: Data, _ text: String) -> String {
    "<figure><img alt=\"\(text.asMarkup)\" src=\"data:image/png;base64,\(png.base64EncodedString())\"><figcaption>\(text.asMarkup)</figcaption></figure>"
  }
}
