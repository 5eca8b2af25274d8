import ExampleSupport
import Foundation
import QuickstartKit
import RunKit
import Tensor
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Pictures and curves of the report: which side is which, and what counts.
@Suite struct ReportPictureTests {
  /// A slice in RAS orientation, 200 x 300, whose patient is white on the right and grey in front.
  private func slice() -> Tensor<Float> {
    var image = Tensor<Float>(zeros: [200, 300])
    image[150..<200, 0..<300] = Tensor(repeating: 0.5, shape: [50, 300])
    image[0..<200, 250..<300] = Tensor(ones: [200, 50])
    return image
  }

  @Test(arguments: [(AnatomicalView.radiological, true), (.neurological, false)])
  func thePatientsRightIsWhereTheViewHasIt(view: AnatomicalView, isOnTheLeft: Bool) {
    let picture = Picture(image: slice(), classes: nil, classCount: 1).axial(view, enlarged: 2)
    #expect(picture.width == 600)
    #expect(picture.height == 400)
    func grey(_ row: Int, _ column: Int) -> UInt8 { picture.pixels[(row * picture.width + column) * 4] }
    // Beside the letters, which stand in the middle of each edge.
    #expect(grey(350, isOnTheLeft ? 20 : 580) == 255)
    #expect(grey(350, isOnTheLeft ? 580 : 20) == 0)
    // The front, 128 of 255, is on top.
    #expect(grey(20, 200) == 128)
    #expect(grey(380, 200) == 0)
    // White letters on the black edges: the back is black below, and so is the side of the patient's left.
    func hasInk(_ rows: Range<Int>, _ columns: Range<Int>) -> Bool {
      rows.contains { row in columns.contains { grey(row, $0) == 255 } }
    }
    #expect(hasInk(380..<400, 280..<320))
    #expect(hasInk(180..<220, isOnTheLeft ? 580..<600 : 0..<20))
  }

  @Test func chartsAreWellFormedAndNameTheirAxes() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var request = try SmallRun.request(in: folder, depth: 40, classes: 2)
    request.fractions = [0.25, 0.5]
    try SmallRun.run(request)
    let page = try SmallRun.page(request)
    let charts = page.components(separatedBy: "<svg").dropFirst().map {
      "<svg" + ($0.components(separatedBy: "</svg>").first ?? "") + "</svg>"
    }
    // The difference, three terms, spread and cosines, and losses and validation for two shares of labels and all.
    #expect(charts.count == 1 + 3 + 2 + 2 * 3)
    for chart in charts {
      #expect(XMLParser(data: Data(chart.utf8)).parse())
      #expect(chart.components(separatedBy: "class=\"axis\"").count == 3)
    }
    #expect(charts.count { $0.contains(">step</text>") } == charts.count - 1)
    // Two methods and two seeds: a line and a band each; the ceiling has one seed of scratch alone.
    for chart in charts.filter({ $0.contains(">25 % of the labels, 2 seeds") }) {
      #expect(chart.components(separatedBy: "<polyline").count == 3)
      #expect(chart.components(separatedBy: "<polygon").count == 3)
    }
    // A pre-training a seed: every curve is a mean with a band.
    for title in ["L_ins", "L_intra (ILCP)", "L_inter (IGCP)", "How far apart images lie"] {
      let chart = try #require(charts.first { $0.contains(">\(title)</text>") })
      #expect(chart.components(separatedBy: "<polyline").count == 2)
      #expect(chart.components(separatedBy: "<polygon").count == 2)
    }
    // A row for each share of labels: a bar, and a dot for each seed.
    let difference = try #require(charts.first { $0.contains(">SuperCL minus scratch</text>") })
    #expect(difference.components(separatedBy: "class=\"interval\"").count == 3)
    #expect(difference.components(separatedBy: "<circle").count == 5)
    #expect(difference.contains(">25 %</text>") && difference.contains(">50 %</text>"))
    #expect(page.contains("What counts is the spread"))
  }
}
