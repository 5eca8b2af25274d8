/// Something odd in a file that was read all the same. Readers return warnings; nothing is printed.
public enum MedIOWarning: Hashable, Sendable, Codable, CustomStringConvertible {
  /// `scl_slope` is NaN and counts as "no scaling".
  case slopeIsNaN
  /// b² + c² + d² of the quaternion exceeds 1; it was scaled to unit length.
  case quaternionRenormalized(squaredLength: Double)
  /// `pixdim[axis]` is 0, negative or not finite; `used` took its place.
  case pixdimReplaced(axis: Int, value: String, used: Double)
  /// `pixdim[0]`, the sign of the quaternion's third axis, is neither -1 nor 1; the sign in `used` counted.
  case qfacReplaced(value: String, used: Double)
  /// The form with the highest rank could not be used, for the reason given; the next one was.
  case formSkipped(field: String, reason: String)
  /// `sform_code` or `qform_code` is no code of the standard. Its form counts when the code is above 0.
  case unknownFormCode(field: String, value: Int)
  /// The voxel sizes of the affine in use differ from `pixdim` by more than a thousandth.
  /// Programs that take `pixdim` show other distances than those that take the affine.
  case spacingDisagrees(affine: [Double], pixdim: [Double])
  /// The voxel sizes of an sform that is not in use differ from `pixdim`, which is, by more than a thousandth:
  /// ``NIfTIReadOptions/AffineSource`` other than `.automatic` and `.sform` was asked for.
  case unusedFormDisagrees(sform: [Double], pixdim: [Double])
  /// The header measures in meters or microns; the affine was converted to millimeters.
  case unitsConverted(from: String)
  /// `vox_offset` is no whole number and was rounded down.
  case fractionalVoxOffset(Double)
  /// The magic of a pair in a single file, or the reverse; the file's name decided.
  case magicDoesNotMatchFile
  /// The extension flag is set but nothing fits between header and voxels.
  case extensionFlagWithoutRoom
  /// Bytes between the last extension and the first voxel that are no extension.
  case bytesAfterExtensions(Int)
  /// Bytes behind the last voxel.
  case bytesAfterData(Int)
  /// Bytes behind the last gzip member.
  case bytesAfterGzipStream(Int)
  /// A fault that ``NIfTIReadOptions/repairs`` allows was repaired, as `detail` says.
  case repaired(NIfTIRepairs, detail: String)
  /// The affine is sheared: the voxel axes are not perpendicular. It is kept; resampling to a spacing works
  /// along the slanted axes.
  case shearedAffine
  /// `count` voxels are NaN or infinite, the first of them at (i, j, k, ...). They are as they were, or
  /// `replacement` stands in their place: ``NIfTIReadOptions/nonFinite``.
  case nonFiniteVoxels(count: Int, first: [Int], replacement: Double?)

  public var description: String {
    switch self {
    case .slopeIsNaN: "scl_slope is NaN; the voxels are taken unscaled"
    case .quaternionRenormalized(let length): "quaternion of squared length \(length) scaled to 1"
    case .pixdimReplaced(let axis, let value, let used): "pixdim[\(axis)] is \(value); \(used) is used"
    case .qfacReplaced(let value, let used): "pixdim[0] is \(value); \(used) is used"
    case .formSkipped(let field, let reason): "\(field) not used: \(reason)"
    case .unknownFormCode(let field, let value): "\(field) is \(value), which is no standard code"
    case .spacingDisagrees(let affine, let pixdim):
      "the affine's voxel sizes \(affine) differ from pixdim \(pixdim)"
    case .unusedFormDisagrees(let sform, let pixdim):
      "pixdim \(pixdim) is used; the sform's voxel sizes \(sform) differ"
    case .unitsConverted(let unit): "the affine was converted from \(unit) to millimeters"
    case .fractionalVoxOffset(let value): "vox_offset \(value) rounded down"
    case .magicDoesNotMatchFile: "the magic contradicts the kind of file (single or pair)"
    case .extensionFlagWithoutRoom: "extension flag set, but vox_offset leaves no room for an extension"
    case .bytesAfterExtensions(let count): "\(count) bytes between the extensions and the voxels"
    case .bytesAfterData(let count): "\(count) bytes after the voxels"
    case .bytesAfterGzipStream(let count): "\(count) bytes after the gzip stream"
    case .repaired(_, let detail): "repaired: \(detail)"
    case .shearedAffine: "the affine is sheared"
    case .nonFiniteVoxels(let count, let first, let replacement):
      (count == 1 ? "1 voxel is" : "\(count) voxels are")
        + " not finite (NaN or infinite), the first at (i, j, k, ...) = \(first)"
        + (replacement.map { "; \($0) is used" } ?? "")
    }
  }
}

extension MedIOWarning {
  /// Whether it is about where the voxels are, and so about anything else on the same grid.
  var isAboutPlace: Bool {
    switch self {
    case .quaternionRenormalized, .pixdimReplaced, .qfacReplaced, .formSkipped, .unknownFormCode,
      .spacingDisagrees,
      .unusedFormDisagrees, .unitsConverted, .shearedAffine, .repaired(.affine, detail: _):
      true
    default: false
    }
  }
}

/// What a reader noticed, and of which file: for results that several files went into.
///
///     for warning in slices.warnings { print(warning) }
///     // patient001_frame01.nii.gz: pixdim [1.5625, 1.5625, 10.0] is used; the sform's voxel sizes [1.0, 1.0, 1.0] differ
public struct MedIOFileWarning: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What was noticed.
  public let warning: MedIOWarning

  public init(path: String, warning: MedIOWarning) {
    self.path = path
    self.warning = warning
  }

  public var description: String { "\(path): \(warning)" }
}
