public import Foundation
public import Tensor

/// Writes volumes slab by slab, in any order, so that values that never stand in memory together, such as the probabilities of
/// many classes, come into one file.
///
///     let writer = try NIfTISlabWriter(url, grid: image.grid, frameCount: classes)
///     try windows.forEachSlab(of: voxels, by: network) { slab in
///       for index in 0..<classes {
///         try writer.write(slab.probabilities.selected(along: -1, at: index), planes: slab.range, frame: index)
///       }
///     }
///     try writer.finish()
///
/// The file is `.nii`, without compression, of 32-bit floats in this machine's byte order, `[frame, depth, height, width]`. It takes its
/// name in ``finish()``; a writer that goes away before leaves nothing. One writer belongs to one thread at a time.
public final class NIfTISlabWriter {
  /// The lengths of one volume and its place.
  public let grid: VolumeGrid
  /// The number of volumes.
  public let frameCount: Int

  private let destination: ZNZOutput.Destination
  private let temporary: String
  private let handle: FileHandle
  private let dataOffset: Int
  private var isWritten: [Bool]
  private var isFinished = false

  /// Opens a file beside the destination and writes its header.
  ///
  /// - Parameters:
  ///   - url: A name that ends in `.nii`.
  ///   - grid: The grid of each volume.
  ///   - frameCount: Volumes.
  ///   - header: Descriptive fields to keep; see ``NIfTI/write(_:to:options:)``.
  /// - Throws: ``MedIOError``: `writeFailed`, also for another ending; `badDimensions` for lengths that the version cannot hold.
  /// - Precondition: at least one volume.
  public init(_ url: URL, grid: VolumeGrid, frameCount: Int = 1, header: NIfTIHeader? = nil)
    throws(MedIOError)
  {
    shapePrecondition(frameCount >= 1, "a file of \(frameCount) volumes")
    guard url.path.lowercased().hasSuffix(".nii") else {
      throw MedIOError(
        .writeFailed, path: url.path,
        context: "slabs go to a file that ends in .nii: others cannot be written in parts")
    }
    let shape = (frameCount == 1 ? [] : [frameCount]) + grid.shape.dimensions
    let encoded = try NIfTIHeader(
      template: header, shape: shape, grid: grid, datatype: .float32, extensions: [], isPair: false,
      path: url.path, options: NIfTIWriteOptions(byteOrder: .native))
    self.grid = grid
    self.frameCount = frameCount
    destination = try ZNZOutput.Destination(url.path)
    temporary = destination.temporaryPath
    dataOffset = Int(encoded.voxOffset)
    isWritten = Array(repeating: false, count: frameCount * grid.depth)
    var bytes = encoded.encoded() + encoded.extensionFlag
    bytes += [UInt8](repeating: 0, count: dataOffset - bytes.count)
    guard FileManager.default.createFile(atPath: temporary, contents: Data(bytes)),
      let opened = FileHandle(forWritingAtPath: temporary)
    else {
      throw MedIOError(.writeFailed, path: url.path, context: systemMessage("cannot create the file"))
    }
    handle = opened
  }

  deinit {
    if !isFinished {
      try? handle.close()
      unlink(temporary)
    }
  }

  /// Writes some planes of a volume.
  ///
  /// - Parameters:
  ///   - values: `[planes, height, width]`.
  ///   - planes: Their indices.
  ///   - frame: The volume.
  /// - Throws: ``MedIOError``: `writeFailed`.
  /// - Precondition: the shape fits, planes and volume exist, and the file is not finished.
  public func write(_ values: Tensor<Float>, planes: Range<Int>, frame: Int = 0) throws(MedIOError) {
    shapePrecondition(
      values.shape == [planes.count, grid.height, grid.width] && (0..<frameCount).contains(frame)
        && planes.lowerBound >= 0 && planes.upperBound <= grid.depth,
      "values \(values.shape) for planes \(planes) of volume \(frame) do not fit \(frameCount) of \(grid.shape)"
    )
    shapePrecondition(!isFinished, "the file \(destination.path) is finished")
    let first = (frame * grid.depth + planes.lowerBound) * grid.height * grid.width
    do {
      try handle.seek(toOffset: UInt64(dataOffset + first * MemoryLayout<Float>.size))
      try values.withUnsafeBufferPointer { try handle.write(contentsOf: Data(UnsafeRawBufferPointer($0))) }
    } catch {
      throw MedIOError(.writeFailed, path: destination.path, context: "writing failed", underlying: error)
    }
    for plane in planes { isWritten[frame * grid.depth + plane] = true }
  }

  /// Gives the file its name.
  ///
  /// - Throws: ``MedIOError``: `writeFailed`.
  /// - Precondition: every plane of every volume was written, and the file is not finished.
  public func finish() throws(MedIOError) {
    let missing = isWritten.count { !$0 }
    shapePrecondition(
      missing == 0 && !isFinished,
      "\(missing) of \(isWritten.count) planes of \(destination.path) are missing")
    do {
      try handle.close()
    } catch {
      throw MedIOError(.writeFailed, path: destination.path, context: "writing failed", underlying: error)
    }
    try destination.take(temporary)
    isFinished = true
  }
}
