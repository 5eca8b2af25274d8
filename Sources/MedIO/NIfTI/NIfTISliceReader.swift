public import Foundation
public import Tensor

/// Reads one slice at a time, so that a volume larger than memory, or one slice of many files, costs no more
/// than that slice.
///
/// A slice of a plain file takes the same time whatever the volume's size. A gzip stream can only be read
/// forward: slices asked for in ascending order cost one decompression in all, and each step back begins a
/// new one. After the last slice the rest of the stream is read, so that its checksum counts.
///
///     let reader = try NIfTISliceReader(url)
///     for k in 0..<reader.depth {
///       let slice = try reader.slice(Float.self, at: k)   // [height, width]
///     }
///
/// One reader belongs to one thread at a time.
public final class NIfTISliceReader {
  /// The checked header, in which repairs are in place.
  public var header: NIfTIHeader { source.plan.header }
  public var extensions: [NIfTIExtension] { source.extensions }
  /// The lengths of one volume and its place.
  public let grid: VolumeGrid
  /// The form of the header that the grid's place came from: `.sform`, `.qform` or `.voxelSizes`.
  public var affineSource: NIfTIReadOptions.AffineSource { source.plan.affineSource }
  /// The number of planes of a volume.
  public var depth: Int { grid.depth }
  /// The number of volumes.
  public let frameCount: Int
  /// What was noticed so far; complete after the last slice or ``verify()``, but for voxels that are not finite,
  /// which are counted in the slices that were read.
  public var warnings: [MedIOWarning] {
    let found = nonFinite.values.reduce(into: NonFiniteVoxels()) { $0.formUnion($1) }
    // What the options refuse was thrown with its slice.
    return noted + ((try? source.judged(found)) ?? [])
  }
  /// How many bytes of voxels were decompressed or read so far.
  public private(set) var processedByteCount = 0

  private var noted: [MedIOWarning]
  /// The voxels that are not finite, by frame and plane: a slice that is read twice counts once.
  private var nonFinite: [Int: NonFiniteVoxels] = [:]
  private var source: NIfTISource
  private let url: URL
  private var isVerified = false
  private var isStarted = false

  /// Opens a file and checks its header; no voxel is read.
  public init(_ url: URL, options: NIfTIReadOptions = .init()) throws(MedIOError) {
    self.url = url
    source = try NIfTISource.reading(url.path, options: options) { $0 }
    let plan = source.plan
    grid = VolumeGrid(
      depth: plan.lengths[2], height: plan.lengths[1], width: plan.lengths[0], affine: plan.affine)
    frameCount = plan.lengths[3...].reduce(1, *)
    noted = plan.warnings
  }

  /// The plane at index `plane` (k): `[height, width]`, or `[height, width, component]`.
  ///
  /// - Parameters:
  ///   - scalar: the type of the values, as for ``NIfTI/read(_:from:values:options:)``.
  ///   - plane: 0..<``depth``.
  ///   - frame: 0..<``frameCount``.
  ///   - values: scaled or stored values.
  /// - Precondition: both indices are in range.
  public func slice<Scalar: TensorNumericScalar>(
    _ scalar: Scalar.Type, at plane: Int, frame: Int = 0, values: NIfTI.Values = .scaled
  ) throws(MedIOError) -> Tensor<Scalar> {
    shapePrecondition(
      (0..<depth).contains(plane) && (0..<frameCount).contains(frame),
      "plane \(plane) of \(depth), frame \(frame) of \(frameCount)")
    guard let kind = ScalarKind(scalar) else {
      shapePreconditionFailure("no file holds scalars of type \(Scalar.scalarName)")
    }
    return try salvaging { () throws(MedIOError) in
      try read(scalar, kind, plane, frame, values)
    }
  }

  /// Runs `body`; where a damaged gzip may be repaired and `body` meets one, once more with what is in it.
  private func salvaging<Result>(_ body: () throws(MedIOError) -> Result) throws(MedIOError) -> Result {
    do throws(MedIOError) {
      return try body()
    } catch {
      guard case .corruptGzip = error.code, source.options.repairs.contains(.corruptGzip) else { throw error }
      let salvage = try GzipSalvage(of: error, limits: source.options.limits)
      source = try NIfTISource(
        path: url.path, options: source.options, salvages: source.salvages + [salvage])
      isStarted = false
      note(source.plan.warnings)
      return try body()
    }
  }

  private func read<Scalar: TensorNumericScalar>(
    _ scalar: Scalar.Type, _ kind: ScalarKind, _ plane: Int, _ frame: Int, _ values: NIfTI.Values
  ) throws(MedIOError) -> Tensor<Scalar> {
    let plan = source.plan
    let count = grid.height * grid.width * plan.datatype.componentCount
    if !isStarted {
      try source.beginVoxels(valueCount: count, bytesPerValue: kind.byteCount)
      isStarted = true
    }
    let first = (frame * depth + plane) * count
    let byteCount = count * plan.datatype.component.byteCount
    try seek(to: plan.dataOffset + first * plan.datatype.component.byteCount)
    let components = plan.datatype.componentCount
    let shape: TensorShape =
      components == 1 ? [grid.height, grid.width] : [grid.height, grid.width, components]
    let scaling = values == .scaled ? plan.scaling : .identity
    let result = try Tensor<Scalar>(shape: shape) { (buffer) throws(MedIOError) in
      var stream = NIfTIVoxelStream(source: source, scaling: scaling)
      try stream.read(into: UnsafeMutableRawBufferPointer(buffer), kind: kind, first: first)
      note(stream.warnings)
      nonFinite[frame * depth + plane] = stream.nonFinite
    }
    if let found = nonFinite[frame * depth + plane] { _ = try source.judged(found) }
    processedByteCount += byteCount
    if first + count == plan.valueCount && !isVerified {
      note(try source.finish())
      isVerified = true
    }
    return result
  }

  /// Reads the rest of the file, without keeping it: a gzip stream's checksum is looked at only at its end.
  public func verify() throws(MedIOError) {
    guard !isVerified else { return }
    note(try salvaging { () throws(MedIOError) in try source.finish() })
    isVerified = true
  }

  private func seek(to target: Int) throws(MedIOError) {
    let file = source.file
    if file.position == target { return }
    if file.isCompressed && file.position > target { try file.rewind() }
    let before = file.position
    let reached = try file.skip(to: target)
    if file.isCompressed { processedByteCount += reached - before }
    guard reached == target || source.fillsMissing else {
      throw source.truncated(got: max(0, reached - source.plan.dataOffset))
    }
  }

  private func note(_ news: [MedIOWarning]) {
    for warning in news where !noted.contains(warning) { noted.append(warning) }
  }
}
