import Foundation

/// PNG files written by the book (ISO 15948), chunk by chunk, with rows that are stored and not compressed.
enum TinyPNG {
  /// Colour types of the format.
  enum Color: UInt8 {
    case grey = 0
    case rgb = 2
    case greyAlpha = 4
    case rgba = 6
  }

  /// - Parameters:
  ///   - rows: The bytes of each row; sixteen-bit samples with the high byte first.
  ///   - gamma: The value of a `gAMA` chunk, 100,000 times the exponent.
  static func file(width: Int, rows: [[UInt8]], depth: UInt8, color: Color, gamma: UInt32? = nil) -> Data {
    var data = Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    data += chunk(
      "IHDR", bytes(UInt32(width)) + bytes(UInt32(rows.count)) + [depth, color.rawValue, 0, 0, 0])
    if let gamma { data += chunk("gAMA", bytes(gamma)) }
    data += chunk("IDAT", stored(rows.flatMap { [0] + $0 }))
    return data + chunk("IEND", [])
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(value >> (24 - 8 * $0) & 255) }
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> Data {
    let body = Array(name.utf8) + content
    return Data(bytes(UInt32(content.count)) + body + bytes(checksum(body)))
  }

  /// A zlib stream of one stored block.
  private static func stored(_ content: [UInt8]) -> [UInt8] {
    let length = UInt16(content.count)
    let (low, high) = (UInt8(length & 255), UInt8(length >> 8))
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in content {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return [0x78, 0x01, 0x01, low, high, ~low, ~high] + content + bytes(b << 16 | a)
  }

  /// CRC-32.
  private static func checksum(_ content: [UInt8]) -> UInt32 {
    var value = UInt32.max
    for byte in content {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
    }
    return ~value
  }
}
