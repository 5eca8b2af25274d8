import Tensor

/// The average surface distance in millimetres: directed (ASD) or symmetric (ASSD).
///
/// With D(A, B) the distances of the points of A's surface to B's surface:
/// directed `mean D(A, B)`; symmetric `(sum D(A, B) + sum D(B, A)) / (|D(A, B)| + |D(B, A)|)`, the mean of
/// both directions' distances pooled (medpy, MONAI); mean of means `(mean D(A, B) + mean D(B, A)) / 2`. The
/// last two differ when the surfaces differ in size.
///
/// Distances between ``SurfaceDefinition/surfels`` are weighted by the elements' areas. Either mask empty:
/// undefined, with the side named.
///
/// Source: Heimann et al., "Comparison and evaluation of methods for liver segmentation from CT datasets",
/// 2009.
public struct AverageSurfaceDistance: SurfaceMetric, Hashable {
  /// Which distances are averaged.
  public enum Direction: Hashable, Sendable {
    /// ASD from the prediction's surface to the reference's: blind to what the prediction lacks.
    case predictionToReference
    /// ASD from the reference's surface to the prediction's: blind to what the prediction adds.
    case referenceToPrediction
    /// ASSD: all distances of both directions.
    case symmetric
    /// The mean of the two directed averages.
    case meanOfMeans
  }

  public let direction: Direction
  public let surface: SurfaceDefinition

  /// - Parameter surface: what ``SurfaceMetric/score(prediction:reference:spacing:)`` measures between.
  /// - Parameter direction: From which surface to which.
  public init(_ direction: Direction, surface: SurfaceDefinition = .boundaryVoxels(.faces)) {
    self.direction = direction
    self.surface = surface
  }

  public var key: String {
    let name =
      switch direction {
      case .predictionToReference: "asd"
      case .referenceToPrediction: "asd_reference_to_prediction"
      case .symmetric: "assd"
      case .meanOfMeans: "assd_mean_of_means"
      }
    return name + surface.keySuffix + "_mm"
  }

  public func score(_ distances: SurfaceDistances) -> Score {
    if let emptiness = distances.emptiness { return .undefined(emptiness.undefinedScore) }
    let forward = distances.predictionToReference.total
    let backward = distances.referenceToPrediction.total
    let average =
      switch direction {
      case .predictionToReference: forward.sum / forward.weight
      case .referenceToPrediction: backward.sum / backward.weight
      case .symmetric: (forward.sum + backward.sum) / (forward.weight + backward.weight)
      case .meanOfMeans: (forward.sum / forward.weight + backward.sum / backward.weight) / 2
      }
    return .value(average)
  }
}

extension SurfaceDistances.Directed {
  /// The sum of the distances, weighted by area where there is one, and of the weights.
  var total: (sum: Double, weight: Double) {
    guard let elementAreas else { return (millimeters.reduce(0, +), Double(millimeters.count)) }
    var total = (sum: 0.0, weight: 0.0)
    for (distance, area) in zip(millimeters, elementAreas) {
      total.sum += distance * area
      total.weight += area
    }
    return total
  }
}

extension SurfaceDefinition {
  /// What a key says of a surface other than the default.
  var keySuffix: String {
    switch self {
    case .boundaryVoxels(.faces): ""
    case .boundaryVoxels(.edges): "_edges"
    case .boundaryVoxels(.corners): "_corners"
    case .surfels: "_surfel_weighted"
    case .sets: "_sets"
    }
  }
}
