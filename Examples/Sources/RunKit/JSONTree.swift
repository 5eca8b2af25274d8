package import Foundation

/// A JSON value as it stands in a file: what is passed on without knowing its fields, such as the settings of a method.
public enum JSONTree: Codable, Hashable, Sendable {
  case null
  case boolean(Bool)
  case number(Double)
  /// A whole number from 2^53 on, of whose digits a `Double` may lose some.
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
      // Of a seed of 2^53 + 1 a Double makes another, and of 2^60 its shortest text does: 1.152921504606847e+18.
      let whole = number < 0x1p53 ? nil : (try? value.decode(UInt64.self))
      self = whole.map(JSONTree.whole) ?? .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if (try? value.decode([Anything].self)) != nil {
      self = .list(try value.decode([JSONTree].self))
    } else if (try? value.decode([String: Anything].self)) != nil {
      self = .object(try value.decode([String: JSONTree].self))
    } else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "is a number that no Double holds"))
    }
  }

  /// What stands in a list or an object, unread.
  private struct Anything: Decodable {
    init(from decoder: any Decoder) {}
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

  /// What stands at a place, of keys and of indices in lists; `nil` where there is none.
  func value(at place: ArraySlice<String>) -> JSONTree? {
    guard let step = place.first else { return self }
    let next: JSONTree? =
      switch self {
      case .object(let members): members[step]
      case .list(let values): Int(step).flatMap { values.indices.contains($0) ? values[$0] : nil }
      default: nil
      }
    return next?.value(at: place.dropFirst())
  }

  /// The tree with another value at a place that it has, or with a member more.
  func setting(at place: ArraySlice<String>, to value: JSONTree) -> JSONTree {
    guard let step = place.first else { return value }
    let changed = (self.value(at: [step]) ?? .null).setting(at: place.dropFirst(), to: value)
    if case .list(var values) = self, let index = Int(step), values.indices.contains(index) {
      values[index] = changed
      return .list(values)
    }
    return setting(step, to: changed)
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
