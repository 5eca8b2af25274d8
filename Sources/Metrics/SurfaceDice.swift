import Tensor

/// The surface Dice (normalised surface distance, NSD): the share of both surfaces that lies within a
/// tolerance of the other, 1 for surfaces that agree everywhere.
///
/// `(|{a : d(a, B) <= t}| + |{b : d(b, A) <= t}|) / (|A| + |B|)` with A and B the surfaces' points, d the
/// distance to the nearest point of the other surface and t the tolerance. The tolerance is what counts as
/// agreement, for example the spread between human readers; there is no default. Ten steps of .3 mm are 3 mm, though
/// a file has .30000001192: `<=` forgives a millionth of t.
///
/// Points are counted (MONAI) or weighted by the area of the surface through them (surface-distance). Both
/// masks empty: undefined. One empty: 0.
///
/// Source: Nikolov et al., "Clinically applicable segmentation of head and neck anatomy for radiotherapy",
/// 2021.
public struct SurfaceDice: SurfaceMetric, Hashable {
  /// How the points of a surface count.
  public enum Weighting: Hashable, Sendable {
    /// Each boundary voxel counts once.
    case counts
    /// Each point counts by the area of the surface through it. Needs distances between
    /// ``SurfaceDefinition/surfels``.
    case surfelWeighted
  }

  /// Distances up to this one agree, this one included: also where a spacing that a file holds as a 32-bit
  /// number, or the product of steps and spacing, lies a rounding above it (1e-6 of the tolerance).
  public let toleranceInMillimeters: Double
  public let weighting: Weighting

  /// - Precondition: the tolerance is finite and not negative.
  public init(toleranceInMillimeters: Double, _ weighting: Weighting = .counts) {
    shapePrecondition(
      toleranceInMillimeters >= 0 && toleranceInMillimeters.isFinite,
      "a tolerance is a number of millimetres, not \(toleranceInMillimeters)")
    self.toleranceInMillimeters = toleranceInMillimeters
    self.weighting = weighting
  }

  public var quantity: MetricQuantity { .overlap }

  public var key: String {
    "surface_dice_\(toleranceInMillimeters.shortDescription)mm"
      + (weighting == .counts ? "" : "_surfel_weighted")
  }

  public var surface: SurfaceDefinition {
    weighting == .counts ? .boundaryVoxels(.faces) : .surfels
  }

  /// - Precondition: for `.surfelWeighted`, distances between surfels.
  public func score(_ distances: SurfaceDistances) -> Score {
    if weighting == .surfelWeighted {
      shapePrecondition(
        distances.surface == .surfels, "\(weighting) needs distances of \(surface), not \(distances.surface)")
    }
    switch distances.emptiness {
    case .both: return .undefined(.bothEmpty)
    case .prediction, .reference: return .value(0)
    case nil: break
    }
    let forward = agreement(distances.predictionToReference)
    let backward = agreement(distances.referenceToPrediction)
    return .value((forward.within + backward.within) / (forward.all + backward.all))
  }

  private func agreement(_ directed: SurfaceDistances.Directed) -> (within: Double, all: Double) {
    let limit = toleranceInMillimeters * (1 + Rounding.ofFiles)
    guard weighting == .surfelWeighted, let areas = directed.elementAreas else {
      let within = directed.millimeters.reduce(0) { $0 + ($1 <= limit ? 1 : 0) }
      return (Double(within), Double(directed.millimeters.count))
    }
    var result = (within: 0.0, all: 0.0)
    for (distance, area) in zip(directed.millimeters, areas) {
      result.all += area
      if distance <= limit { result.within += area }
    }
    return result
  }
}
