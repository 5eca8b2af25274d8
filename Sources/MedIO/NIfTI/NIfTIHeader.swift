/// The header of a NIfTI-1 or NIfTI-2 file, field by field under the standard's names in Swift's spelling.
///
/// Both versions share one form: numbers that a version stores as 16-bit integers or 32-bit floats are `Int`
/// and `Double` here, which hold them exactly. A header that was read and is written again keeps every field.
public struct NIfTIHeader: Hashable, Sendable {
  /// The version of the format.
  public enum Version: Int, Hashable, Sendable, CaseIterable {
    /// 348 bytes; lengths up to 32,767.
    case nifti1 = 1
    /// 540 bytes; 64-bit lengths and floats.
    case nifti2 = 2

    /// The size of the header in bytes.
    public var byteCount: Int { self == .nifti1 ? 348 : 540 }
    /// The first byte that voxels of a single file may take: behind header and extension flag.
    public var minimumVoxOffset: Int { byteCount + 4 }
  }

  public var version: Version
  public var byteOrder: NIfTIByteOrder

  /// `dim`: the number of axes, then the lengths along i, j, k, t, u, v, w.
  public internal(set) var dim: [Int] = [3, 1, 1, 1, 1, 1, 1, 1]
  /// The `datatype` code of the stored voxels.
  public internal(set) var datatypeCode = NIfTIDatatype.float32.rawValue
  /// Bits per voxel.
  public internal(set) var bitpix = 32
  /// `pixdim`: the sign of the quaternion's third axis, then the voxel sizes along i, j, k, t, ...
  public var pixdim: [Double] = [1, 1, 1, 1, 1, 1, 1, 1]
  /// The position of the first voxel in the file.
  public internal(set) var voxOffset: Double = 0
  /// True value = `sclSlope` x stored value + `sclInter`; a slope of 0 means no scaling.
  public internal(set) var sclSlope: Double = 1
  public internal(set) var sclInter: Double = 0
  /// The values that a viewer shows as black and white.
  public var calMin: Double = 0
  public var calMax: Double = 0
  public var sliceStart = 0
  public var sliceEnd = 0
  public var sliceCode = 0
  public var sliceDuration: Double = 0
  public var toffset: Double = 0
  public var dimInfo = 0
  /// Units of space (bits 0-2: 1 meter, 2 millimeter, 3 micron) and time (bits 3-5).
  public var xyztUnits = 2
  public var intentCode = 0
  public var intentParameters: [Double] = [0, 0, 0]
  public var qformCode = 0
  public var sformCode = 0
  /// b, c, d of the unit quaternion (a, b, c, d).
  public var quaternion: [Double] = [0, 0, 0]
  public var qoffset: [Double] = [0, 0, 0]
  /// `srow_x`, `srow_y`, `srow_z`: twelve numbers, row by row.
  public var srow: [Double] = [Double](repeating: 0, count: 12)

  // Text and filler as stored, so that a rewrite keeps what stands behind a terminating zero.
  var descripBytes = [UInt8](repeating: 0, count: 80)
  var auxFileBytes = [UInt8](repeating: 0, count: 24)
  var intentNameBytes = [UInt8](repeating: 0, count: 16)
  var magic: [UInt8] = []
  /// NIfTI-1: data_type and db_name, unused since ANALYZE. NIfTI-2: `unused_str`.
  var unusedBytes: [UInt8] = []
  /// NIfTI-1: extents, session_error, regular, glmax, glmin, unused since ANALYZE.
  var unusedNumbers = [0, 0, 0, 0, 0]
  /// The four bytes behind the header; the first one is not 0 when extensions follow.
  var extensionFlag: [UInt8] = [0, 0, 0, 0]

  /// A header of default values.
  public init(version: Version = .nifti1, byteOrder: NIfTIByteOrder = .native) {
    self.version = version
    self.byteOrder = byteOrder
    unusedBytes = [UInt8](repeating: 0, count: version == .nifti1 ? 28 : 15)
  }

  /// How the voxels are stored, or `nil` when this library does not know the code.
  public var datatype: NIfTIDatatype? { NIfTIDatatype(rawValue: datatypeCode) }

  /// Up to 79 bytes of free text (UTF-8). Longer text is cut between characters, and at a character 0, where a file's
  /// text ends.
  public var descrip: String {
    get { Self.text(descripBytes) }
    set { descripBytes = Self.bytes(newValue, count: 80) }
  }
  /// The name of an auxiliary file: up to 23 bytes, as for ``descrip``.
  public var auxFile: String {
    get { Self.text(auxFileBytes) }
    set { auxFileBytes = Self.bytes(newValue, count: 24) }
  }
  /// The name of the intent: up to 15 bytes, as for ``descrip``.
  public var intentName: String {
    get { Self.text(intentNameBytes) }
    set { intentNameBytes = Self.bytes(newValue, count: 16) }
  }

  /// The lengths of the axes in use along i, j, k, ..., at least three, without trailing axes of length 1
  /// behind the third.
  public var lengths: [Int] {
    let rank = max(0, min(7, dim[0]))
    var lengths = Array(dim[1..<(rank + 1)])
    while lengths.count < 3 { lengths.append(1) }
    while lengths.count > 3 && lengths.last == 1 { lengths.removeLast() }
    return lengths
  }

  /// Whether true values differ from the stored ones.
  public var isScaled: Bool { scaling != .identity }

  /// Slope and intercept in effect.
  var scaling: LinearScaling {
    sclSlope == 0 || !sclSlope.isFinite || !sclInter.isFinite
      ? .identity : LinearScaling(slope: sclSlope, intercept: sclInter)
  }

  private static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func bytes(_ text: String, count: Int) -> [UInt8] {
    // Cut between characters, and leave room for a terminating zero.
    var cut = text
    while cut.utf8.count > count - 1 { cut.removeLast() }
    return Array(cut.utf8) + [UInt8](repeating: 0, count: count - cut.utf8.count)
  }

  /// This header for a segmentation on the same grid: no scaling, no display range, no intent of the image.
  var asLabelTemplate: NIfTIHeader {
    var result = self
    result.sclSlope = 1
    result.sclInter = 0
    (result.calMin, result.calMax) = (0, 0)
    result.intentCode = 1002  // NIFTI_INTENT_LABEL
    result.intentParameters = [0, 0, 0]
    result.intentName = ""
    result.descrip = ""
    result.auxFile = ""
    return result
  }
}
