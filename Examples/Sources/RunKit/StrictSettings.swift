import ExampleSupport
package import Foundation
import Tensor

/// Settings laid over defaults: every field of the file must exist, stand once and have its type.
package enum StrictSettings {
  /// `value` with the fields that a JSON file names replaced, objects part by part, lists whole; the other case of an enum with a
  /// payload, `{"uniform": ...}` for `{"reciprocal": ...}`, takes the first one's place.
  ///
  /// - Parameter path: The file's name, for messages.
  /// - Throws: ``ExampleFailure`` (65), naming the file, the field and what is wrong.
  package static func replacing<Value: Codable>(
    _ value: Value, with json: Data, from path: String
  ) throws -> Value {
    func failure(_ field: [String], _ reason: String) -> ExampleFailure {
      let name = field.isEmpty ? "settings" : field.joined(separator: ".")
      return ExampleFailure(.data, "\(path): \(name): \(reason)")
    }
    if let fault = StrictJSON.fault(in: Array(json)) { throw failure([], fault) }
    let changes = try JSONDecoder().decode(JSONTree.self, from: json)
    guard case .object = changes else { throw failure([], "must be a JSON object") }
    let merged = merged(try JSONTree(of: value), changes)
    let result: Value
    do {
      result = try JSONDecoder().decode(Value.self, from: CanonicalJSON.data(of: merged))
    } catch let error as DecodingError {
      let (place, reason) = describe(error)
      throw failure(place, reason)
    }
    // What the type does not code is gone when the result is written again.
    if let place = firstMissing(changes, in: try JSONTree(of: result), at: []) {
      throw failure(place, "there is no such field")
    }
    return result
  }

  private static func merged(_ present: JSONTree, _ changes: JSONTree) -> JSONTree {
    guard case .object(var members) = present, case .object(let others) = changes else { return changes }
    if members.count == 1, others.count == 1, members.keys != others.keys { return changes }
    for (key, other) in others { members[key] = members[key].map { merged($0, other) } ?? other }
    return .object(members)
  }

  private static func firstMissing(_ changes: JSONTree, in tree: JSONTree, at place: [String]) -> [String]? {
    switch (changes, tree) {
    case (.object(let changes), .object(let members)):
      return changes.sorted { $0.key < $1.key }.lazy.compactMap { key, change in
        // A field without a value is not written.
        if let there = members[key] { return firstMissing(change, in: there, at: place + [key]) }
        return change == .null ? nil : place + [key]
      }.first
    case (.list(let changes), .list(let values)):
      return zip(changes, values).enumerated().lazy.compactMap { index, pair in
        firstMissing(pair.0, in: pair.1, at: place + ["\(index)"])
      }.first
    default: return nil
    }
  }

  private static func describe(_ error: DecodingError) -> (place: [String], reason: String) {
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
        default: "\(type)"
        }
      return (place(context), "must be \(name)")
    case .valueNotFound(_, let context): return (place(context), "must not be null")
    case .keyNotFound(let key, let context): return (place(context), "lacks '\(key.stringValue)'")
    case .dataCorrupted(let context): return (place(context), context.debugDescription)
    @unknown default: return ([], "\(error)")
    }
  }
}
