import Foundation
import RunKit

extension RunFingerprint {
  /// All that decides the results of a quickstart.
  ///
  /// - Throws: What encoding the settings throws.
  init(_ request: RunRequest, _ settings: Settings) throws {
    var lines = [
      "image = \(request.image.path)", "labels = \(request.labels.path)",
      "content of the image = \(Self.content(request.image))",
      "content of the labels = \(Self.content(request.labels))",
      "classes = \(request.classes.map { $0.map { "\($0.name): \($0.labels)" }.joined(separator: ", ") } ?? "all")",
      "window = \(request.window.map { "\($0)" } ?? "percentiles")",
      "not-finite = \(request.nonFiniteVoxels.rawValue)", "view = \(request.view)",
      "fractions = \(request.fractions)", "seeds = \(request.seeds)",
      "methods = \(request.methods.map(\.rawValue))", "kind = \(request.isQuick ? "quick" : "full")",
    ]
    let fields =
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(settings)) as? [String: Any] ?? [:]
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      let text = try JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
      lines.append("\(name) = \(String(decoding: text, as: UTF8.self))")
    }
    self.init(lines: lines)
  }
}
