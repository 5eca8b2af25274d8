public import Tensor

/// A medical image: voxels and where they are.
///
/// The voxel tensor is `[depth, height, width]`, which is the file's memory order: NIfTI's (k, j, i), without
/// transposition. Further axes of a file stand in front, the slowest first: a time series is
/// `[time, depth, height, width]`. Voxels of several components (RGB, complex) put them last:
/// `[depth, height, width, 3]`.
///
///     let volume = try NIfTI.read(Float.self, from: url)
///     volume.voxels.shape   // [112, 101, 122]
///     volume.spacing        // 3.0 x 3.0 x 3.0 mm: plane, row, column
///     volume.orientation    // RAS
public struct Volume<Scalar: TensorScalar>: Sendable {
  /// The values: `[..., depth, height, width]`, or `[..., depth, height, width, component]`.
  public internal(set) var voxels: Tensor<Scalar>
  /// The map from voxel indices (i, j, k) to millimeters.
  public let affine: VoxelAffine
  /// The number of values per voxel: 1 without a component axis, 3 for RGB, 4 for RGBA, 2 for complex.
  public let componentCount: Int
  /// The header of the file the volume came from; ``NIfTI/write(_:to:options:)`` keeps its descriptive fields.
  public var header: NIfTIHeader?
  /// The form of the header that the affine came from: `.sform`, `.qform` or `.voxelSizes`. `nil` for a volume that
  /// was not read, or stands on another grid than its file.
  public internal(set) var affineSource: NIfTIReadOptions.AffineSource?
  /// The extensions of the file the volume came from, byte for byte.
  public var extensions: [NIfTIExtension] = []
  /// What the reader noticed.
  public var warnings: [MedIOWarning] = []

  /// A volume from voxels and their place.
  ///
  /// - Parameters:
  ///   - voxels: `[..., depth, height, width]`, with a last axis of length `componentCount` when that is not 1.
  ///   - affine: the map from (i, j, k) to millimeters.
  ///   - componentCount: Values for each voxel.
  /// - Precondition: at least three axes, all of them at least 1 long; `affine.isValid`.
  public init(voxels: Tensor<Scalar>, affine: VoxelAffine, componentCount: Int = 1) {
    let rank = voxels.rank - (componentCount == 1 ? 0 : 1)
    shapePrecondition(
      componentCount >= 1 && rank >= 3 && voxels.elementCount > 0
        && (componentCount == 1 || voxels.shape[-1] == componentCount),
      "a volume of \(componentCount) components needs [..., depth, height, width], not \(voxels.shape)")
    shapePrecondition(affine.isValid, "a volume needs an affine that can be inverted, not \(affine)")
    self.voxels = voxels
    self.affine = affine
    self.componentCount = componentCount
  }

  /// A volume with its axes along x, y, z and voxel (0, 0, 0) at the origin.
  ///
  /// - Precondition: as for ``init(voxels:affine:componentCount:)``; the spacing has three values.
  public init(voxels: Tensor<Scalar>, spacing: VoxelSpacing) {
    shapePrecondition(spacing.rank == 3, "a volume needs a spacing of three values, not \(spacing)")
    self.init(voxels: voxels, affine: VoxelAffine(diagonal: spacing[2], spacing[1], spacing[0]))
  }

  /// The number of axes without the component axis: 3 for a volume, 4 for a series.
  public var rank: Int { voxels.rank - (componentCount == 1 ? 0 : 1) }
  /// The number of planes (k).
  public var depth: Int { voxels.shape[rank - 3] }
  /// The number of rows (j).
  public var height: Int { voxels.shape[rank - 2] }
  /// The number of columns (i).
  public var width: Int { voxels.shape[rank - 1] }
  /// The number of volumes in a series; 1 for a single volume.
  public var frameCount: Int { voxels.shape.dimensions[..<(rank - 3)].reduce(1, *) }

  /// The grid: lengths and place, without the values.
  public var grid: VolumeGrid { VolumeGrid(depth: depth, height: height, width: width, affine: affine) }
  /// The voxel size: plane, row, column.
  public var spacing: VoxelSpacing { affine.spacing }
  /// Toward which sides of the patient i, j, k run.
  public var orientation: AnatomicalOrientation { AnatomicalOrientation(nearest: affine) }

  /// One volume of a series, sharing the memory.
  ///
  /// - Precondition: `index` is in `0..<frameCount`.
  public func frame(_ index: Int) -> Volume {
    shapePrecondition((0..<frameCount).contains(index), "frame \(index) of \(frameCount)")
    let lengths = [frameCount] + voxels.shape.dimensions[(rank - 3)...]
    return with(voxels: voxels.reshaped(lengths)[index])
  }

  /// Other voxels (of any scalar type) of the same frames in the same place, with the same header.
  ///
  /// - Precondition: depth, height and width agree.
  public func with<Other: TensorScalar>(voxels other: Tensor<Other>, componentCount: Int = 1) -> Volume<Other>
  {
    var result = Volume<Other>(voxels: other, affine: affine, componentCount: componentCount)
    shapePrecondition(result.grid == grid, "voxels of shape \(other.shape) do not fit the grid \(grid)")
    result.header = header
    result.affineSource = affineSource
    result.extensions = extensions
    result.warnings = warnings
    return result
  }
}

extension Volume where Scalar: BinaryFloatingPoint {
  /// The number of voxels of which a component is NaN or infinite. O(values).
  ///
  /// A file's reader counts them already: ``NIfTIReadOptions/nonFinite``. This is for volumes from elsewhere.
  public var nonFiniteVoxelCount: Int {
    voxels.withUnsafeBufferPointer { values in
      stride(from: 0, to: values.count, by: componentCount).reduce(0) { count, first in
        count + (values[first..<first + componentCount].allSatisfy(\.isFinite) ? 0 : 1)
      }
    }
  }
}

extension Volume where Scalar == Int32 {
  /// A segmentation on the grid of `reference`, ready to be written beside it.
  ///
  /// What was noticed about the place of the reference is true of the labels too and is in their warnings; what was
  /// noticed about its voxels is not.
  ///
  /// - Precondition: `labels` has the shape `[depth, height, width]` of the reference.
  public init<Reference>(labels: LabelMap, like reference: Volume<Reference>) {
    self.init(voxels: labels.labels, affine: reference.affine)
    shapePrecondition(
      reference.grid == grid, "labels of shape \(labels.shape) do not fit the grid \(reference.grid)")
    header = reference.header?.asLabelTemplate
    affineSource = reference.affineSource
    warnings = reference.warnings.filter(\.isAboutPlace)
  }

  /// The labels without their place.
  ///
  /// - Precondition: a single volume of one component.
  public var labelMap: LabelMap { LabelMap(voxels) }
}

/// The lattice that voxels stand on: how many there are along each axis, and where.
public struct VolumeGrid: Hashable, Sendable, CustomStringConvertible {
  /// The number of planes (k).
  public let depth: Int
  /// The number of rows (j).
  public let height: Int
  /// The number of columns (i).
  public let width: Int
  /// The map from (i, j, k) to millimeters.
  public let affine: VoxelAffine

  /// - Precondition: lengths of at least 1; `affine.isValid`.
  public init(depth: Int, height: Int, width: Int, affine: VoxelAffine) {
    shapePrecondition(
      depth > 0 && height > 0 && width > 0, "a grid needs lengths above 0: \([depth, height, width])")
    shapePrecondition(affine.isValid, "a grid needs an affine that can be inverted, not \(affine)")
    self.depth = depth
    self.height = height
    self.width = width
    self.affine = affine
  }

  /// `[depth, height, width]`.
  public var shape: TensorShape { [depth, height, width] }
  /// The voxel size: plane, row, column.
  public var spacing: VoxelSpacing { affine.spacing }

  /// Whether the lengths agree, each step within `tolerance` of its length, and the place of the first voxel within
  /// `tolerance` of the smallest voxel, beside the rounding of a position that a header holds in 32 bits (1e-6 of it).
  ///
  /// Voxels of a microscope, .0005 mm, and positions of 100 m are held to the same measure as those of a scanner.
  public func matches(_ other: VolumeGrid, tolerance: Double = 1e-3) -> Bool {
    guard shape == other.shape else { return false }
    let sizes = affine.voxelSizes
    let smallest = sizes.min() ?? 0
    return (0..<3).allSatisfy { row in
      let (place, otherPlace) = (affine[row, 3], other.affine[row, 3])
      let rounding = fileRounding * max(abs(place), abs(otherPlace))
      return abs(place - otherPlace) <= tolerance * smallest + rounding
        && (0..<3).allSatisfy { abs(affine[row, $0] - other.affine[row, $0]) <= tolerance * sizes[$0] }
    }
  }

  public var description: String { "\(shape) at \(affine)" }
}
