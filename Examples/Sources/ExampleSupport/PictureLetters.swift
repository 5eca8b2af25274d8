/// The letters at the four edges of a picture: the sides of the patient, of "RLAPSI".
public struct PictureMarks: Hashable, Sendable {
  public let top, bottom, left, right: Character

  public init(top: Character, bottom: Character, left: Character, right: Character) {
    (self.top, self.bottom, self.left, self.right) = (top, bottom, left, right)
  }
}

extension Picture {
  /// The picture with a letter in the middle of each edge, white with a black rim; as it is without marks.
  ///
  /// A picture that has no room for three letters along an axis gets black margins there, so that none hides another.
  /// On a grey and an RGB picture the letters are white, too; on RGBA they are opaque.
  public func marked(with marks: PictureMarks?) -> Picture {
    guard let marks else { return self }
    let scale = max(1, min(max(width, height) / 170, 8))
    let glyph = (width: (PictureLetters.width + 2) * scale, height: (PictureLetters.height + 2) * scale)
    var picture = padded(toWidth: 3 * glyph.width, height: 3 * glyph.height)
    let middle = (row: (picture.height - glyph.height) / 2, column: (picture.width - glyph.width) / 2)
    let places: [(Character, row: Int, column: Int)] = [
      (marks.top, 0, middle.column), (marks.bottom, picture.height - glyph.height, middle.column),
      (marks.left, middle.row, 0), (marks.right, middle.row, picture.width - glyph.width),
    ]
    for (letter, row, column) in places { picture.draw(letter, row: row, column: column, scale: scale) }
    return picture
  }

  /// Black around the picture where it is smaller than this.
  private func padded(toWidth minimumWidth: Int, height minimumHeight: Int) -> Picture {
    let (newWidth, newHeight) = (max(width, minimumWidth), max(height, minimumHeight))
    guard newWidth > width || newHeight > height else { return self }
    var canvas = [UInt8](repeating: 0, count: newWidth * newHeight * channels)
    if channels == 4 { for pixel in 0..<newWidth * newHeight { canvas[pixel * 4 + 3] = 255 } }
    let (top, left) = ((newHeight - height) / 2, (newWidth - width) / 2)
    for row in 0..<height {
      let start = ((top + row) * newWidth + left) * channels
      canvas.replaceSubrange(
        start..<start + width * channels,
        with: pixels[row * width * channels..<(row + 1) * width * channels])
    }
    return Picture(width: newWidth, height: newHeight, channels: channels, pixels: canvas)
  }

  /// A letter and its rim with their corner at a row and a column.
  private mutating func draw(_ letter: Character, row: Int, column: Int, scale: Int) {
    for y in 0..<(PictureLetters.height + 2) * scale {
      for x in 0..<(PictureLetters.width + 2) * scale {
        let (line, place) = (y / scale - 1, x / scale - 1)
        let isInk = PictureLetters.isInk(letter, row: line, column: place)
        let touchesInk = (-1...1).contains { down in
          (-1...1).contains { PictureLetters.isInk(letter, row: line + down, column: place + $0) }
        }
        guard touchesInk else { continue }
        let start = ((row + y) * width + column + x) * channels
        for channel in 0..<channels { pixels[start + channel] = isInk || channel == 3 ? 255 : 0 }
      }
    }
  }
}

/// Letters of five by seven dots.
enum PictureLetters {
  static let width = 5
  static let height = 7

  private static let dots: [Character: [String]] = [
    "R": ["####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"],
    "L": ["#....", "#....", "#....", "#....", "#....", "#....", "#####"],
    "A": [".###.", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"],
    "P": ["####.", "#...#", "#...#", "####.", "#....", "#....", "#...."],
    "S": [".####", "#....", "#....", ".###.", "....#", "....#", "####."],
    "I": [".###.", "..#..", "..#..", "..#..", "..#..", "..#..", ".###."],
  ]

  private static let ink = dots.mapValues { lines in lines.map { line in line.map { $0 == "#" } } }

  static func isInk(_ letter: Character, row: Int, column: Int) -> Bool {
    guard let letter = ink[letter], (0..<height).contains(row), (0..<width).contains(column) else {
      return false
    }
    return letter[row][column]
  }
}
