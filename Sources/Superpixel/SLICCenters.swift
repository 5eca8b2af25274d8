import Tensor
/// The centers of a segmentation's clusters, from which another can start.
///
/// Features are in the units of the segmentation that they come from (0...100 or L\*a\*b\*), after rescaling by
/// that image's extremes.
public struct SLICCenters: Hashable, Sendable {
  /// The number of centers.
  public let count: Int
  /// The number of features of each.
  public let channels: Int
  /// Plane, row, column of each center, in voxels.
  public let positions: [SIMD3<Float>]
  /// The features of each center: `[count, channels]`, row-major.
  public let features: [Float]

  /// - Precondition: as many features as `positions.count * channels`.
  public init(positions: [SIMD3<Float>], features: [Float], channels: Int) {
    shapePrecondition(
      channels >= 1 && features.count == positions.count * channels,
      "\(positions.count) centers of \(channels) channels do not have \(features.count) features")
    count = positions.count
    self.channels = channels
    self.positions = positions
    self.features = features
  }
}
