public import Foundation
import Tensor

extension PretrainingMethod {
  /// The method as JSON with all its fields, `null` for those without a value: what ``replacingSettings(from:)`` takes parts of.
  public func settingsJSON() -> String { SettingsTree(of: self).value.indentedText() + "\n" }

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
