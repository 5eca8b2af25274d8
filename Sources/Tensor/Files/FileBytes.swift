import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// All bytes of a regular file. Pipes and devices are refused before they are opened, since opening a pipe
/// waits for a writer.
func readFile(_ path: String) throws(NumPyError) -> [UInt8] {
  var info = stat()
  guard stat(path, &info) == 0 else {
    throw NumPyError(
      errno == ENOENT ? .notFound : .unreadable, path: path, context: String(cString: strerror(errno)))
  }
  guard info.st_mode & S_IFMT == S_IFREG else {
    throw NumPyError(.notRegularFile, path: path, context: "it is a directory, a pipe or a device")
  }
  guard let file = fopen(path, "rb") else {
    throw NumPyError(.unreadable, path: path, context: String(cString: strerror(errno)))
  }
  defer { fclose(file) }
  let size = Int(info.st_size)
  let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    count = fread(buffer.baseAddress, 1, size, file)
  }
  guard bytes.count == size else {
    throw NumPyError(.unreadable, path: path, context: "\(bytes.count) of \(size) bytes could be read")
  }
  return bytes
}

/// Writes a file that appears whole or not at all.
func writeFile(_ bytes: [UInt8], to path: String) throws(NumPyError) {
  do {
    try DurableFile.replace(path, with: Data(bytes))
  } catch {
    throw NumPyError(.writeFailed, path: path, context: "it cannot be written", underlying: error)
  }
}
