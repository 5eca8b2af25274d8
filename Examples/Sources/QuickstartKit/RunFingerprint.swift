import ExampleSupport
import Foundation

/// All that decides the results of a run, a named line each: what a run that is resumed must have in common with the one
/// that was begun.
struct RunFingerprint {
  /// `name = value`, in a fixed order.
  let lines: [String]

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
    self.lines = lines
  }

  /// As it is kept in a file.
  var text: String { lines.joined(separator: "\n") + "\n" }

  /// The first line that a kept fingerprint has otherwise, with both values; `nil` when they are the same.
  func difference(from kept: String) -> String? {
    let old = kept.split(separator: "\n").map(String.init)
    for index in 0..<max(old.count, lines.count) {
      let (before, now) = (index < old.count ? old[index] : nil, index < lines.count ? lines[index] : nil)
      if before != now { return "\(before ?? "nothing"), now \(now ?? "nothing")" }
    }
    return nil
  }

  /// Length and FNV-1a hash of a file's bytes, and of the voxels' file of a pair. What is no regular file is reported when
  /// it is read.
  private static func content(_ url: URL) -> String {
    [url.path, url.path.replacing(".hdr", with: ".img")].enumerated().compactMap { index, path in
      guard index == 0 || path != url.path, let data = try? InputFile(path).contents() else { return nil }
      let hash = data.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
      return "\(data.count) bytes, \(String(hash, radix: 16))"
    }.joined(separator: "; ")
  }
}
