import ExampleSupport
package import Foundation

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

  /// A line for each value of a JSON text, under the keys that lead there.
  package static func lines(ofJSON data: Data) throws -> [String] {
    flattened(try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed), "")
  }

  private static func flattened(_ value: Any, _ path: String) -> [String] {
    if let members = value as? [String: Any], !members.isEmpty {
      return members.sorted { $0.key < $1.key }.flatMap { key, value in
        flattened(value, path.isEmpty ? key : "\(path).\(key)")
      }
    }
    let data = try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
    return ["\(path) = \(data.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)")"]
  }

  /// Length and FNV-1a hash of a file's bytes, and of the voxels' file of a pair. What is no regular file is reported when
  /// it is read.
  package static func content(_ url: URL) -> String {
    [url.path, url.path.replacing(".hdr", with: ".img")].enumerated().compactMap { index, path in
      guard index == 0 || path != url.path, let url = try? InputFile(path).url,
        let file = try? FileHandle(forReadingFrom: url)
      else { return nil }
      defer { try? file.close() }
      var (count, hash) = (0, 0xcbf2_9ce4_8422_2325 as UInt64)
      // In parts: volumes may be larger than memory.
      while let part = try? file.read(upToCount: 1 << 22), !part.isEmpty {
        count += part.count
        part.withUnsafeBytes { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 } }
      }
      return "\(count) bytes, \(String(hash, radix: 16))"
    }.joined(separator: "; ")
  }
}
