import Foundation
import MedIO
import Testing

/// A folder that exists as long as the value does.
final class Scratch {
  let url: URL

  /// A folder on disk.
  convenience init() throws { try self.init(in: FileManager.default.temporaryDirectory) }

  /// A folder in memory where the system has one: writing one file again and again is slow on disk.
  convenience init(inMemory: Void) throws {
    let memory = URL(fileURLWithPath: "/dev/shm")
    let isThere = FileManager.default.isWritableFile(atPath: memory.path)
    try self.init(in: isThere ? memory : FileManager.default.temporaryDirectory)
  }

  private init(in parent: URL) throws {
    url = parent.appendingPathComponent("medio-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file of these bytes.
  @discardableResult
  func file(_ name: String, _ bytes: [UInt8]) throws -> URL {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file
  }

  subscript(name: String) -> URL { url.appendingPathComponent(name) }

  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted() }
}

/// A file of the Fixtures folder.
func fixture(_ name: String) throws -> URL {
  try #require(Bundle.module.url(forResource: "Fixtures/" + name, withExtension: nil))
}

/// The JSON of a fixture.
func json<Content: Decodable>(_ type: Content.Type, _ name: String) throws -> Content {
  try JSONDecoder().decode(type, from: Data(contentsOf: fixture(name)))
}

/// The code of the ``MedIOError`` that `body` throws, or `nil`.
func code(_ body: () throws -> Void) throws -> MedIOError.Code? {
  do {
    try body()
    return nil
  } catch let error as MedIOError {
    return error.code
  }
}
