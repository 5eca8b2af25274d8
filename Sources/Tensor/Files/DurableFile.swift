package import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Replaces a file so that at any moment, kill and power loss included, the name leads to the old content or to the new
/// one, whole.
///
/// The content goes to a file beside it, which is synchronised, takes the name, and then the folder is synchronised.
package enum DurableFile {
  /// The calls to the system, in a form that tests can record and make fail; each returns what the system's own does.
  package struct Calls {
    package var open: (_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32
    package var write: (_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int
    package var synchronize: (_ file: Int32) -> Int32
    package var close: (_ file: Int32) -> Int32
    package var rename: (_ old: String, _ new: String) -> Int32
    package var unlink: (_ path: String) -> Int32

    /// The system's.
    package static var system: Calls {
      #if canImport(Glibc)
        Calls(
          open: { Glibc.open($0, $1, $2) }, write: { Glibc.write($0, $1.baseAddress, $1.count) },
          synchronize: { fsync($0) }, close: { Glibc.close($0) }, rename: { Glibc.rename($0, $1) },
          unlink: { Glibc.unlink($0) })
      #else
        Calls(
          open: { Darwin.open($0, $1, $2) }, write: { Darwin.write($0, $1.baseAddress, $1.count) },
          synchronize: { fsync($0) }, close: { Darwin.close($0) }, rename: { Darwin.rename($0, $1) },
          unlink: { Darwin.unlink($0) })
      #endif
    }
  }

  /// The call that failed.
  package struct Failure: Error, CustomStringConvertible {
    /// What was being done.
    package let action: String
    /// The system's number of the error.
    package let number: Int32
    package var description: String { "cannot \(action): \(String(cString: strerror(number)))" }
  }

  /// Writes `data` under the name `path`. After a failure before the new name the old content is untouched. A link leads to
  /// the file that is replaced, which keeps its permissions; what is no file is refused. One writer a path at a time.
  package static func replace(_ path: String, with data: Data, calls: Calls = .system) throws(Failure) {
    let (path, mode) = try target(of: path)
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    let partial = "\(folder)/.\(name).partial"
    let file = retried { calls.open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o666) }
    guard file >= 0 else { throw Failure(action: "make a file beside it", number: errno) }
    do throws(Failure) {
      do throws(Failure) {
        if let mode { _ = fchmod(file, mode) }
        try write(data, to: file, calls)
        guard retried({ calls.synchronize(file) }) == 0 else {
          throw Failure(action: "synchronise it", number: errno)
        }
      } catch {
        _ = calls.close(file)
        throw error
      }
      // An interrupted close has closed the file.
      guard calls.close(file) == 0 || errno == EINTR else { throw Failure(action: "close it", number: errno) }
      guard calls.rename(partial, path) == 0 else { throw Failure(action: "rename it", number: errno) }
    } catch {
      _ = calls.unlink(partial)
      throw error
    }
    let directory = retried { calls.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
    // A folder that may be written but not read cannot be synchronised.
    if directory < 0, errno == EACCES { return }
    guard directory >= 0 else { throw Failure(action: "open its folder", number: errno) }
    defer { _ = calls.close(directory) }
    // Some file systems cannot synchronise a folder and need not: they say EINVAL.
    guard retried({ calls.synchronize(directory) }) == 0 || errno == EINVAL else {
      throw Failure(action: "synchronise its folder", number: errno)
    }
  }

  /// The file that a path leads to, and its permissions where there is one.
  private static func target(of path: String) throws(Failure) -> (path: String, mode: mode_t?) {
    var info = stat()
    guard stat(path, &info) == 0 else { return (path, nil) }
    guard info.st_mode & S_IFMT == S_IFREG else {
      throw Failure(action: "replace what is no regular file", number: EEXIST)
    }
    guard let resolved = realpath(path, nil) else { return (path, info.st_mode & 0o7777) }
    defer { free(resolved) }
    return (String(cString: resolved), info.st_mode & 0o7777)
  }

  /// A call again, as long as a signal interrupts it.
  private static func retried(_ call: () -> Int32) -> Int32 {
    while true {
      let result = call()
      if result != -1 || errno != EINTR { return result }
    }
  }

  private static func write(_ data: Data, to file: Int32, _ calls: Calls) throws(Failure) {
    var failure: Failure?
    data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = calls.write(file, UnsafeRawBufferPointer(rebasing: rest))
        if count < 0 {
          if errno == EINTR { continue }
          failure = Failure(action: "write it", number: errno)
          return
        }
        guard count > 0 else {
          failure = Failure(action: "write it", number: ENOSPC)
          return
        }
        rest = rest.dropFirst(count)
      }
    }
    if let failure { throw failure }
  }
}
