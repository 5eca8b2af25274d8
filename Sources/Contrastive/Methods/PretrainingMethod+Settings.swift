public import Foundation
import Tensor

extension PretrainingMethod {
  /// The method as JSON with all its fields, those without a value left out: what ``replacingSettings(from:)`` takes parts of.
  public func settingsJSON() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: (try? encoder.encode(self)) ?? Data(), as: UTF8.self)
  }

  /// The method with the fields that a JSON object names replaced, at any depth; the others keep their values.
  ///
  ///     let method = try MoCo.small.replacingSettings(from: Data(#"{"recipe": {"steps": 500}, "temperature": 0.1}"#.utf8))
  ///
  /// Fields are named as in the type, and written as ``settingsJSON()`` writes them: a range as two numbers, a case with a value
  /// as `{"crops": {"_0": ...}}`. An object takes the place of another only where it names another case; then it must be whole.
  /// An array takes the place of another. `null` empties a field that may be empty. That the numbers are in range is looked at
  /// by ``fitted(to:)``.
  ///
  /// - Throws: ``PretrainingError``, naming method, field and value: no JSON, a key that stands twice, a field that does not
  ///   exist, a value of another type.
  public func replacingSettings(from json: Data) throws(PretrainingError) -> Self {
    func failure(_ field: String, _ value: String, _ reason: String) -> PretrainingError {
      .badSetting(method: Self.name, field: field, value: value, reason: reason)
    }
    let changes: JSONValue
    do {
      changes = try JSONValue(Array(json))
    } catch {
      throw failure("settings", String(decoding: json.prefix(24), as: UTF8.self), "no JSON: \(error)")
    }
    guard case .object = changes else { throw failure("settings", changes.shortText, "must be an object") }
    var overlay = SettingsOverlay(changes)
    do {
      return try overlay.applied(to: self)
    } catch {
      throw failure(error.field, error.value, error.reason)
    }
  }
}

/// Why a field of a settings file cannot be taken.
private struct SettingsFault: Error {
  let field: String
  let value: String
  let reason: String
}

/// Settings laid over a value by its own coding, so that every field that the type codes can be named and no other.
private struct SettingsOverlay {
  private let changes: JSONValue
  /// Places at which an object has another key than the value's, which is another case or a mistake.
  private var replaced: [[String]] = []

  init(_ changes: JSONValue) { self.changes = changes }

  mutating func applied<Value: Codable>(to value: Value) throws(SettingsFault) -> Value {
    let present = Self.tree(of: value)
    let wanted = merged(present, changes, at: [])
    let result: Value
    do {
      result = try JSONDecoder().decode(Value.self, from: Data(wanted.text.utf8))
    } catch {
      throw fault(of: error, present: present)
    }
    // What the type does not code is gone when the result is written again.
    if let path = Self.firstMissing(
      changes, in: Self.tree(of: result), at: [],
      isKnown: { path in
        Self.has(path, in: present) || Self.refuses(path, in: wanted, as: Value.self)
      })
    {
      throw unknown(path, in: present)
    }
    return result
  }

  private static func tree(of value: some Encodable) -> JSONValue {
    (try? JSONEncoder().encode(value)).flatMap { try? JSONValue(Array($0)) } ?? .null
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

  /// The first place of the changes that a tree does not have; `null` leaves none and is asked about.
  private static func firstMissing(
    _ changes: JSONValue, in tree: JSONValue, at path: [String], isKnown: ([String]) -> Bool
  ) -> [String]? {
    switch (changes, tree) {
    case (.object(let changes), .object(let tree)):
      for (key, change) in changes.sorted(by: { $0.key < $1.key }) {
        let place = path + [key]
        if let there = tree[key] {
          if let missing = firstMissing(change, in: there, at: place, isKnown: isKnown) { return missing }
        } else if change != .null || !isKnown(place) {
          return place
        }
      }
      return nil
    case (.array(let changes), .array(let tree)):
      for (index, (change, there)) in zip(changes, tree).enumerated() {
        if let missing = firstMissing(change, in: there, at: path + ["\(index)"], isKnown: isKnown) {
          return missing
        }
      }
      return nil
    default: return nil
    }
  }

  private static func value(at path: [String], in tree: JSONValue) -> JSONValue? {
    path.reduce(tree) { tree, key in
      switch tree {
      case .object(let members): members[key]
      case .array(let elements): Int(key).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
      default: nil
      }
    }
  }

  private static func has(_ path: [String], in tree: JSONValue) -> Bool { value(at: path, in: tree) != nil }

  /// Whether a type reads the field at a path: a value that no field takes is then an error.
  private static func refuses(_ path: [String], in tree: JSONValue, as type: (some Decodable).Type) -> Bool {
    let probe = setting(path[...], of: tree, to: .array([.array([])]))
    return (try? JSONDecoder().decode(type, from: Data(probe.text.utf8))) == nil
  }

  private static func setting(_ path: ArraySlice<String>, of tree: JSONValue, to value: JSONValue)
    -> JSONValue
  {
    guard let key = path.first else { return value }
    switch tree {
    case .object(var members):
      members[key] = setting(path.dropFirst(), of: members[key] ?? .null, to: value)
      return .object(members)
    case .array(var elements):
      guard let index = Int(key), elements.indices.contains(index) else { return tree }
      elements[index] = setting(path.dropFirst(), of: elements[index], to: value)
      return .array(elements)
    default: return tree
    }
  }

  // MARK: Messages

  private func fault(of error: any Error, present: JSONValue) -> SettingsFault {
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
    // The key there is no other case of the type.
    if replaced.contains(path), case .object(let members)? = Self.value(at: path, in: changes),
      let key = members.keys.first
    {
      return unknown(path + [key], in: present)
    }
    let value = Self.value(at: path, in: changes) ?? .null
    return SettingsFault(field: Self.name(of: path), value: value.shortText, reason: reason)
  }

  private func unknown(_ path: [String], in present: JSONValue) -> SettingsFault {
    var reason = "there is no such field"
    if case .object(let members)? = Self.value(at: path.dropLast(), in: present), !members.isEmpty {
      reason += "; there are \(members.keys.sorted().joined(separator: ", "))"
    }
    return SettingsFault(
      field: Self.name(of: path), value: (Self.value(at: path, in: changes) ?? .null).shortText,
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
    case is [Any].Type: "must be a list"
    case is [String: Any].Type: "must be an object"
    default: context.debugDescription
    }
  }
}

extension JSONValue {
  /// The text, cut where it is long.
  fileprivate var shortText: String { text.count <= 60 ? text : text.prefix(57) + "..." }
}
