/// A JSON text as a tree, read by ``JSONReader``'s strict rules. Numbers stay as they are written, so that no digit of a 64-bit
/// seed is lost.
package enum JSONValue: Hashable, Sendable {
  case object([String: JSONValue])
  case array([JSONValue])
  case string(String)
  /// A number, `true`, `false` or `null`, as it is written.
  case token(String)

  package static let null = JSONValue.token("null")

  /// Reads a whole text; a byte order mark may precede it.
  package init(_ bytes: [UInt8]) throws(JSONError) {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var reader = JSONReader(bytes, in: (bytes.starts(with: mark) ? mark.count : 0)..<bytes.count)
    self = try reader.value()
    try reader.finish()
  }

  /// The value as JSON text on one line, keys in the order of their names.
  package var text: String {
    switch self {
    case .object(let members):
      "{\(members.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)): \($0.value.text)" }.joined(separator: ", "))}"
    case .array(let elements): "[\(elements.map(\.text).joined(separator: ", "))]"
    case .string(let string): Self.quoted(string)
    case .token(let token): token
    }
  }

  /// The text with a line for each member; what fits into a line with no object in it stays on one.
  package func indentedText(_ indent: String = "") -> String {
    let deeper = indent + "  "
    func lines(_ parts: [String], _ open: String, _ close: String) -> String {
      parts.isEmpty
        ? open + close : "\(open)\n\(parts.map { deeper + $0 }.joined(separator: ",\n"))\n\(indent)\(close)"
    }
    switch self {
    case .object(let members):
      let parts = members.sorted { $0.key < $1.key }.map {
        "\(Self.quoted($0.key)): \($0.value.indentedText(deeper))"
      }
      return lines(parts, "{", "}")
    case .array(let elements) where text.count > 60 || text.contains("{"):
      return lines(elements.map { $0.indentedText(deeper) }, "[", "]")
    default: return text
    }
  }

  private static func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}

extension JSONReader {
  /// Reads any value as a tree.
  package mutating func value() throws(JSONError) -> JSONValue {
    switch nextByte() {
    case UInt8(ascii: "{"):
      var members: [String: JSONValue] = [:]
      try object { key, reader throws(JSONError) in members[key] = try reader.value() }
      return .object(members)
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      try array { reader throws(JSONError) in elements.append(try reader.value()) }
      return .array(elements)
    case UInt8(ascii: "\""): return .string(try string())
    default:
      let start = position
      try skipValue()
      return .token(String(decoding: bytes[start..<position], as: UTF8.self))
    }
  }
}
