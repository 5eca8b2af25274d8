import CSuperCLNIfTI
import Foundation

/// Looks for bytes behind a gzip stream, which zlib's file layer passes over in silence.
enum GzipTrailer {
  /// The number of bytes behind the last gzip member of a file that was read to its end.
  ///
  /// A file of one member ends with the length of its content, which costs one look; only where that does not
  /// fit (several members, or bytes behind them) the members are walked through. Memory is constant.
  static func bytesBehindStream(of file: ZNZFile) throws(MedIOError) -> Int {
    guard let descriptor = fopen(file.path, "rb") else {
      throw MedIOError(.unreadable, path: file.path, context: systemMessage("cannot open the file"))
    }
    defer { fclose(descriptor) }
    var tail: [UInt8] = [0, 0, 0, 0]
    if fseek(descriptor, -4, SEEK_END) == 0, fread(&tail, 1, 4, descriptor) == 4 {
      let length = tail.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      if length == UInt32(truncatingIfNeeded: file.position) { return 0 }
    }
    return try walk(descriptor, file)
  }

  private static func walk(_ descriptor: UnsafeMutablePointer<FILE>, _ file: ZNZFile) throws(MedIOError)
    -> Int
  {
    rewind(descriptor)
    var stream = z_stream()
    guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw MedIOError(.unreadable, path: file.path, context: "no memory for decompression")
    }
    defer { inflateEnd(&stream) }
    let size = 1 << 16
    let input = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
    let output = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
    defer {
      input.deallocate()
      output.deallocate()
    }
    /// Compressed bytes up to the end of the last whole member, and up to where inflation stands.
    var (end, consumed) = (0, 0)
    var status = Z_OK
    refill: while true {
      let got = fread(input, 1, size, descriptor)
      guard got > 0 else { break }
      stream.next_in = input
      stream.avail_in = UInt32(got)
      while stream.avail_in > 0 {
        stream.next_out = output
        stream.avail_out = UInt32(size)
        let before = stream.avail_in
        status = inflate(&stream, Z_NO_FLUSH)
        consumed += Int(before - stream.avail_in)
        if status == Z_STREAM_END {
          end = consumed
          inflateReset(&stream)
        } else if status != Z_OK {
          break refill
        }
      }
    }
    return file.fileSize - end
  }
}
