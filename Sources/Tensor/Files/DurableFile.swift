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

  /// Writes `data` under the name `path`. After a failure before the new name the old content is untouched.
  package static func replace(_ path: String, with data: Data, calls: Calls = .system) throws(Failure) {
    let url = URL(filePath: path)
    let folder = url.deletingLastPathComponent().path
    let partial = url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).partial").path
    let file = calls.open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw Failure(action: "make a file beside it", number: errno) }
    do throws(Failure) {
      do throws(Failure) {
        try write(data, to: file, calls)
        guard calls.synchronize(file) == 0 else { throw Failure(action: "synchronise it", number: errno) }
      } catch {
        _ = calls.close(file)
        throw error
      }
      guard calls.close(file) == 0 else { throw Failure(action: "close it", number: errno) }
      guard calls.rename(partial, path) == 0 else { throw Failure(action: "rename it", number: errno) }
    } catch {
      _ = calls.unlink(partial)
      throw error
    }
    let directory = calls.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    guard directory >= 0 else { throw Failure(action: "open its folder", number: errno) }
    defer { _ = calls.close(directory) }
    // Some file systems cannot synchronise a folder and need not: they say EINVAL.
    guard calls.synchronize(directory) == 0 || errno == EINVAL else {
      throw Failure(action: "synchronise its folder", number: errno)
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
        rest = rest.dropFirst(count)
      }
    }
    if let failure { throw failure }
  }
}
