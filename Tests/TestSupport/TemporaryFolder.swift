package import Foundation

/// A folder of its own, which goes when the value does.
package final class TemporaryFolder {
  package let url = FileManager.default.temporaryDirectory.appendingPathComponent(
    "supercl-\(UUID().uuidString)")

  package init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  package func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  deinit { try? FileManager.default.removeItem(at: url) }
}
