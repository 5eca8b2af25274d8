import CSuperCLNIfTI
import Foundation

/// A file open for reading through libnifti's znzlib, which hides whether it is compressed. Closed when the
/// last reference goes.
final class ZNZFile {
  let path: String
  /// The size on disk in bytes.
  let fileSize: Int
  /// Whether the first bytes are gzip's, whatever the name says.
  let isCompressed: Bool
  /// The number of (uncompressed) bytes read or skipped so far.
  private(set) var position = 0

  private var handle: znzFile?

  /// Opens a regular file. Pipes and devices are refused before they are opened, which could block.
  ///
  /// - Parameter content: where its content is read from instead, when the file itself is damaged.
  init(reading original: String, from content: String? = nil) throws(MedIOError) {
    self.path = original
    let path = content ?? original
    var info = stat()
    guard stat(path, &info) == 0 else {
      if errno == ENOENT || errno == ENOTDIR {
        throw MedIOError(.notFound, path: path, context: "no such file")
      }
      throw MedIOError(.unreadable, path: path, context: systemMessage("cannot look at the file"))
    }
    guard info.st_mode & S_IFMT == S_IFREG else {
      throw MedIOError(.notRegularFile, path: path, context: "not a regular file")
    }
    fileSize = Int(info.st_size)
    guard let plain = znzopen(path, "rb", 0) else {
      throw MedIOError(.unreadable, path: path, context: systemMessage("cannot open the file"))
    }
    handle = plain
    var magic: [UInt8] = [0, 0]
    let got = znzread(&magic, 1, 2, plain)
    isCompressed = got == 2 && magic == [0x1f, 0x8b]
    if isCompressed {
      Xznzclose(&handle)
      guard let compressed = znzopen(path, "rb", 1) else {
        throw MedIOError(.unreadable, path: path, context: systemMessage("cannot open the file"))
      }
      handle = compressed
      // Fewer, larger reads; before the first one.
      gzbuffer(compressed.pointee.zfptr, 1 << 17)
    } else {
      znzrewind(plain)
    }
  }

  deinit { if handle != nil { Xznzclose(&handle) } }

  /// Reads up to `buffer.count` bytes; fewer only at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(MedIOError) -> Int {
    guard let handle, let base = buffer.baseAddress, !buffer.isEmpty else { return 0 }
    let got = znzread(base, 1, buffer.count, handle)
    // znzread hands gzread's -1 through.
    guard got >= 0 && got <= buffer.count else {
      try throwGzipFault()
      throw MedIOError(.unreadable, path: path, context: "reading failed at byte \(position)")
    }
    position += got
    if got < buffer.count {
      if isCompressed {
        try throwGzipFault()
      } else if ferror(handle.pointee.nzfptr) != 0 {
        throw MedIOError(
          .unreadable, path: path, context: systemMessage("reading failed at byte \(position)"))
      }
    }
    return got
  }

  /// Reads up to `count` bytes.
  func read(count: Int) throws(MedIOError) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { buffer.deallocate() }
    let got = try read(into: buffer)
    return Array(buffer[..<got])
  }

  /// Goes forward to `target` (uncompressed), reading through a compressed file; returns where it got to.
  func skip(to target: Int, bound: Int = .max) throws(MedIOError) -> Int {
    if !isCompressed {
      let reachable = min(target, fileSize)
      guard znzseek(handle, reachable, SEEK_SET) >= 0 else {
        throw MedIOError(.unreadable, path: path, context: systemMessage("cannot seek to byte \(target)"))
      }
      position = reachable
      return position
    }
    let chunk = UnsafeMutableRawBufferPointer.allocate(
      byteCount: NIfTIVoxelStream.chunkByteCount, alignment: 64)
    defer { chunk.deallocate() }
    while position < target {
      if position > bound {
        throw MedIOError(
          .exceedsLimit, path: path,
          context: "the gzip stream of \(fileSize) bytes expands to more than \(bound)")
      }
      let wanted = UnsafeMutableRawBufferPointer(rebasing: chunk[..<min(chunk.count, target - position)])
      if try read(into: wanted) < wanted.count { break }
    }
    return position
  }

  /// Starts over from the first byte.
  func rewind() throws(MedIOError) {
    guard znzrewind(handle) >= 0 else {
      throw MedIOError(.unreadable, path: path, context: systemMessage("cannot rewind"))
    }
    position = 0
  }

  /// zlib's own verdict on the stream. Z_BUF_ERROR means that the file ended inside a member.
  private func throwGzipFault() throws(MedIOError) {
    guard isCompressed, let stream = handle?.pointee.zfptr else { return }
    var code: Int32 = 0
    let message = gzerror(stream, &code).map { String(cString: $0) } ?? ""
    guard code != Z_OK && code != Z_STREAM_END else { return }
    let fault: MedIOError.GzipFault
    switch code {
    case Z_BUF_ERROR: fault = .truncated
    case Z_ERRNO: throw MedIOError(.unreadable, path: path, context: systemMessage("reading failed"))
    case Z_MEM_ERROR: throw MedIOError(.unreadable, path: path, context: "no memory for decompression")
    default:
      fault =
        message.contains("data check")
        ? .checksumMismatch : message.contains("length check") ? .lengthMismatch : .invalidData
    }
    // zlib puts the path in front of its message.
    let reason = message.components(separatedBy: ": ").last ?? message
    throw MedIOError(
      .corruptGzip(fault), path: path, context: "corrupt gzip after \(position) bytes: \(reason)")
  }
}

func systemMessage(_ what: String) -> String { what + ": " + String(cString: strerror(errno)) }
