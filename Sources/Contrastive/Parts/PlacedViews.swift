public import Tensor

/// The views of a batch, with what is known of where its slices lie: for methods that compare slices by their places.
public struct PlacedViews: Sendable {
  /// For each view the images' side by side, `[N, h, w, C]`.
  public var images: [Tensor<Float>]
  /// The place of each of the N slices in its volume, in (0, 1]; `nil` where it is unknown.
  public var positions: [Double?]

  /// Views of N slices at N positions.
  public init(_ images: [Tensor<Float>], positions: [Double?]) {
    self.images = images
    self.positions = positions
  }
}
