import Foundation
import Tensor

/// A value as JSON in which fields without a value stand as `null`. The synthesised coding leaves them out, so that nobody
/// would learn that they are there.
struct SettingsTree {
  private(set) var value: JSONValue

  init<Value: Codable>(of settings: Value) {
    value = (try? JSONEncoder().encode(settings)).flatMap { try? JSONValue(Array($0)) } ?? .null
    for path in Self.emptyFields(of: settings, in: value, at: [])
    where Self.reads(path, in: value, Value.self) {
      value = value.setting(path[...], to: .null)
    }
  }

  /// The places of properties without a value that the tree does not have.
  private static func emptyFields(of any: Any, in tree: JSONValue, at path: [String]) -> [[String]] {
    let mirror = Mirror(reflecting: any)
    switch (mirror.displayStyle, tree) {
    case (.optional, _):
      return mirror.children.first.map { emptyFields(of: $0.value, in: tree, at: path) } ?? []
    case (.struct, .object(let members)), (.tuple, .object(let members)):
      return mirror.children.flatMap { child -> [[String]] in
        guard let name = child.label else { return [] }
        let place = path + [name]
        if let member = members[name] { return emptyFields(of: child.value, in: member, at: place) }
        let inner = Mirror(reflecting: child.value)
        return inner.displayStyle == .optional && inner.children.isEmpty ? [place] : []
      }
    case (.enum, .object(let members)):
      guard let child = mirror.children.first, let name = child.label, let payload = members[name] else {
        return []
      }
      if case .object(let values) = payload, let only = values["_0"] {
        return emptyFields(of: child.value, in: only, at: path + [name, "_0"])
      }
      return emptyFields(of: child.value, in: payload, at: path + [name])
    case (.collection, .array(let elements)):
      return zip(mirror.children, elements).enumerated().flatMap { index, pair in
        emptyFields(of: pair.0.value, in: pair.1, at: path + ["\(index)"])
      }
    default: return []
    }
  }

  /// Whether the type reads a field: a value that no field takes is then an error.
  private static func reads<Value: Decodable>(_ path: [String], in tree: JSONValue, _ type: Value.Type)
    -> Bool
  {
    let probe = tree.setting(path[...], to: .array([.array([])]))
    return (try? JSONDecoder().decode(type, from: Data(probe.text.utf8))) == nil
  }
}

extension JSONValue {
  /// The value at a path of keys and places.
  func value(at path: some Sequence<String>) -> JSONValue? {
    var value = self
    for key in path {
      switch value {
      case .object(let members):
        guard let member = members[key] else { return nil }
        value = member
      case .array(let elements):
        guard let index = Int(key), elements.indices.contains(index) else { return nil }
        value = elements[index]
      default: return nil
      }
    }
    return value
  }

  /// The tree with another value at a path; as it is where the path leads nowhere.
  func setting(_ path: ArraySlice<String>, to value: JSONValue) -> JSONValue {
    guard let key = path.first else { return value }
    switch self {
    case .object(var members):
      members[key] = (members[key] ?? .null).setting(path.dropFirst(), to: value)
      return .object(members)
    case .array(var elements):
      guard let index = Int(key), elements.indices.contains(index) else { return self }
      elements[index] = elements[index].setting(path.dropFirst(), to: value)
      return .array(elements)
    default: return self
    }
  }
}
