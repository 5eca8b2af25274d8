import ExampleSupport
import Foundation
import Testing

/// What a PNG file says is what is measured.
@Suite struct PNGReadingTests {
  private func read(_ data: Data) throws -> Picture {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).png")
    try data.write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try Picture(png: url)
  }

  /// v 255 / 65,535 of 0x2020, 0x8080 and 0xffff: 32, 128, 255. The gamma of sRGB changes nothing.
  @Test(arguments: [nil, 45_455] as [UInt32?])
  func sixteenBitGrey(_ gamma: UInt32?) throws {
    let row: [UInt8] = [0x20, 0x20, 0x80, 0x80, 0xff, 0xff]
    let picture = try read(
      TinyPNG.file(width: 3, rows: [row, row], depth: 16, color: .grey, gamma: gamma))
    #expect(picture.channels == 1 && picture.pixels == [32, 128, 255, 32, 128, 255])
  }

  /// 0x7f80 of 65,535 is 127.0019 of 255, 0x7fff is 127.498.
  @Test func sixteenBitsAreRounded() throws {
    let picture = try read(
      TinyPNG.file(width: 3, rows: [[0x7f, 0x80, 0x7f, 0xff, 0x80, 0x01]], depth: 16, color: .grey))
    #expect(picture.pixels == [127, 127, 128])
  }

  @Test(arguments: [nil, 45_455] as [UInt32?])
  func sixteenBitColor(_ gamma: UInt32?) throws {
    let picture = try read(
      TinyPNG.file(
        width: 1, rows: [[0x20, 0x20, 0x40, 0x40, 0x80, 0x80]], depth: 16, color: .rgb, gamma: gamma))
    #expect(picture.channels == 3 && picture.pixels == [32, 64, 128])
  }

  @Test func alphaIsDropped() throws {
    let picture = try read(
      TinyPNG.file(
        width: 3, rows: [[200, 100, 50, 255, 200, 100, 50, 128, 200, 100, 50, 0]], depth: 8, color: .rgba))
    #expect(picture.channels == 3 && picture.pixels == [200, 100, 50, 200, 100, 50, 200, 100, 50])
    let grey = try read(
      TinyPNG.file(width: 3, rows: [[150, 255, 150, 10, 150, 0]], depth: 8, color: .greyAlpha))
    #expect(grey.channels == 1 && grey.pixels == [150, 150, 150])
  }

  @Test func sixteenBitsWithAlpha() throws {
    let grey = try read(
      TinyPNG.file(
        width: 2, rows: [[0x20, 0x20, 0, 0, 0x80, 0x80, 0x40, 0]], depth: 16, color: .greyAlpha))
    #expect(grey.channels == 1 && grey.pixels == [32, 128])
    let color = try read(
      TinyPNG.file(
        width: 1, rows: [[0x20, 0x20, 0x40, 0x40, 0x80, 0x80, 0, 0]], depth: 16, color: .rgba))
    #expect(color.channels == 3 && color.pixels == [32, 64, 128])
  }

  /// Only a gamma that is not sRGB's converts, to 1 / 2.2: 255 (v / 255)^(1 / 2.2) is 99.2 of 32 and 186.4 of 128.
  @Test func gammas() throws {
    func grey(_ gamma: UInt32?) throws -> [UInt8] {
      try read(TinyPNG.file(width: 2, rows: [[32, 128]], depth: 8, color: .grey, gamma: gamma)).pixels
    }
    #expect(try grey(nil) == [32, 128] && grey(45_455) == [32, 128])
    #expect(try grey(100_000) == [99, 186])
  }

  @Test func noPicture() throws {
    let error = #expect(throws: ExampleFailure.self) { try read(Data("P5 1 1 255".utf8)) }
    #expect(error?.kind == .data)
    let folder = #expect(throws: ExampleFailure.self) { try Picture(png: URL(filePath: "/")) }
    #expect(folder?.kind == .noInput)
  }
}
