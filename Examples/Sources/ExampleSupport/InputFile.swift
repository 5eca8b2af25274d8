public import Foundation

/// A file that an example was given to read.
///
/// Opening a pipe waits for a writer, and a device may never end; a folder opens but does not read. So what the path
/// names is asked before anything is opened.
public struct InputFile: Sendable {
  public let url: URL
  /// As the user wrote it, for messages.
  public let path: String

  /// - Throws: ``ExampleFailure`` of the kind `noInput` for a path that names nothing, and for folders, pipes and devices.
  public init(_ path: String) throws(ExampleFailure) {
    url = URL(fileURLWithPath: path)
    self.path = path
    // Links are followed, so that the kind is that of what would be opened.
    let target = url.resolvingSymlinksInPath().path
    guard let kind = try? FileManager.default.attributesOfItem(atPath: target)[.type] as? FileAttributeType
    else { throw ExampleFailure(.noInput, "\(path): no such file") }
    guard kind == .typeRegular else {
      throw ExampleFailure(.noInput, "\(path): \(Self.name(of: kind)), not a regular file")
    }
  }

  /// The file's bytes.
  ///
  /// - Throws: ``ExampleFailure`` of the kind `noInput`.
  public func contents() throws(ExampleFailure) -> Data {
    guard let data = try? Data(contentsOf: url) else { throw unreadable }
    return data
  }

  /// The first bytes of the file, fewer when it is shorter.
  ///
  /// - Throws: ``ExampleFailure`` of the kind `noInput`.
  public func start(_ count: Int) throws(ExampleFailure) -> Data {
    guard let handle = try? FileHandle(forReadingFrom: url) else { throw unreadable }
    defer { try? handle.close() }
    do {
      return try handle.read(upToCount: count) ?? Data()
    } catch {
      throw unreadable
    }
  }

  private var unreadable: ExampleFailure { ExampleFailure(.noInput, "\(path): cannot be read") }

  private static func name(of kind: FileAttributeType) -> String {
    switch kind {
    case .typeDirectory: "a folder"
    case .typeSocket: "a socket"
    case .typeCharacterSpecial, .typeBlockSpecial: "a device"
    default: "a pipe"
    }
  }
}
