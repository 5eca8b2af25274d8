public import Tensor

/// What stopped MedIO from reading or writing a file: a code for programs, a path, and the field and value
/// that did not fit.
///
///     do {
///       let volume = try NIfTI.read(Float.self, from: url)
///     } catch {
///       print(error)  // /data/ct.nii: truncated data: 4096 bytes expected, 2048 found
///     }
public struct MedIOError: CodedError {
  /// What went wrong.
  public enum Code: Hashable, Sendable {
    /// No file of this name, or a link that leads nowhere.
    case notFound
    /// A directory, a device, a pipe or a socket.
    case notRegularFile
    /// The system refused to open or read the file.
    case unreadable
    /// Not a NIfTI-1 or NIfTI-2 file.
    case notNIfTI
    /// The file ends inside the header.
    case truncatedHeader
    /// The file ends before the voxels do; both counts in bytes, from the first voxel.
    case truncatedData(expected: Int, got: Int)
    /// `dim` holds a rank outside 1...7 or a length below 1.
    case badDimensions
    /// The number of voxels or bytes exceeds what `Int` can count.
    case dimensionOverflow
    /// `datatype` is unknown, is not supported, or does not fit the scalar asked for.
    case unsupportedDatatype
    /// `bitpix` contradicts `datatype`.
    case inconsistentBitpix
    /// `vox_offset` is no usable position.
    case badVoxOffset
    /// `scl_slope` or `scl_inter` is infinite, or the intercept of a valid slope is NaN.
    case badScaling
    /// No form of the header gives an invertible, finite affine.
    case badAffine
    /// An extension's size is impossible.
    case badExtension
    /// The gzip stream is damaged.
    case corruptGzip(GzipFault)
    /// Voxels, bytes or expansion above ``NIfTIReadLimits``.
    case exceedsLimit
    /// The `.hdr` or `.img` beside the file is missing.
    case missingPair
    /// The file could not be written; whatever stood at the destination before is still there.
    case writeFailed
    /// A voxel's value does not exist in the scalar type asked for.
    case unrepresentableValue
    /// This many voxels are NaN or infinite, and ``NIfTIReadOptions/nonFinite`` refuses them.
    case nonFiniteVoxels(count: Int)
    /// A file that a data set's layout calls for is missing.
    case missingFile
    /// A data set's folder or manifest does not have the expected layout.
    case badLayout
    /// A label that the data set's label map does not know.
    case unknownLabel
    /// Two files that belong together have different grids.
    case gridMismatch
  }

  /// How a gzip stream is damaged.
  public enum GzipFault: String, Hashable, Sendable {
    /// The stream ends before its trailer does.
    case truncated
    /// The compressed data make no sense.
    case invalidData
    /// The checksum of the trailer does not match the data.
    case checksumMismatch
    /// The length in the trailer does not match the data.
    case lengthMismatch
  }

  /// What went wrong.
  public let code: Code
  /// The file it went wrong with.
  public let path: String
  /// The field of the header, or the key of a manifest, that does not fit; `nil` where the file itself is at fault.
  public let field: String?
  /// The field and the value, in words.
  public let context: String
  /// The failure beneath this one, where there is one.
  public let underlying: (any Error)?

  public init(
    _ code: Code, path: String, field: String? = nil, context: String, underlying: (any Error)? = nil
  ) {
    self.code = code
    self.path = path
    self.field = field
    self.context = context
    self.underlying = underlying
  }

  public var description: String { line(of: path) }
}
