import CSuperCLNIfTI
import Foundation

/// What can be got out of a damaged gzip stream, in a temporary file that goes when the value does.
///
/// zlib's file layer throws away what it inflated before it met the damage; inflating by hand keeps it. Used
/// only where ``NIfTIRepairs/corruptGzip`` allows it, after the ordinary way has failed.
final class GzipSalvage {
  /// The damaged file.
  let original: String
  /// Where its content is.
  let path: String
  /// The fault that was met.
  let fault: MedIOError

  init(of fault: MedIOError, limits: NIfTIReadLimits) throws(MedIOError) {
    self.fault = fault
    original = fault.path
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("medio-\(UUID().uuidString).salvage").path
    guard let input = fopen(original, "rb") else {
      throw MedIOError(.unreadable, path: original, context: systemMessage("cannot open the file"))
    }
    defer { fclose(input) }
    // For this user's eyes alone, whatever the umask.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0, let output = fdopen(descriptor, "wb") else {
      throw MedIOError(.unreadable, path: original, context: systemMessage("cannot create \(path)"))
    }
    defer { fclose(output) }
    fseek(input, 0, SEEK_END)
    let bound = limits.expansionBound(ofGzip: ftell(input))
    rewind(input)
    try inflateAll(input, output, bound)
  }

  deinit { unlink(path) }

  private func inflateAll(
    _ input: UnsafeMutablePointer<FILE>, _ output: UnsafeMutablePointer<FILE>, _ bound: Int
  ) throws(MedIOError) {
    var stream = z_stream()
    guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw MedIOError(.unreadable, path: original, context: "no memory for decompression")
    }
    defer { inflateEnd(&stream) }
    let size = 1 << 16
    let chunk = UnsafeMutablePointer<UInt8>.allocate(capacity: 2 * size)
    defer { chunk.deallocate() }
    let inflated = chunk + size
    var total = 0
    while true {
      let got = fread(chunk, 1, size, input)
      guard got > 0 else { return }
      stream.next_in = chunk
      stream.avail_in = UInt32(got)
      repeat {
        stream.next_out = inflated
        stream.avail_out = UInt32(size)
        let status = inflate(&stream, Z_NO_FLUSH)
        let made = size - Int(stream.avail_out)
        total += made
        guard total <= bound else {
          throw MedIOError(.exceedsLimit, path: original, context: "expands to more than \(bound) bytes")
        }
        guard fwrite(inflated, 1, made, output) == made else {
          throw MedIOError(.unreadable, path: original, context: systemMessage("cannot write \(path)"))
        }
        if status == Z_STREAM_END {
          inflateReset(&stream)
        } else if status != Z_OK && status != Z_BUF_ERROR {
          return
        }
      } while stream.avail_in > 0 || stream.avail_out == 0
    }
  }
}
