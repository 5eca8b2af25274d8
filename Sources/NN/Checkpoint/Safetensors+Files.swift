public import Foundation
import Tensor

extension Safetensors {
  // MARK: Writing

  /// Writes the file whole or not at all, kill and power loss included: to a file beside it, which is synchronised and
  /// then takes its name. Tensors stand in the order of their names, so equal content gives equal bytes.
  ///
  /// - Throws: ``CheckpointError``: `writeFailed`, or what ``data(path:)`` throws.
  public func write(to url: URL) throws(CheckpointError) {
    let data = try data(path: url.path)
    do {
      try DurableFile.replace(url.path, with: data)
    } catch {
      throw CheckpointError(.writeFailed, path: url.path, context: "it cannot be written", underlying: error)
    }
  }

  /// The file's bytes; `path` is for messages.
  ///
  /// - Throws: ``CheckpointError``: `badName` for a tensor named `__metadata__`, which readers would take for the
  ///   metadata; `tooLarge` for a header above the format's 100,000,000 bytes.
  public func data(path: String = "state") throws(CheckpointError) -> Data {
    guard entries[SafetensorsHeader.metadataKey] == nil else {
      throw CheckpointError(
        .badName, path: path,
        context:
          "no tensor can be named \(SafetensorsHeader.metadataKey): the format keeps the name for its text")
    }
    var header = SafetensorsHeader(metadata: metadata)
    var offset = 0
    for (name, entry) in entries {
      header.tensors.append(
        .init(
          name: name, scalarType: entry.scalarType, lengths: entry.shape.dimensions,
          offsets: [offset, offset + entry.bytes.count]))
      offset += entry.bytes.count
    }
    let text = header.text()
    guard text.count <= SafetensorsHeader.limit else {
      throw CheckpointError(
        .tooLarge, path: path,
        context: "a header of \(text.count) bytes, readers take \(SafetensorsHeader.limit) at most")
    }
    var data = Data(capacity: 8 + text.count + offset)
    withUnsafeBytes(of: UInt64(text.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(contentsOf: text)
    for (_, entry) in entries { data.append(contentsOf: entry.bytes) }
    return data
  }

  // MARK: Reading

  /// Reads a file.
  ///
  /// - Throws: ``CheckpointError``: `unreadable`, `truncated`, `badHeader` or `unsupportedScalar`, naming the file and
  ///   the tensor.
  public init(contentsOf url: URL) throws(CheckpointError) {
    let data: Data
    do {
      data = try RegularFile.data(contentsOf: url)
    } catch {
      throw CheckpointError(.unreadable, path: url.path, context: "the file cannot be read")
    }
    try self.init(data, path: url.path)
  }

  /// Reads a file's bytes; `path` is for messages.
  public init(_ data: Data, path: String) throws(CheckpointError) {
    self.init()
    let bytes = [UInt8](data)
    guard bytes.count >= 8 else {
      throw CheckpointError(.truncated, path: path, context: "\(bytes.count) bytes hold no header length")
    }
    let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(SafetensorsHeader.limit) else {
      throw CheckpointError(.badHeader, path: path, context: "header length \(length)")
    }
    let start = 8 + Int(length)
    guard start <= bytes.count else {
      throw CheckpointError(
        .truncated, path: path, context: "header of \(length) bytes in a file of \(bytes.count)")
    }
    let header: SafetensorsHeader
    do {
      header = try SafetensorsHeader(bytes, in: 8..<start)
    } catch {
      throw CheckpointError(.badHeader, path: path, context: "the header: \(error)")
    }
    metadata = header.metadata
    for tensor in header.tensors {
      let range = try tensor.range(of: bytes.count - start, path: path)
      entries[tensor.name] = Entry(
        scalarType: tensor.scalarType, shape: TensorShape(tensor.lengths),
        bytes: Array(bytes[start + range.lowerBound..<start + range.upperBound]))
    }
    try header.checkCoverage(of: bytes.count - start, path: path)
  }
}
