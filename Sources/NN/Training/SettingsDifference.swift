import Foundation

/// The first field in which two JSON documents differ, with both values.
struct SettingsDifference: Equatable {
  let field: String
  let saved: String
  let present: String

  /// Compares documents field by field, in the order of their names; `nil` when they are equal.
  ///
  /// - Throws: what JSON decoding throws.
  static func first(saved: Data, present: Data) throws -> SettingsDifference? {
    first(
      try JSONSerialization.jsonObject(with: saved, options: .fragmentsAllowed),
      try JSONSerialization.jsonObject(with: present, options: .fragmentsAllowed), at: "")
  }

  private static func first(_ saved: Any, _ present: Any, at path: String) -> SettingsDifference? {
    func joined(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    if let saved = saved as? [String: Any], let present = present as? [String: Any] {
      for name in Set(saved.keys).union(present.keys).sorted() {
        if let difference = first(saved[name] ?? Absent(), present[name] ?? Absent(), at: joined(name)) {
          return difference
        }
      }
      return nil
    }
    if let saved = saved as? [Any], let present = present as? [Any] {
      for index in 0..<max(saved.count, present.count) {
        let pair = [saved, present].map { index < $0.count ? $0[index] : Absent() as Any }
        if let difference = first(pair[0], pair[1], at: "\(path)[\(index)]") { return difference }
      }
      return nil
    }
    let (old, new) = (text(saved), text(present))
    return old == new ? nil : SettingsDifference(field: path, saved: old, present: new)
  }

  /// A value that one of the documents lacks.
  private struct Absent {}

  private static func text(_ value: Any) -> String {
    if value is Absent { return "nothing" }
    let data = try? JSONSerialization.data(
      withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
    return data.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
  }
}
