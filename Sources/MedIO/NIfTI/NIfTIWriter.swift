import CSuperCLNIfTI
public import Foundation
public import Tensor

/// How a volume is stored.
public struct NIfTIWriteOptions: Hashable, Sendable {
  /// NIfTI-1 or -2; `nil` keeps the version of the volume's header, or takes NIfTI-1 where the lengths allow.
  public var version: NIfTIHeader.Version?
  /// `nil` keeps the order of the volume's header, or takes this machine's.
  public var byteOrder: NIfTIByteOrder?
  /// The stored type; `nil` takes the tensor's. Every value must exist in it exactly; only floating-point
  /// types round, and no finite number becomes infinite.
  public var datatype: NIfTIDatatype?
  /// zlib's level for names that end in `.gz`: 1 (fast) to 9 (small).
  public var compressionLevel: Int

  /// - Precondition: `compressionLevel` is in 1...9.
  public init(
    version: NIfTIHeader.Version? = nil, byteOrder: NIfTIByteOrder? = nil, datatype: NIfTIDatatype? = nil,
    compressionLevel: Int = 3
  ) {
    shapePrecondition((1...9).contains(compressionLevel), "a compression level of \(compressionLevel)")
    self.version = version
    self.byteOrder = byteOrder
    self.datatype = datatype
    self.compressionLevel = compressionLevel
  }
}

extension NIfTI {
  /// Writes a volume; the name decides about the kind (`.nii`, `.hdr`/`.img`) and compression (`.gz`).
  ///
  /// The file appears whole or not at all: it is written beside the destination under another name and then
  /// renamed. A volume that was read keeps the fields of its header and its extensions; affine, lengths, type
  /// and offset are set from the volume. The affine of a volume without header, or with another affine than
  /// its header's, is written as sform, and as qform where it is not sheared.
  ///
  /// A link is followed, and a file that is replaced keeps its permissions.
  ///
  /// The header is read back before the first byte is written: NIfTI-1 holds 32-bit numbers, in which a voxel of 1e-46
  /// mm has no size and a voxel of 1 mm at 1e9 mm lies tens of voxels away. What ``read(_:from:values:options:)`` would
  /// refuse, or find with other sizes or more than half a voxel off, is not written. ``NIfTIReadLimits`` are the
  /// reader's alone: extensions of more than 64 MiB, or a gzip stream of little but zeros, need higher ones.
  ///
  /// - Throws: ``MedIOError`` with the code `writeFailed`, also for a number of the header that the version
  ///   cannot hold or that a reader would refuse; `unrepresentableValue` for a value that does not exist in `options.datatype`;
  ///   `badDimensions` for lengths that the version cannot hold.
  public static func write<Scalar: TensorNumericScalar>(
    _ volume: Volume<Scalar>, to url: URL, options: NIfTIWriteOptions = .init()
  ) throws(MedIOError) {
    let pair = NIfTIFilePair(writing: url.path)
    let writer = try NIfTIWriter(volume, isPair: pair.isPair, path: url.path, options: options)
    let header: ZNZOutput.Content = (
      pair.headerPath, { (output) throws(MedIOError) in try writer.writeHeader(to: output) }
    )
    let voxels: ZNZOutput.Content = (
      pair.dataPath, { (output) throws(MedIOError) in try writer.writeVoxels(volume, to: output) }
    )
    // Of a pair the header comes last: a reader that finds it finds the voxels too.
    let files: [ZNZOutput.Content] =
      pair.isPair
      ? [voxels, header]
      : [
        (
          pair.headerPath,
          { (output) throws(MedIOError) in
            try writer.writeHeader(to: output)
            try writer.writeVoxels(volume, to: output)
          }
        )
      ]
    try ZNZOutput.write(files, level: options.compressionLevel)
  }
}

/// The header to be written, and how the voxels are stored.
struct NIfTIWriter {
  let header: NIfTIHeader
  let extensions: [NIfTIExtension]
  let datatype: NIfTIDatatype
  let kind: ScalarKind
  let path: String

  init<Scalar: TensorNumericScalar>(
    _ volume: Volume<Scalar>, isPair: Bool, path: String, options: NIfTIWriteOptions
  ) throws(MedIOError) {
    guard let kind = ScalarKind(Scalar.self) else {
      shapePreconditionFailure("no file holds scalars of type \(Scalar.scalarName)")
    }
    self.kind = kind
    self.path = path
    datatype = try Self.datatype(for: kind, volume.componentCount, volume.header, path, options)
    extensions = volume.extensions
    header = try NIfTIHeader(
      writing: volume, datatype: datatype, extensions: extensions, isPair: isPair, path: path,
      options: options)
  }

  /// The index of the first finite 64-bit number that became infinite in 32 bits.
  private func firstOverflow(
    _ source: UnsafeRawPointer, _ target: UnsafeRawPointer, count: Int
  ) -> Int? {
    guard kind == .float64 && datatype.component == .float32 else { return nil }
    let (values, stored) = (
      source.assumingMemoryBound(to: Double.self), target.assumingMemoryBound(to: Float.self)
    )
    return (0..<count).first { stored[$0].isInfinite && values[$0].isFinite }
  }

  private static func datatype(
    for kind: ScalarKind, _ components: Int, _ header: NIfTIHeader?, _ path: String,
    _ options: NIfTIWriteOptions
  ) throws(MedIOError) -> NIfTIDatatype {
    let fitting = NIfTIDatatype.allCases.filter { $0.componentCount == components }
    let chosen = options.datatype ?? fitting.first { $0.component == kind }
    guard let chosen, chosen.componentCount == components else {
      let what = options.datatype.map { "as \($0)" } ?? "of \(kind.rawValue)"
      throw MedIOError(
        .unsupportedDatatype, path: path, context: "\(components) components a voxel cannot be stored \(what)"
      )
    }
    return chosen
  }

  func writeHeader(to output: ZNZOutput) throws(MedIOError) {
    var bytes = header.encoded() + header.extensionFlag
    for item in extensions { bytes += item.encoded(in: header.byteOrder) }
    let room = Int(header.voxOffset) - bytes.count
    if room > 0 { bytes += [UInt8](repeating: 0, count: room) }
    try output.write(bytes)
  }

  func writeVoxels<Scalar>(_ volume: Volume<Scalar>, to output: ZNZOutput) throws(MedIOError) {
    let stored = datatype.component
    let swaps = header.byteOrder != .native && stored.byteCount > 1
    try volume.voxels.withUnsafeBufferPointer { (voxels) throws(MedIOError) in
      let source = UnsafeRawBufferPointer(voxels)
      guard let base = source.baseAddress else { return }
      if stored == kind && !swaps {
        try output.write(source)
        return
      }
      let perChunk = NIfTIVoxelStream.chunkByteCount / stored.byteCount
      let chunk = UnsafeMutableRawPointer.allocate(byteCount: NIfTIVoxelStream.chunkByteCount, alignment: 64)
      defer { chunk.deallocate() }
      var done = 0
      while done < voxels.count {
        let next = min(perChunk, voxels.count - done)
        let source = base + done * kind.byteCount
        let failure =
          ScalarConversion.convert(source, kind, to: chunk, stored, count: next)
          ?? firstOverflow(source, chunk, count: next)
        if let failure {
          throw MedIOError(
            .unrepresentableValue, path: path,
            context:
              "the value \(voxels[done + failure]) at position \(done + failure) does not exist in \(datatype)"
          )
        }
        if swaps { ScalarConversion.swapBytes(chunk, stored, count: next) }
        try output.write(UnsafeRawBufferPointer(start: chunk, count: next * stored.byteCount))
        done += next
      }
    }
  }
}
