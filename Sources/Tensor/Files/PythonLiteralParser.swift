/// Reads the Python dictionary in a NumPy header: text keys, none of them twice; text, truth values, tuples of
/// whole numbers, and anything else in brackets as it stands.
struct PythonLiteralParser {
  enum Value: Hashable {
    case text(String)
    case boolean(Bool)
    case tuple([Int])
    case other(String)
  }

  private let bytes: Slice<UnsafeRawBufferPointer>
  private var position: Int

  init(_ bytes: Slice<UnsafeRawBufferPointer>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The dictionary, or nil when the bytes are none; only white space may follow it.
  mutating func dictionary() -> [String: Value]? {
    var values: [String: Value] = [:]
    guard skip("{") else { return nil }
    while !skip("}") {
      guard let key = text(), skip(":"), let value = value(), values[key] == nil else { return nil }
      values[key] = value
      if !skip(",") {
        guard skip("}") else { return nil }
        break
      }
    }
    skipSpace()
    return position == bytes.endIndex ? values : nil
  }

  private mutating func value() -> Value? {
    skipSpace()
    guard position < bytes.endIndex else { return nil }
    switch UnicodeScalar(bytes[position]) {
    case "'", "\"": return text().map(Value.text)
    case "(": return tuple().map(Value.tuple)
    case "[": return bracketed().map(Value.other)
    default:
      if skip("True") { return .boolean(true) }
      return skip("False") ? .boolean(false) : nil
    }
  }

  private mutating func tuple() -> [Int]? {
    guard skip("(") else { return nil }
    var numbers: [Int] = []
    while !skip(")") {
      guard let number = number() else { return nil }
      numbers.append(number)
      // Python takes (3) for the number 3; a tuple of one has a comma.
      if !skip(",") { return skip(")") && numbers.count > 1 ? numbers : nil }
    }
    return numbers
  }

  private mutating func number() -> Int? {
    skipSpace()
    let start = position
    while position < bytes.endIndex, "-0123456789".utf8.contains(bytes[position]) { position += 1 }
    let digits = bytes[start..<position].drop { $0 == UInt8(ascii: "-") }
    // Python has no numbers like 03.
    if digits.count > 1, digits.first == UInt8(ascii: "0") { return nil }
    let number = Int(String(decoding: bytes[start..<position], as: UTF8.self))
    // Python 2 marks long numbers.
    if position < bytes.endIndex, bytes[position] == UInt8(ascii: "L") { position += 1 }
    return number
  }

  private mutating func text() -> String? {
    skipSpace()
    guard position < bytes.endIndex, "'\"".utf8.contains(bytes[position]) else { return nil }
    let quote = bytes[position]
    guard let end = bytes[(position + 1)...].firstIndex(of: quote) else { return nil }
    let text = bytes[position + 1..<end]
    if text.contains(UInt8(ascii: "\\")) { return nil }
    position = end + 1
    return String(decoding: text, as: UTF8.self)
  }

  /// A list as it stands, brackets counted.
  private mutating func bracketed() -> String? {
    let start = position
    var depth = 0
    while position < bytes.endIndex {
      if bytes[position] == UInt8(ascii: "[") { depth += 1 }
      if bytes[position] == UInt8(ascii: "]") { depth -= 1 }
      position += 1
      if depth == 0 { return String(decoding: bytes[start..<position], as: UTF8.self) }
    }
    return nil
  }

  private mutating func skip(_ token: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: token.utf8) else { return false }
    position += token.utf8.count
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.endIndex, " \n\t\r".utf8.contains(bytes[position]) { position += 1 }
  }
}
