package import Tensor

/// Random fields that are smooth: normal numbers at control points some millimetres apart, and a cubic between them.
package enum ControlGrid {
  /// A field `[1, depth, height, width, channels]` of mean 0.
  ///
  /// The control points lie evenly from the first to the last voxel, at most `distance` millimetres apart and at least two
  /// along an axis of more than one voxel. Between them runs Keys' cubic through all of them, whose slope has no jumps.
  package static func field(
    _ lengths: [Int], spacing: VoxelSpacing, distance: Double, standardDeviation: Double, channels: Int,
    using generator: inout PhiloxGenerator
  ) -> Tensor<Float> {
    let counts = lengths.enumerated().map { axis, length in
      length == 1
        ? 1 : max(2, Int((Double(length - 1) * spacing[axis] / distance).rounded(.up)) + 1)
    }
    let points = Tensor<Float>(
      normalWithMean: 0, standardDeviation: Float(standardDeviation),
      shape: TensorShape([1] + counts + [channels]), using: &generator)
    return points.resized(
      to: lengths, interpolation: .cubicConvolution(coefficient: -0.5), coordinates: .alignedCorners)
  }
}
