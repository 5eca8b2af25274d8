import ExampleSupport
package import Foundation
import Tensor

/// Settings laid over defaults: every field of the file must exist, stand once and have its type.
package enum StrictSettings {
  /// `value` with the fields that a JSON file names replaced, objects part by part, lists whole; the other case of an enum with a
  /// payload, `{"uniform": ...}` for `{"reciprocal": ...}`, takes the first one's place.
  ///
  /// - Parameter path: The file's name, for messages.
  /// - Throws: ``ExampleFailure`` (65), naming the file, the field, its value and what is wrong.
  package static func replacing<Value: Codable>(
    _ value: Value, with json: Data, from path: String
  ) throws -> Value {
    func failure(_ place: [String], _ reason: String, in changes: JSONTree? = nil) -> ExampleFailure {
      let name = place.isEmpty ? "settings" : place.joined(separator: ".")
      let value = changes?.value(at: place[...]).map { " = \(shortened($0))" } ?? ""
      return ExampleFailure(.data, "\(path): \(name)\(value): \(reason)")
    }
    if let fault = StrictJSON.fault(in: Array(json)) { throw failure([], fault) }
    let present = try JSONTree(of: value)
    var changes: JSONTree?
    do {
      let read = try JSONDecoder().decode(JSONTree.self, from: json)
      guard case .object = read else { throw failure([], "must be a JSON object") }
      changes = read
      let merged = merged(present, read)
      let result = try decoded(Value.self, merged)
      let written = try JSONTree(of: result)
      if let place = unread(read, in: written, at: []).first(where: { place in
        read.value(at: place[...]) != .null || isIgnored(place, in: merged, by: Value.self)
      }) {
        throw failure(place, "there is no such field")
      }
      return result
    } catch let error as DecodingError {
      let (place, reason, isOfValue) = describe(error)
      if place.isEmpty, let changes, let misfit = misfit(changes, over: present, as: Value.self) {
        throw failure(
          misfit, "must be a whole number in the field's range", in: changes)
      }
      throw failure(place, reason, in: isOfValue ? changes : nil)
    }
  }

  private static func merged(_ present: JSONTree, _ changes: JSONTree) -> JSONTree {
    guard case .object(var members) = present, case .object(let others) = changes else { return changes }
    if members.count == 1, others.count == 1, members.keys != others.keys { return changes }
    for (key, other) in others { members[key] = members[key].map { merged($0, other) } ?? other }
    return .object(members)
  }

  private static func decoded<Value: Decodable>(_ type: Value.Type, _ tree: JSONTree) throws -> Value {
    try JSONDecoder().decode(type, from: CanonicalJSON.data(of: tree))
  }

  // MARK: Fields that do not exist

  /// The places in `changes` that are gone when the value is written again: what a type does not read it does not write.
  private static func unread(_ changes: JSONTree, in tree: JSONTree, at place: [String]) -> [[String]] {
    switch (changes, tree) {
    case (.object(let changes), .object(let members)):
      changes.sorted { $0.key < $1.key }.flatMap { key, change in
        members[key].map { unread(change, in: $0, at: place + [key]) } ?? [place + [key]]
      }
    case (.list(let changes), .list(let values)):
      zip(changes, values).enumerated().flatMap { index, pair in
        unread(pair.0, in: pair.1, at: place + ["\(index)"])
      }
    default: []
    }
  }

  /// Whether anything may stand at a place. A field without a value is not written, as one that does not exist; but only the
  /// latter takes a text for a number, and a text that is a field's value is written.
  private static func isIgnored<Value: Codable>(
    _ place: [String], in tree: JSONTree, by type: Value.Type
  ) -> Bool {
    let probe = tree.setting(at: place[...], to: .text(""))
    guard let value = try? decoded(type, probe), let written = try? JSONTree(of: value) else { return false }
    return written.value(at: place[...]) == nil
  }

  // MARK: Values that do not fit

  /// Of a number that a field's type does not hold, such as 1.5 for a count, the decoder tells no place: the first field is
  /// looked for that fails so alone, and in a list the first number that fails so where all others are 1.
  private static func misfit<Value: Codable>(
    _ changes: JSONTree, over present: JSONTree, as type: Value.Type
  ) -> [String]? {
    func fails(_ value: JSONTree, at place: [String]) -> Bool {
      let alone = place.reversed().reduce(value) { .object([$1: $0]) }
      do {
        _ = try decoded(type, merged(present, alone))
        return false
      } catch DecodingError.dataCorrupted(let context) {
        return context.codingPath.isEmpty
      } catch {
        return false
      }
    }
    for field in places(in: changes, intoLists: false) {
      guard let value = changes.value(at: field[...]), fails(value, at: field) else { continue }
      guard case .list = value else { return field }
      let numbers = places(in: value, intoLists: true).filter { place in
        switch value.value(at: place[...]) {
        case .number, .whole: true
        default: false
        }
      }
      let ones = numbers.reduce(value) { $0.setting(at: $1[...], to: .number(1)) }
      let number = numbers.first { place in
        value.value(at: place[...]).map { fails(ones.setting(at: place[...], to: $0), at: field) } ?? false
      }
      return field + (number ?? [])
    }
    return nil
  }

  /// The places of all members that are no objects, and, `intoLists`, no lists.
  private static func places(in tree: JSONTree, intoLists: Bool, at place: [String] = []) -> [[String]] {
    switch tree {
    case .object(let members):
      members.sorted { $0.key < $1.key }.flatMap { places(in: $1, intoLists: intoLists, at: place + [$0]) }
    case .list(let values) where intoLists:
      values.enumerated().flatMap { places(in: $1, intoLists: true, at: place + ["\($0)"]) }
    default: [place]
    }
  }

  private static func shortened(_ tree: JSONTree) -> String {
    let text = (try? CanonicalJSON.data(of: tree)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return text.count > 60 ? text.prefix(57) + "..." : text
  }

  /// Where, what is wrong, and whether the value that stands there is.
  private static func describe(
    _ error: DecodingError
  ) -> (place: [String], reason: String, isOfValue: Bool) {
    func place(_ context: DecodingError.Context) -> [String] {
      context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
    }
    switch error {
    case .typeMismatch(let type, let context):
      let name =
        switch type {
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is Bool.Type: "true or false"
        case is String.Type: "text"
        case _ where "\(type)".hasPrefix("Array<"): "a list"
        case _ where "\(type)".hasPrefix("Dictionary<"): "an object"
        default: "\(type)"
        }
      return (place(context), "must be \(name)", true)
    case .valueNotFound(_, let context): return (place(context), "must not be null", false)
    case .keyNotFound(let key, let context): return (place(context), "lacks '\(key.stringValue)'", false)
    case .dataCorrupted(let context):
      let place = place(context)
      return (place, context.debugDescription, !place.isEmpty)
    @unknown default: return ([], "\(error)", false)
    }
  }
}
