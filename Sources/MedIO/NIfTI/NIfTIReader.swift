public import Foundation
public import Tensor

/// NIfTI-1 and NIfTI-2 files: `.nii`, `.nii.gz`, and pairs of `.hdr` and `.img`.
///
/// The header is read and checked here; the voxels come through libnifti's file layer with byte counts of
/// our own, to the end of a gzip stream, so that its checksum counts. A file that lies about itself gives a
/// ``MedIOError``; nothing is filled in, clamped or printed.
///
///     let volume = try NIfTI.read(Float.self, from: url)
///     let labels = try NIfTI.readLabels(from: labelsURL)
///     try NIfTI.write(labels, to: outputURL)
///
/// DICOM is out of scope: convert a series first, for example with dcm2niix (`dcm2niix -z y folder`).
public enum NIfTI {
  /// Which numbers a reader returns.
  public enum Values: Hashable, Sendable {
    /// The true values: `scl_slope` x stored value + `scl_inter`, as HU or the like.
    case scaled
    /// The numbers as stored; the header keeps slope and intercept.
    case stored
  }

  /// Reads a volume.
  ///
  /// - Parameters:
  ///   - scalar: the type of the values. A floating-point type takes any file, rounding to the nearest; NaN
  ///     and infinities stay, with a warning, unless `options.nonFinite` says otherwise. An integer type takes
  ///     whole numbers that it has. A slope in 32 bits makes 2.9999999993 of a 3: a value within 1e-6 of a whole
  ///     number, relative to the terms that it is the sum of and at most .01, is that number.
  ///   - url: `.nii`, `.nii.gz`, `.hdr` or `.img`; compression is told by content.
  ///   - values: scaled or stored values. Colors are never scaled.
  ///   - options: affine source, repairs, limits, values that are not finite.
  /// - Returns: the volume, `[..., depth, height, width]`; its header and extensions; its warnings.
  /// - Throws: ``MedIOError``. A value that `scalar` cannot hold: `unrepresentableValue`. Values that are not
  ///   finite, where `options.nonFinite` refuses them: `nonFiniteVoxels`.
  ///
  /// Takes memory for the result and less than 1 MB beside it.
  public static func read<Scalar: TensorNumericScalar>(
    _ scalar: Scalar.Type, from url: URL, values: Values = .scaled, options: NIfTIReadOptions = .init()
  ) throws(MedIOError) -> Volume<Scalar> {
    try NIfTISource.reading(url.path, options: options) { (source) throws(MedIOError) in
      try source.readVolume(scalar, values: values)
    }
  }

  /// Reads a segmentation: one volume of whole numbers.
  ///
  /// A file of floating-point or scaled numbers is fine as long as every value is a whole number, but for the
  /// rounding of 32-bit numbers (see ``read(_:from:values:options:)``); a label of 1.5 or NaN is an error that names
  /// it, and so is 1.00004, half a quantization step of a 16-bit file beside 1.
  public static func readLabels(
    from url: URL, options: NIfTIReadOptions = .init()
  ) throws(MedIOError) -> Volume<Int32> {
    let volume = try read(Int32.self, from: url, options: options)
    guard volume.rank == 3 && volume.componentCount == 1 else {
      throw MedIOError(
        .badDimensions, path: url.path,
        context: "a label map has three axes, this file has the shape \(volume.voxels.shape)")
    }
    return volume
  }

  /// What a file holds, without its voxels.
  public struct Information: Hashable, Sendable {
    /// The header, in which repairs are in place.
    public let header: NIfTIHeader
    public let extensions: [NIfTIExtension]
    /// The type of the stored values.
    public let datatype: NIfTIDatatype
    /// The shape that ``NIfTI/read(_:from:values:options:)`` would return.
    public let shape: TensorShape
    public let affine: VoxelAffine
    /// The form of the header that the affine came from: `.sform`, `.qform` or `.voxelSizes`.
    public let affineSource: NIfTIReadOptions.AffineSource
    public let warnings: [MedIOWarning]
  }

  /// Reads header and extensions alone. Whether the voxels are all there is not looked at.
  public static func readInformation(
    from url: URL, options: NIfTIReadOptions = .init()
  ) throws(MedIOError) -> Information {
    try NIfTISource.reading(url.path, options: options) { source in
      Information(
        header: source.plan.header, extensions: source.extensions, datatype: source.plan.datatype,
        shape: TensorShape(source.plan.shape), affine: source.plan.affine,
        affineSource: source.plan.affineSource, warnings: source.plan.warnings)
    }
  }
}

extension NIfTISource {
  func readVolume<Scalar: TensorNumericScalar>(
    _ scalar: Scalar.Type, values: NIfTI.Values
  ) throws(MedIOError) -> Volume<Scalar> {
    guard let kind = ScalarKind(scalar) else {
      shapePreconditionFailure("no file holds scalars of type \(Scalar.scalarName)")
    }
    try beginVoxels(bytesPerValue: kind.byteCount)
    let scaling = values == .scaled ? plan.scaling : .identity
    var warnings = plan.warnings
    var nonFinite = NonFiniteVoxels()
    let voxels = try Tensor<Scalar>(shape: TensorShape(plan.shape)) { (buffer) throws(MedIOError) in
      var stream = NIfTIVoxelStream(source: self, scaling: scaling)
      try stream.read(into: UnsafeMutableRawBufferPointer(buffer), kind: kind)
      warnings += stream.warnings
      nonFinite = stream.nonFinite
    }
    warnings += try finish()
    warnings += try judged(nonFinite)
    var volume = Volume(
      voxels: voxels, affine: plan.affine, componentCount: plan.datatype.componentCount)
    volume.header = plan.header
    volume.affineSource = plan.affineSource
    if values == .scaled && plan.scaling != .identity {
      volume.header?.sclSlope = 1
      volume.header?.sclInter = 0
    }
    volume.extensions = extensions
    volume.warnings = warnings
    return volume
  }

  /// Reads to the end, so that a gzip stream's checksum and length are checked, and reports what is there.
  func finish() throws(MedIOError) -> [MedIOWarning] {
    let end = plan.dataOffset + plan.byteCount
    if !file.isCompressed {
      let rest = file.fileSize - end
      guard rest >= 0 || fillsMissing else { throw truncated(got: max(0, file.fileSize - plan.dataOffset)) }
      return rest > 0 ? [.bytesAfterData(rest)] : []
    }
    let reached = try file.skip(to: .max, bound: options.limits.expansionBound(ofGzip: file.fileSize))
    guard reached >= end || fillsMissing else { throw truncated(got: max(0, reached - plan.dataOffset)) }
    var warnings: [MedIOWarning] = reached > end ? [.bytesAfterData(reached - end)] : []
    let trailing = try GzipTrailer.bytesBehindStream(of: file)
    if trailing > 0 { warnings.append(.bytesAfterGzipStream(trailing)) }
    return warnings
  }
}
