package import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reading of whole files that are files: a pipe is refused before it is opened, since opening it waits for a writer.
package enum RegularFile {
  /// The content of a file.
  ///
  /// - Throws: a POSIX error: no such file, or what is there is a folder, a pipe or a device (`EINVAL`).
  package static func data(contentsOf url: URL) throws -> Data {
    var info = stat()
    guard stat(url.path, &info) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .ENOENT) }
    guard info.st_mode & S_IFMT == S_IFREG else { throw POSIXError(.EINVAL) }
    return try Data(contentsOf: url)
  }
}
