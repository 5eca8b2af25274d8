/// All that decides the results of a run, a named line each: what a run that is resumed must have in common with the one
/// that was begun.
package struct RunFingerprint: Sendable {
  /// `name = value`, in a fixed order.
  package let lines: [String]

  package init(lines: [String]) { self.lines = lines }

  /// As it is kept in a file.
  package var text: String { lines.joined(separator: "\n") + "\n" }

  /// The first line that a kept fingerprint has otherwise, with both values; `nil` when they are the same.
  package func difference(from kept: String) -> String? {
    let old = kept.split(separator: "\n").map(String.init)
    for index in 0..<max(old.count, lines.count) {
      let (before, now) = (index < old.count ? old[index] : nil, index < lines.count ? lines[index] : nil)
      if before != now { return "\(before ?? "nothing"), now \(now ?? "nothing")" }
    }
    return nil
  }
}
