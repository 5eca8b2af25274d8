/// A Boolean for every pixel `[height, width]` or voxel `[depth, height, width]`; `true` is foreground.
public struct BinaryMask: Hashable, Sendable {
  /// The values, of rank 2 or 3.
  public var values: Tensor<Bool>

  /// - Precondition: rank 2 or 3.
  public init(_ values: Tensor<Bool>) {
    shapePrecondition(
      values.rank == 2 || values.rank == 3,
      "a mask is [height, width] or [depth, height, width], not \(values.shape)")
    self.values = values
  }

  /// The extents, `[height, width]` or `[depth, height, width]`.
  public var shape: TensorShape { values.shape }

  /// The number of foreground elements. O(pixels).
  public var foregroundCount: Int {
    values.withUnsafeBufferPointer { $0.reduce(0) { $0 + ($1 ? 1 : 0) } }
  }
}
