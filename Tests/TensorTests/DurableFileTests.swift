import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct DurableFileTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("state").path }

  init() throws { folder = try TemporaryFolder() }

  /// The system's calls, written down; the call of a name fails.
  private func recorded(_ trace: Trace, failing: String? = nil) -> DurableFile.Calls {
    let system = DurableFile.Calls.system
    func note(_ name: String) -> Bool {
      trace.calls.append(name)
      guard name == failing else { return true }
      errno = EIO
      return false
    }
    var kinds: [Int32: String] = [:]
    var calls = system
    calls.open = { path, flags, mode in
      let kind = flags & O_DIRECTORY != 0 ? "folder" : "file"
      guard note("open \(kind)") else { return -1 }
      let file = system.open(path, flags, mode)
      kinds[file] = kind
      return file
    }
    calls.write = { file, bytes in note("write") ? system.write(file, bytes) : -1 }
    calls.synchronize = { file in note("sync \(kinds[file] ?? "?")") ? system.synchronize(file) : -1 }
    calls.close = { file in note("close \(kinds[file] ?? "?")") ? system.close(file) : -1 }
    calls.rename = { old, new in note("rename") ? system.rename(old, new) : -1 }
    calls.unlink = { path in note("unlink") ? system.unlink(path) : -1 }
    return calls
  }

  private final class Trace { var calls: [String] = [] }

  @Test func contentIsOnTheDiskBeforeItTakesTheName() throws {
    let trace = Trace()
    try DurableFile.replace(path, with: Data("new".utf8), calls: recorded(trace))
    #expect(
      trace.calls == [
        "open file", "write", "sync file", "close file", "rename", "open folder", "sync folder",
        "close folder",
      ])
    #expect(try Data(contentsOf: URL(filePath: path)) == Data("new".utf8))
  }

  @Test(arguments: ["open file", "write", "sync file", "close file", "rename"])
  func aFailureLeavesTheOldContent(_ call: String) throws {
    try DurableFile.replace(path, with: Data("old".utf8))
    let error = #expect(throws: DurableFile.Failure.self) {
      try DurableFile.replace(path, with: Data("new".utf8), calls: recorded(Trace(), failing: call))
    }
    #expect(error?.number == EIO)
    #expect(try Data(contentsOf: URL(filePath: path)) == Data("old".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["state"])
  }

  /// Behind the new name the content is whole; only its lasting through a power loss is not certain, and is an error.
  @Test(arguments: ["open folder", "sync folder"]) func aFolderThatIsNotSynchronisedIsAnError(_ call: String)
    throws
  {
    try DurableFile.replace(path, with: Data("old".utf8))
    #expect(throws: DurableFile.Failure.self) {
      try DurableFile.replace(path, with: Data("new".utf8), calls: recorded(Trace(), failing: call))
    }
    #expect(try Data(contentsOf: URL(filePath: path)) == Data("new".utf8))
  }

  /// A write may take less than it was given, or be interrupted.
  @Test func shortWritesAreContinued() throws {
    var calls = DurableFile.Calls.system
    let write = calls.write
    var turn = 0
    calls.write = { file, bytes in
      turn += 1
      if turn % 3 == 0 {
        errno = EINTR
        return -1
      }
      return write(file, UnsafeRawBufferPointer(rebasing: bytes.prefix(7)))
    }
    let data = Data((0..<1000).map { UInt8($0 % 251) })
    try DurableFile.replace(path, with: data, calls: calls)
    #expect(try Data(contentsOf: URL(filePath: path)) == data)
  }

  @Test func aLinkLeadsToTheFileThatKeepsItsPermissions() throws {
    let target = folder.file("target").path
    try DurableFile.replace(target, with: Data("old".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: target)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    try DurableFile.replace(path, with: Data("new".utf8))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == target)
    #expect(try Data(contentsOf: URL(filePath: target)) == Data("new".utf8))
    let mode = try FileManager.default.attributesOfItem(atPath: target)[.posixPermissions] as? NSNumber
    #expect(mode?.intValue == 0o600)
  }

  @Test func whatIsNoFileIsNotReplaced() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(throws: DurableFile.Failure.self) { try DurableFile.replace(path, with: Data("new".utf8)) }
    #expect(throws: DurableFile.Failure.self) { try DurableFile.replace("/dev/null", with: Data("new".utf8)) }
  }
}
