public import Tensor

/// The four views of a batch and its superpixels: what one SuperCL step computes on.
public struct SuperCLViews<Scalar: TensorFloatingPointScalar>: Sendable {
  /// I1 and I2, `[B, H, W, C]`, of volumes `[B, D, H, W, C]`: no pixel moved, unless ``SuperCL/fixedViewGeometry`` says so. `nil` when neither L_intra nor L_inter is computed.
  public var fixed: (Tensor<Scalar>, Tensor<Scalar>)?
  /// V1 and V2, `[B, H, W, C]`: moved in space. `nil` when neither L_ins nor L_inter is computed.
  public var varied: (Tensor<Scalar>, Tensor<Scalar>)?
  /// The superpixels of I1 and of I2, `[B, H, W]`; pixels outside a mask, or outside an image that moved, have -1.
  public var superpixels: (Tensor<Int32>, Tensor<Int32>)?
  /// The position of each slice in its volume, in (0, 1], or `nil` where it is unknown.
  public var positions: [Double?]
  /// What ILCP takes as labels of the pixels of I1 and of I2 where both moved, -1 for none; `nil`, as by default, for the
  /// superpixels of I1 in both.
  public var pixelLabels: (Tensor<Int32>, Tensor<Int32>)?
  /// How many superpixels each map has: image by image, that of I1 and that of I2; empty where it is not known.
  public var superpixelCounts: [Int]

  /// Four views with the superpixels of the first two.
  public init(
    fixed: (Tensor<Scalar>, Tensor<Scalar>)?, varied: (Tensor<Scalar>, Tensor<Scalar>)?,
    superpixels: (Tensor<Int32>, Tensor<Int32>)?, positions: [Double?] = [],
    pixelLabels: (Tensor<Int32>, Tensor<Int32>)? = nil, superpixelCounts: [Int] = []
  ) {
    self.fixed = fixed
    self.varied = varied
    self.superpixels = superpixels
    self.positions = positions
    self.pixelLabels = pixelLabels
    self.superpixelCounts = superpixelCounts
  }
}
