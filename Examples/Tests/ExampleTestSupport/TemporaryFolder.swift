package import Foundation

/// A folder of its own that goes away with this object.
package final class TemporaryFolder: Sendable {
  package let url: URL

  /// - Parameter name: What its name begins with.
  package init(_ name: String) throws {
    url = FileManager.default.temporaryDirectory.appending(path: "\(name)-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}
