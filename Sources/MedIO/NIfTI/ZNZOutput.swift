import CSuperCLNIfTI
import Foundation

/// A file being written through libnifti's znzlib under a temporary name, which takes its final name once
/// everything is on disk.
final class ZNZOutput {
  private let path: String
  private var handle: znzFile?

  /// Writes a file whole: `body` fills it; on an error nothing is left and the destination stays as it was.
  static func write(
    to path: String, level: Int, _ body: (ZNZOutput) throws(MedIOError) -> Void
  ) throws(MedIOError) {
    var info = stat()
    if stat(path, &info) == 0 && info.st_mode & S_IFMT != S_IFREG {
      throw MedIOError(.writeFailed, path: path, context: "the destination is not a regular file")
    }
    let url = URL(fileURLWithPath: path)
    let name = ".\(url.lastPathComponent).\(UUID().uuidString).tmp"
    let temporary = url.deletingLastPathComponent().appendingPathComponent(name).path
    var isDone = false
    defer { if !isDone { unlink(temporary) } }
    let output = try ZNZOutput(
      temporary, isCompressed: path.lowercased().hasSuffix(".gz"), level: level, path)
    do throws(MedIOError) {
      try body(output)
      try output.close()
    } catch {
      output.abandon()
      throw error
    }
    guard rename(temporary, path) == 0 else {
      throw MedIOError(.writeFailed, path: path, context: systemMessage("cannot rename"))
    }
    isDone = true
  }

  private init(_ temporary: String, isCompressed: Bool, level: Int, _ path: String) throws(MedIOError) {
    self.path = path
    guard let opened = znzopen(temporary, isCompressed ? "wb\(level)" : "wb", isCompressed ? 1 : 0) else {
      throw MedIOError(.writeFailed, path: path, context: systemMessage("cannot create the file"))
    }
    if isCompressed { gzbuffer(opened.pointee.zfptr, 1 << 17) }
    handle = opened
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(MedIOError) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    guard znzwrite(base, 1, bytes.count, handle) == bytes.count else {
      throw MedIOError(.writeFailed, path: path, context: systemMessage("writing failed"))
    }
  }

  func write(_ bytes: [UInt8]) throws(MedIOError) {
    let isWritten = bytes.withUnsafeBytes { buffer in
      buffer.baseAddress.map { znzwrite($0, 1, buffer.count, handle) == buffer.count } ?? true
    }
    guard isWritten else {
      throw MedIOError(.writeFailed, path: path, context: systemMessage("writing failed"))
    }
  }

  private func close() throws(MedIOError) {
    if handle != nil, Xznzclose(&handle) != 0 {
      throw MedIOError(.writeFailed, path: path, context: systemMessage("writing failed"))
    }
  }

  private func abandon() { if handle != nil { Xznzclose(&handle) } }
}
