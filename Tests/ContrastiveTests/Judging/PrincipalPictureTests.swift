import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

/// Features on two axes, colored by label.
@Suite struct PrincipalPictureTests {
  /// Four points at the ends of two axes: 2 apart along the first, 1 along the second.
  private let rows = Tensor<Double>(rows: [[2, 0], [-2, 0], [0, 1], [0, -1]])

  /// What stands between two marks, everywhere in a text.
  private func values(_ text: String, _ before: String, _ after: String = "\"") -> [String] {
    text.components(separatedBy: before).dropFirst().map { $0.components(separatedBy: after)[0] }
  }

  @Test func pointsLieOnTheAxesWithOneScale() throws {
    let svg = try PrincipalAxes(rows).picture(of: rows, labels: Tensor([0, 0, 1, 1]), side: 216)
    // The middle of the square is (118, 118); its reach of 2 is 100 pixels.
    let places = zip(values(svg, "cx=\""), values(svg, "cy=\"")).map { "\($0) \($1)" }
    #expect(places.prefix(4) == ["218.0 118.0", "18.0 118.0", "118.0 68.0", "118.0 168.0"])
    #expect(svg.contains("first axis 80 %, second 20 % of the variance"))
  }

  @Test func colorsAreThoseOfLabelsAndTheKeyNamesThem() throws {
    let svg = try PrincipalAxes(rows).picture(
      of: rows, labels: Tensor([7, -1, 7, 3]), names: [7: "liver & <kidney>"], title: "a < b")
    let colors = values(svg, "fill=\"#")
    // Labels in order: -1, 3, 7; then the key.
    #expect(colors == ["009e73", "0072b2", "009e73", "e69f00", "0072b2", "e69f00", "009e73"])
    for text in [">-1<", ">3<", ">liver &amp; &lt;kidney&gt;<", ">a &lt; b<"] { #expect(svg.contains(text)) }
    let document = try XMLCheck.elements(of: svg)
    #expect(document.filter { $0 == "circle" }.count == 7)
  }

  /// 24 labels have marks of their own; equal rows lie in the middle.
  @Test func manyLabelsHaveMarksOfTheirOwn() throws {
    let same = Tensor<Float>(repeating: 3, shape: [24, 2])
    let svg = try PrincipalAxes(same).picture(of: same, labels: Tensor((0..<24).map { Int32($0) }))
    #expect(!svg.contains("nan"))
    let elements = try XMLCheck.elements(of: svg)
    for shape in ["circle", "rect"] { #expect(elements.filter { $0 == shape }.count == 16) }
    #expect(elements.filter { $0 == "path" }.count == 17, "the axes are one")
    #expect(Set(values(svg, "fill=\"#")).count == 8)
  }

  @Test func featuresThatAreNotFiniteAreRefused() throws {
    let axes = try PrincipalAxes(rows)
    do {
      _ = try axes.picture(of: Tensor<Double>(rows: [[.nan, 0]]), labels: Tensor([0]))
      Issue.record("no error")
    } catch { #expect(error.code == .featuresAreNotFinite(count: 1)) }
  }

  @Test func oneLabelARow() async {
    await #expect(processExitsWith: .failure) {
      let rows = Tensor<Double>(rows: [[2, 0], [-2, 0]])
      _ = try PrincipalAxes(rows).picture(of: rows, labels: Tensor([0]))
    }
  }
}

/// The elements of a document whose tags close: enough to see that markup is whole.
private enum XMLCheck {
  struct Broken: Error { let tag: String }

  static func elements(of text: String) throws -> [String] {
    var (open, found): ([String], [String]) = ([], [])
    for part in text.components(separatedBy: "<").dropFirst() {
      let tag = part.components(separatedBy: ">")[0]
      let name = tag.prefix { $0.isLetter || $0 == "/" }
      if name.hasPrefix("/") {
        guard open.popLast() == String(name.dropFirst()) else { throw Broken(tag: tag) }
      } else {
        found.append(String(name))
        if !tag.hasSuffix("/") { open.append(String(name)) }
      }
    }
    guard open.isEmpty else { throw Broken(tag: open.joined(separator: ", ")) }
    return found
  }
}
