import Foundation
import Tensor

/// Why a field of a settings file cannot be taken.
struct SettingsFault: Error {
  let field: String
  let value: String
  let reason: String
}

/// Settings laid over a value by its own coding, so that every field that the type codes can be named and no other.
struct SettingsOverlay {
  private let changes: JSONValue
  /// Places at which an object has another key than the value's, which is another case or a mistake.
  private var replaced: [[String]] = []

  init(_ changes: JSONValue) { self.changes = changes }

  mutating func applied<Value: Codable>(to value: Value) throws(SettingsFault) -> Value {
    let present = SettingsTree(of: value).value
    let wanted = merged(present, changes, at: [])
    let result: Value
    do {
      result = try JSONDecoder().decode(Value.self, from: Data(wanted.text.utf8))
    } catch {
      throw fault(of: error, present: present, as: Value.self)
    }
    // What the type does not code is gone when the result is written again.
    let written = SettingsTree(of: result).value
    if let path = Self.firstMissing(changes, in: written, at: []) { throw unknown(path, in: present) }
    return result
  }

  private mutating func merged(_ present: JSONValue, _ changes: JSONValue, at path: [String]) -> JSONValue {
    guard case .object(var members) = present, case .object(let others) = changes else { return changes }
    if members.count == 1, others.count == 1, members.keys != others.keys {
      replaced.append(path)
      return changes
    }
    for (key, other) in others {
      members[key] = members[key].map { merged($0, other, at: path + [key]) } ?? other
    }
    return .object(members)
  }

  /// The first place of the changes that a tree does not have.
  private static func firstMissing(_ changes: JSONValue, in tree: JSONValue, at path: [String]) -> [String]? {
    switch (changes, tree) {
    case (.object(let changes), .object(let tree)):
      for (key, change) in changes.sorted(by: { $0.key < $1.key }) {
        let place = path + [key]
        guard let there = tree[key] else { return place }
        if let missing = firstMissing(change, in: there, at: place) { return missing }
      }
      return nil
    case (.array(let changes), .array(let tree)):
      for (index, (change, there)) in zip(changes, tree).enumerated() {
        if let missing = firstMissing(change, in: there, at: path + ["\(index)"]) { return missing }
      }
      return nil
    default: return nil
    }
  }

  // MARK: Messages

  private func fault<Value: Decodable>(
    of error: any Error, present: JSONValue, as type: Value.Type
  ) -> SettingsFault {
    guard let error = error as? DecodingError else {
      return SettingsFault(field: "settings", value: changes.shortText, reason: "\(error)")
    }
    let (context, reason) =
      switch error {
      case .typeMismatch(let type, let context): (context, Self.reason(type, context))
      case .valueNotFound(_, let context): (context, "must not be null")
      case .keyNotFound(let key, let context): (context, "lacks '\(key.stringValue)'")
      case .dataCorrupted(let context): (context, context.debugDescription)
      @unknown default: (DecodingError.Context(codingPath: [], debugDescription: ""), "\(error)")
      }
    let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
    // Of a number that the type does not have, such as 1.5 for a count, the decoder tells no place.
    if path.isEmpty, let place = firstUnfit(changes, present, as: type, at: []) {
      let isCount = present.value(at: place)?.text.allSatisfy(\.isNumber) ?? false
      return SettingsFault(
        field: Self.name(of: place), value: (changes.value(at: place) ?? .null).shortText,
        reason: isCount ? "must be a whole number that fits" : "does not fit the field")
    }
    // The key there is no other case of the type.
    if replaced.contains(path), case .object(let members)? = changes.value(at: path),
      let key = members.keys.first
    {
      return unknown(path + [key], in: present)
    }
    let value = changes.value(at: path) ?? .null
    return SettingsFault(field: Self.name(of: path), value: value.shortText, reason: reason)
  }

  /// The first value of the changes that cannot be read when it alone is put into the tree.
  private func firstUnfit<Value: Decodable>(
    _ changes: JSONValue, _ tree: JSONValue, as type: Value.Type, at path: [String]
  ) -> [String]? {
    if case .object(let members) = changes, !members.isEmpty, case .object? = tree.value(at: path) {
      return members.sorted { $0.key < $1.key }.lazy.compactMap { key, change in
        firstUnfit(change, tree, as: type, at: path + [key])
      }.first
    }
    let alone = tree.setting(path[...], to: changes)
    return (try? JSONDecoder().decode(type, from: Data(alone.text.utf8))) == nil ? path : nil
  }

  private func unknown(_ path: [String], in present: JSONValue) -> SettingsFault {
    var reason = "there is no such field"
    if case .object(let members)? = present.value(at: path.dropLast()), !members.isEmpty {
      reason += "; there are \(members.keys.sorted().joined(separator: ", "))"
    }
    return SettingsFault(
      field: Self.name(of: path), value: (changes.value(at: path) ?? .null).shortText,
      reason: reason)
  }

  private static func name(of path: [String]) -> String {
    path.isEmpty ? "settings" : path.joined(separator: ".")
  }

  private static func reason(_ type: Any.Type, _ context: DecodingError.Context) -> String {
    switch type {
    case is any BinaryInteger.Type: "must be a whole number"
    case is any BinaryFloatingPoint.Type: "must be a number"
    case is Bool.Type: "must be true or false"
    case is String.Type: "must be text"
    case _ where "\(type)".hasPrefix("Array<"): "must be a list"
    case _ where "\(type)".hasPrefix("Dictionary<"): "must be an object"
    default: context.debugDescription
    }
  }
}

extension JSONValue {
  /// The text, cut where it is long.
  var shortText: String { text.count <= 60 ? text : text.prefix(57) + "..." }
}
