package import Foundation

/// A JSON value as it stands in a file: what is passed on without knowing its fields, such as the settings of a method.
public enum JSONTree: Codable, Hashable, Sendable {
  case null
  case boolean(Bool)
  case number(Double)
  /// A whole number that no `Double` holds.
  case whole(UInt64)
  case text(String)
  case list([JSONTree])
  case object([String: JSONTree])

  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let boolean = try? value.decode(Bool.self) {
      self = .boolean(boolean)
    } else if let number = try? value.decode(Double.self) {
      // Of a seed of 2^53 + 1 a Double would make another.
      let whole = number < 0x1p53 ? nil : (try? value.decode(UInt64.self))
      self = whole.flatMap { Double(exactly: $0) == nil ? .whole($0) : nil } ?? .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let list = try? value.decode([JSONTree].self) {
      self = .list(list)
    } else {
      self = .object(try value.decode([String: JSONTree].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .whole(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .object(let members): try container.encode(members)
    }
  }

  /// The value that a type codes to.
  package init(of value: some Encodable) throws {
    self = try JSONDecoder().decode(JSONTree.self, from: CanonicalJSON.data(of: value))
  }

  /// An object with one more member, or another value of one.
  package func setting(_ key: String, to value: JSONTree) -> JSONTree {
    guard case .object(var members) = self else { return self }
    members[key] = value
    return .object(members)
  }

  package subscript(key: String) -> JSONTree? {
    if case .object(let members) = self { members[key] } else { nil }
  }
}

/// One text for one value: sorted keys, no spaces. Runs are compared by it.
package enum CanonicalJSON {
  package static func data(of value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }

  /// Sixteen hexadecimal digits (FNV-1a) of the text: a name for files.
  package static func digest(of value: some Encodable) throws -> String {
    let hash = try data(of: value).reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    let text = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
