public import Tensor

/// A spatial step of a pipeline, before it is fitted to an image; see the ``GridChange`` of the same name.
public enum GridTransform: Hashable, Sendable {
  case orientation(AnatomicalOrientation = .ras)
  /// Voxel sizes in millimeters; `nil` keeps one.
  case spacing(plane: Double? = nil, row: Double? = nil, column: Double? = nil)
  /// `[depth, height, width]`.
  case size([Int], coordinates: CoordinateConvention = .halfPixelCenters)
  case centered(depth: Int? = nil, height: Int? = nil, width: Int? = nil)
  case foreground(above: Float = 0, margin: Int = 0)

  /// What the step does to this image.
  public func change(for volume: Volume<Float>) -> GridChange {
    let grid = volume.grid
    switch self {
    case .orientation(let target): return .orientation(of: grid, to: target)
    case .spacing(let plane, let row, let column):
      return .spacing(of: grid, plane: plane, row: row, column: column)
    case .size(let lengths, let coordinates): return .size(of: grid, to: lengths, coordinates: coordinates)
    case .centered(let depth, let height, let width):
      return .centered(of: grid, depth: depth, height: height, width: width)
    case .foreground(let threshold, let margin):
      return .foreground(of: volume, above: threshold, margin: margin)
    }
  }

  /// The voxels of the grid that the step makes of `grid`, or more.
  func voxelCount(for grid: VolumeGrid) -> Double {
    let lengths = grid.shape.dimensions.map(Double.init)
    switch self {
    case .orientation, .foreground: return lengths.reduce(1, *)
    case .spacing(let plane, let row, let column):
      let old = grid.spacing
      return zip([plane, row, column], 0..<3)
        .reduce(1) { $0 * max(1, lengths[$1.1] * old[$1.1] / ($1.0 ?? old[$1.1])) }
    case .size(let wanted, _): return wanted.reduce(1) { $0 * Double($1) }
    case .centered(let depth, let height, let width):
      return zip([depth, height, width], lengths).reduce(1) { $0 * ($1.0.map(Double.init) ?? $1.1) }
    }
  }
}

/// Steps that take an image, and its labels in step with it, from a file's grid to a network's.
///
/// Statistics (percentiles, mean, minimum, maximum) are of finite values, and infinities are clamped where a step
/// clamps; but NaN stays NaN, and interpolation spreads it: to the neighbours, with a cubic spline along the whole
/// line. ``NIfTIReadOptions/nonFinite`` meets such voxels as a file is read.
///
///     let preprocessing = Preprocessing([
///       .grid(.orientation(.ras)),
///       .grid(.spacing(row: 1.25, column: 1.25), interpolation: .cubicSpline),
///       .intensity(.zScore()),
///     ])
///     let prepared = preprocessing.applied(to: image, labels: labels)
///     let original = prepared.restored(prediction)    // on the grid of `image`
public struct Preprocessing: Hashable, Sendable {
  public enum Step: Hashable, Sendable {
    case grid(GridTransform, interpolation: Interpolation = .linear, outside: Float = 0)
    case intensity(IntensityTransform)
    /// Fitted and applied plane by plane.
    case intensityOfEachPlane(IntensityTransform)
  }

  public var steps: [Step]

  public init(_ steps: [Step]) { self.steps = steps }

  /// Applies all steps in order. Labels follow the spatial ones: one-hot, linear, argmax.
  ///
  /// Memory: an image that the caller gives away is scaled where it stands; each spatial step takes one more image.
  ///
  /// - Precondition: the labels are on the grid of the image.
  public func applied(to image: consuming Volume<Float>, labels: Volume<Int32>? = nil) -> Prepared {
    if let labels {
      shapePrecondition(
        labels.grid.matches(image.grid), "labels on \(labels.grid) do not fit an image on \(image.grid)")
    }
    var result = Prepared(image: consume image, labels: labels)
    for step in steps { result.apply(step) }
    return result
  }

  /// The same for a scan from a file, whose voxel sizes are what its header says: a step to a grid beyond the
  /// limits is an error that names the file, and no memory is asked for.
  func applied(
    to image: consuming Volume<Float>, labels: Volume<Int32>?, limits: NIfTIReadLimits, path: String
  ) throws(MedIOError) -> Prepared {
    let values = Double(image.frameCount * image.componentCount)
    var result = Prepared(image: consume image, labels: labels)
    for step in steps {
      if case .grid(let transform, _, _) = step {
        let grid = result.image.grid
        let voxels = transform.voxelCount(for: grid) * values
        guard voxels <= Double(limits.voxelCount) && voxels * 4 <= Double(limits.byteCount) else {
          throw MedIOError(
            .exceedsLimit, path: path,
            context: "\(transform) makes \(voxels) values of the grid \(grid), the limit is "
              + "\(limits.voxelCount) and \(limits.byteCount) bytes")
        }
      }
      result.apply(step)
    }
    return result
  }

  /// A preprocessed image, and all that was done to it.
  public struct Prepared: Sendable {
    public internal(set) var image: Volume<Float>
    public internal(set) var labels: Volume<Int32>?
    /// The spatial steps in order.
    public internal(set) var changes: [GridChange] = []
    /// What each intensity step did, in order: one map, or one for every plane.
    public internal(set) var intensityMaps: [[IntensityMap]] = []
    /// What the reader noticed of each file, of every modality and of the labels; empty where volumes were given
    /// and not read. A ``VolumeDataset`` fills it.
    public internal(set) var warnings: [MedIOFileWarning] = []

    init(image: Volume<Float>, labels: Volume<Int32>?) {
      self.image = image
      self.labels = labels
    }

    mutating func apply(_ step: Step) {
      switch step {
      case .grid(let transform, let interpolation, let outside):
        let change = transform.change(for: image)
        image = image.applying(change, interpolation: interpolation, outside: outside)
        // The labels stand on this grid, but for rounding.
        labels = labels?.applying(change)
        changes.append(change)
      case .intensity(let transform):
        let map = transform.map(fitting: image.voxels)
        map.apply(to: &image.voxels)
        intensityMaps.append([map])
      case .intensityOfEachPlane(let transform):
        let (volume, maps) = image.normalized(by: transform, scope: .eachPlane)
        image = volume
        intensityMaps.append(maps)
      }
    }

    /// A prediction on the grid of ``image``, put back on the grid that preprocessing began with.
    ///
    /// - Precondition: the prediction has the depth, height and width of ``image``.
    public func restored(
      _ prediction: LabelMap, interpolation: LabelInterpolation = .oneHotLinear, background: Int32 = 0
    ) -> Volume<Int32> {
      restored(
        Volume(labels: prediction, like: image), interpolation: interpolation, background: background)
    }

    /// The same for labels that know their grid.
    public func restored(
      _ labels: Volume<Int32>, interpolation: LabelInterpolation = .oneHotLinear, background: Int32 = 0
    ) -> Volume<Int32> {
      changes.reversed().reduce(labels) {
        $0.applying($1.inverse, interpolation: interpolation, background: background)
      }
    }

    /// The same for an image of values, such as a probability.
    public func restored(
      _ values: Volume<Float>, interpolation: Interpolation = .linear, outside: Float = 0
    ) -> Volume<Float> {
      changes.reversed().reduce(values) {
        $0.applying($1.inverse, interpolation: interpolation, outside: outside)
      }
    }
  }
}
