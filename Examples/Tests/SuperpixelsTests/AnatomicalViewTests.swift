import ExampleSupport
import MedIO
import Testing

/// Where the patient's sides come to lie, and the letters that say so.
@Suite struct AnatomicalViewTests {
  typealias Side = AnatomicalOrientation.Direction

  private func letters(_ view: AnatomicalView, _ rows: Side, _ columns: Side) -> String {
    view.layout(rows: rows, columns: columns).marks.map { "\($0.top)\($0.bottom)\($0.left)\($0.right)" } ?? ""
  }

  /// Top, bottom, left, right of axial, coronal and sagittal cuts, in whatever order the file has them.
  @Test func sides() {
    for (rows, columns) in [(Side.anterior, Side.right), (.posterior, .left), (.left, .posterior)] {
      #expect(letters(.radiological, rows, columns) == "APRL")
      #expect(letters(.neurological, rows, columns) == "APLR")
    }
    #expect(letters(.radiological, .superior, .right) == "SIRL")
    #expect(letters(.neurological, .left, .inferior) == "SILR")
    #expect(letters(.radiological, .superior, .anterior) == "SIAP")
    #expect(letters(.neurological, .inferior, .posterior) == "SIPA")
    #expect(letters(.stored, .anterior, .right) == "PALR")
  }

  /// The pixel at a side of the patient comes to lie at that side's letter, for every cut, order and view.
  @Test(arguments: AnatomicalView.allCases)
  func pixelsGoWhereTheLettersSay(_ view: AnatomicalView) {
    let sides: [Side] = [.left, .right, .posterior, .anterior, .inferior, .superior]
    for rows in sides {
      for columns in sides where columns.axis != rows.axis {
        // Ends of the middle row and column: 1 and 2 at the first and the last row, 3 and 4 at the columns.
        let picture = Picture(
          width: 5, height: 3, channels: 1, pixels: [0, 0, 1, 0, 0, 3, 0, 0, 0, 4, 0, 0, 2, 0, 0])
        let layout = view.layout(rows: rows, columns: columns)
        let shown = picture.arranged(by: layout)
        let (width, height) = (shown.width, shown.height)
        let ends: [(Side?, Int)] = [
          (side(layout.marks?.top), width / 2),
          (side(layout.marks?.bottom), (height - 1) * width + width / 2),
          (side(layout.marks?.left), height / 2 * width),
          (side(layout.marks?.right), height / 2 * width + width - 1),
        ]
        let numbers: [Side: UInt8] = [rows.opposite: 1, rows: 2, columns.opposite: 3, columns: 4]
        for (side, place) in ends { #expect(side.flatMap { numbers[$0] } == shown.pixels[place]) }
      }
    }
  }

  private func side(_ letter: Character?) -> Side? { letter.flatMap { Side(rawValue: $0) } }

  @Test func lettersAreDrawn() {
    let marks = PictureMarks(top: "A", bottom: "P", left: "R", right: "L")
    let grey = Picture(width: 60, height: 40, channels: 1, pixels: Array(repeating: 90, count: 2_400))
    let marked = grey.marked(with: marks)
    #expect(marked.width == 60 && marked.height == 40)
    // L: seven dots down and five to the right, one pixel from the right edge, its top at (40 - 9) / 2 + 1.
    func white(_ row: Int, _ columns: Range<Int>) -> [Bool] {
      columns.map { marked.pixels[row * 60 + $0] == 255 }
    }
    for row in 16..<22 { #expect(white(row, 54..<59) == [true, false, false, false, false]) }
    #expect(white(22, 54..<59) == [true, true, true, true, true])
    // The first line of R on the left, of A on top, of P at the bottom.
    #expect(white(16, 1..<6) == [true, true, true, true, false])
    #expect(white(1, 27..<32) == [false, true, true, true, false])
    #expect(white(32, 27..<32) == [true, true, true, true, false])
    #expect(grey.marked(with: nil).pixels == grey.pixels)
  }

  @Test func everyLetterIsItsOwn() {
    let drawn = "RLAPSI".map { letter in
      Picture(width: 30, height: 30, channels: 1, pixels: Array(repeating: 90, count: 900))
        .marked(with: PictureMarks(top: letter, bottom: "L", left: "L", right: "L")).pixels
    }
    #expect(Set(drawn).count == 6)
  }

  /// A picture too thin for its letters gets black margins, and its pixels stay.
  @Test(arguments: [1, 3, 4])
  func thinPictures(_ channels: Int) {
    let thin = Picture(
      width: 200, height: 2, channels: channels, pixels: Array(repeating: 90, count: 400 * channels))
    let marked = thin.marked(with: PictureMarks(top: "S", bottom: "I", left: "R", right: "L"))
    #expect(marked.width == 200 && marked.height == 27)
    #expect(
      Array(marked.pixels[(13 * 200 + 30) * channels..<(13 * 200 + 31) * channels])
        == Array(repeating: 90, count: channels))
  }
}
