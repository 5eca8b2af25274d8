extension JSONReader {
  /// Reads a string.
  package mutating func string() throws(JSONError) -> String {
    guard nextByte() == UInt8(ascii: "\"") else {
      throw failure("\(token(at: position)) is no string")
    }
    position += 1
    let start = position
    var isASCII = true
    while position < end {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        let text = try decoded(bytes[start..<position], isASCII: isASCII)
        position += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      if byte < 0x20 { throw failure("a control character in a string") }
      if byte >= 0x80 { isASCII = false }
      position += 1
    }
    throw failure("the text ends within a string")
  }

  /// The string that began at `start` and whose first escape stands at the present place.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var text = Array(bytes[start..<position])
    while position < end {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") { return try decoded(text[...], isASCII: false) }
      if byte < 0x20 { throw failure("a control character in a string") }
      if byte == UInt8(ascii: "\\") {
        text.append(contentsOf: Array(try escapedCharacter().utf8))
      } else {
        text.append(byte)
      }
    }
    throw failure("the text ends within a string")
  }

  private mutating func escapedCharacter() throws(JSONError) -> String {
    guard position < end else { throw failure("the text ends within a string") }
    position += 1
    switch bytes[position - 1] {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let start = position - 2
      var code = try codeUnit()
      if (0xD800..<0xDC00).contains(code), position + 1 < end, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        let low = try codeUnit()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair", at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair", at: start) }
      return String(Character(scalar))
    default: throw failure("an escape that stands for nothing")
    }
  }

  private mutating func codeUnit() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < end, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw failure("an escape that stands for nothing")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private func decoded(_ bytes: ArraySlice<UInt8>, isASCII: Bool) throws(JSONError) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    // Bytes that are no UTF-8 were replaced.
    guard isASCII || text.utf8.elementsEqual(bytes) else { throw failure("a string is no valid UTF-8") }
    return text
  }
}
