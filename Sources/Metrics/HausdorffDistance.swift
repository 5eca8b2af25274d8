import Tensor

/// The Hausdorff distance (HD) in millimetres, at any percentile (HD95): how far the surfaces are apart where
/// they are farthest, or farthest but for a share of outliers.
///
/// With D(A, B) the distances of A's surface points to B's surface, the default is
/// `max(P_q(D(A, B)), P_q(D(B, A)))`: P_q is the q-th percentile with linear interpolation (SciPy, MONAI). At
/// 100 it is the Hausdorff distance itself. The other ways to combine both directions have names
/// (``Combination``), for their values differ: HD95 of one outlier pixel is 0, 1.131 or 2.236.
///
/// Either mask empty: undefined, with the side named.
///
/// Source: Huttenlocher, Klanderman and Rucklidge, 1993; for HD95 and its variants Reinke et al.,
/// "Understanding metric-related pitfalls in image analysis validation", 2024.
public struct HausdorffDistance: SurfaceMetric, Hashable {
  /// How the distances of both directions become one number.
  public enum Combination: Hashable, Sendable {
    /// The larger of the directed percentiles (SciPy, MONAI).
    case maximumOfDirected
    /// The percentile of both directions' distances together (medpy): the larger surface weighs more.
    case pooled
    /// The larger of the directed percentiles, each surface point weighted by its area, without
    /// interpolation (surface-distance). Needs distances between ``SurfaceDefinition/surfels``.
    case surfelWeighted
    /// The larger of the directed percentiles between all foreground voxels, not surfaces (ITK): voxels
    /// inside the other mask count as distance 0. Needs distances between ``SurfaceDefinition/sets``.
    case sets
  }

  /// From 0 (the smallest distance) to 100 (the largest).
  public let percentile: Double
  public let combination: Combination

  /// - Parameter percentile: 95 ignores the farthest twentieth of each surface.
  /// - Parameter combination: How the two directions become one figure.
  /// - Precondition: the percentile is in 0...100; for one from outside use ``init(validatingPercentile:_:)``.
  public init(percentile: Double = 100, _ combination: Combination = .maximumOfDirected) {
    shapePrecondition((0...100).contains(percentile), "a percentile is in 0...100, not \(percentile)")
    self.percentile = percentile
    self.combination = combination
  }

  public var key: String {
    let suffix =
      switch combination {
      case .maximumOfDirected: ""
      case .pooled: "_pooled"
      case .surfelWeighted: "_surfel_weighted"
      case .sets: "_sets"
      }
    let name = percentile == 100 ? "hd" : "hd\(percentile.shortDescription)"
    return name + suffix + "_mm"
  }

  public var surface: SurfaceDefinition {
    switch combination {
    case .maximumOfDirected, .pooled: .boundaryVoxels(.faces)
    case .surfelWeighted: .surfels
    case .sets: .sets
    }
  }

  /// - Precondition: for `.surfelWeighted` and `.sets`, distances of that surface.
  public func score(_ distances: SurfaceDistances) -> Score {
    if combination == .surfelWeighted || combination == .sets {
      shapePrecondition(
        distances.surface == surface, "\(combination) needs distances of \(surface), not \(distances.surface)"
      )
    }
    if let emptiness = distances.emptiness { return .undefined(emptiness.undefinedScore) }
    let forward = distances.predictionToReference
    let backward = distances.referenceToPrediction
    switch combination {
    case .maximumOfDirected, .sets:
      return .value(
        max(
          forward.millimeters.percentile(percentile), backward.millimeters.percentile(percentile)))
    case .pooled:
      return .value(distances.pooledMillimeters.percentile(percentile))
    case .surfelWeighted:
      return .value(max(forward.weightedPercentile(percentile), backward.weightedPercentile(percentile)))
    }
  }
}

extension Double {
  /// Without the fraction where it is 0: `95`, `97.5`.
  var shortDescription: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}
