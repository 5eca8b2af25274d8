import CSuperCLNIfTI
import Foundation

/// A file being written through libnifti's znzlib under a temporary name, which takes its final name once all
/// of it is written.
final class ZNZOutput {
  /// A file to be written: its name, and what fills it.
  typealias Content = (path: String, body: (ZNZOutput) throws(MedIOError) -> Void)

  private let path: String
  private var handle: znzFile?

  /// Writes files whole, in this order; on an error nothing is left and all destinations stay as they were. Only
  /// between the renames at the end can a pair be half new.
  static func write(_ files: [Content], level: Int) throws(MedIOError) {
    var moves: [(temporary: String, destination: Destination)] = []
    defer { for move in moves { unlink(move.temporary) } }
    for file in files {
      let destination = try Destination(file.path)
      let temporary = destination.temporaryPath
      moves.append((temporary, destination))
      let output = try ZNZOutput(
        temporary, isCompressed: file.path.lowercased().hasSuffix(".gz"), level: level, file.path)
      do throws(MedIOError) {
        try file.body(output)
        try output.close()
      } catch {
        output.abandon()
        throw error
      }
    }
    while let move = moves.first {
      try move.destination.take(move.temporary)
      moves.removeFirst()
    }
  }

  /// Where a file goes.
  struct Destination {
    let path: String
    /// The file itself where `path` is a link to one.
    let target: String
    /// The permissions of the file that is replaced.
    let mode: mode_t?

    init(_ path: String) throws(MedIOError) {
      self.path = path
      var info = stat()
      guard stat(path, &info) == 0 else {
        (target, mode) = (path, nil)
        return
      }
      guard info.st_mode & S_IFMT == S_IFREG else {
        throw MedIOError(.writeFailed, path: path, context: "the destination is not a regular file")
      }
      let real = realpath(path, nil)
      defer { free(real) }
      target = real.map { String(cString: $0) } ?? path
      mode = info.st_mode & 0o777
    }

    /// A name beside the file, another one each time.
    var temporaryPath: String {
      let url = URL(fileURLWithPath: target)
      let name = ".\(url.lastPathComponent).\(UUID().uuidString).tmp"
      return url.deletingLastPathComponent().appendingPathComponent(name).path
    }

    /// Gives a finished file the name, and the permissions of the one that it replaces.
    func take(_ temporary: String) throws(MedIOError) {
      if let mode { chmod(temporary, mode) }
      guard rename(temporary, target) == 0 else {
        throw MedIOError(.writeFailed, path: path, context: systemMessage("cannot rename"))
      }
    }
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
