/// How a NIfTI file is read: which form gives the affine, what is repaired, what is refused.
///
/// The default is strict: a fault that could change a voxel or its place is an error. Repairs are opted into
/// by name, and each one made is listed in ``Volume/warnings``.
///
///     let options = NIfTIReadOptions(repairs: [.bitpix, .voxOffset])
///     let volume = try NIfTI.read(Float.self, from: url, options: options)
public struct NIfTIReadOptions: Hashable, Sendable {
  /// The header's form that the affine comes from.
  public enum AffineSource: Hashable, Sendable {
    /// The sform when its code is above 0, then the qform when its code is above 0, then the voxel sizes with
    /// the center of the volume at the origin and x flipped: nibabel's rule.
    case automatic
    /// The sform, whatever its code.
    case sform
    /// The qform, whatever its code.
    case qform
    /// The voxel sizes alone.
    case voxelSizes
  }

  /// What becomes of voxels that are not finite: NaN, which skull-stripping and resampling tools write outside
  /// the head, and the infinities, which also come of a 64-bit value that is beyond a `Float`.
  ///
  /// They are met as the file is read, where file and number of voxels can still be told: a single NaN in a
  /// network's input makes every pixel of its output NaN.
  public enum NonFinitePolicy: Hashable, Sendable {
    /// They stay, and ``MedIOWarning/nonFiniteVoxels(count:first:replacement:)`` tells how many there are.
    case keep
    /// They are an error, `nonFiniteVoxels`, that names the file and their number.
    case refuse
    /// This number takes their place, and the warning tells how many there were. It is one of the true values
    /// where these are asked for, of the stored ones where those are.
    ///
    /// A number that the scalar asked for does not have is a programmer's error.
    case replace(with: Double)
  }

  public var affineSource: AffineSource
  public var repairs: NIfTIRepairs
  public var limits: NIfTIReadLimits
  /// What becomes of NaN and infinities in floating-point values. An integer type has neither: there they are an
  /// `unrepresentableValue`, unless they are replaced.
  public var nonFinite: NonFinitePolicy

  public init(
    affineSource: AffineSource = .automatic, repairs: NIfTIRepairs = [], limits: NIfTIReadLimits = .init(),
    nonFinite: NonFinitePolicy = .keep
  ) {
    self.affineSource = affineSource
    self.repairs = repairs
    self.limits = limits
    self.nonFinite = nonFinite
  }

  /// Everything that can be repaired is.
  public static let lenient = NIfTIReadOptions(repairs: .all)
}

/// Faults that a lenient reader repairs, each listed in the result when it was made.
public struct NIfTIRepairs: OptionSet, Hashable, Sendable, Codable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Voxels that the file lacks are 0.
  public static let truncatedData = NIfTIRepairs(rawValue: 1)
  /// A gzip stream that breaks off or fails its checksum counts as far as it goes; voxels it lacks are 0.
  public static let corruptGzip = NIfTIRepairs(rawValue: 2)
  /// A `bitpix` that contradicts `datatype` is ignored.
  public static let bitpix = NIfTIRepairs(rawValue: 4)
  /// An impossible `vox_offset` becomes the smallest possible one.
  public static let voxOffset = NIfTIRepairs(rawValue: 8)
  /// An impossible slope or intercept means no scaling.
  public static let scaling = NIfTIRepairs(rawValue: 16)
  /// Where no form gives an affine, the voxel sizes do.
  public static let affine = NIfTIRepairs(rawValue: 32)
  /// Extensions that make no sense are dropped.
  public static let extensions = NIfTIRepairs(rawValue: 64)

  public static let all: NIfTIRepairs = [
    .truncatedData, .corruptGzip, .bitpix, .voxOffset, .scaling, .affine, .extensions,
  ]
}

/// What a file may claim or expand to before it is refused; checked before anything is allocated.
public struct NIfTIReadLimits: Hashable, Sendable {
  /// The most voxels (default 2^31).
  public var voxelCount: Int
  /// The most bytes, of the stored voxels and of the tensor they become (default 8 GiB).
  public var byteCount: Int
  /// The most bytes that a gzip stream may expand to, as a multiple of its size (default 250; deflate's own
  /// bound is 1,032). Segmentations of an empty scene reach hundreds: see ``freeExpansion``.
  public var expansion: Double
  /// Bytes below which ``expansion`` is not looked at (default 512 MiB).
  public var freeExpansion: Int
  /// The most bytes that all extensions together may take (default 64 MiB).
  public var extensionByteCount: Int

  public init(
    voxelCount: Int = 1 << 31, byteCount: Int = 8 << 30, expansion: Double = 250,
    freeExpansion: Int = 512 << 20, extensionByteCount: Int = 64 << 20
  ) {
    self.voxelCount = voxelCount
    self.byteCount = byteCount
    self.expansion = expansion
    self.freeExpansion = freeExpansion
    self.extensionByteCount = extensionByteCount
  }

  /// The most bytes that a gzip file of `size` bytes may expand to.
  func expansionBound(ofGzip size: Int) -> Int {
    max(freeExpansion, Int(min(Double(size) * expansion, 9e18)))
  }
}
