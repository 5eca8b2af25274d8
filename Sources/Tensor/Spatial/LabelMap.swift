/// A label for every pixel `[height, width]` or voxel `[depth, height, width]`: a segmentation's classes or
/// the numbers of superpixels.
public struct LabelMap: Hashable, Sendable {
  /// The labels, of rank 2 or 3.
  public var labels: Tensor<Int32>

  /// - Precondition: rank 2 or 3.
  public init(_ labels: Tensor<Int32>) {
    shapePrecondition(
      labels.rank == 2 || labels.rank == 3,
      "a label map is [height, width] or [depth, height, width], not \(labels.shape)")
    self.labels = labels
  }

  /// The extents, `[height, width]` or `[depth, height, width]`.
  public var shape: TensorShape { labels.shape }

  /// The largest label plus one, at least 0: the length of a table indexed by label. O(pixels).
  public var labelBound: Int {
    labels.withUnsafeBufferPointer { Int($0.max() ?? -1) + 1 }
  }

  /// The distinct labels, ascending. O(pixels).
  public var distinctLabels: [Int32] {
    labels.withUnsafeBufferPointer { Set($0).sorted() }
  }

  /// Where the label is `label`.
  public func mask(of label: Int32) -> BinaryMask {
    BinaryMask(
      Tensor(shape: shape) { buffer in
        labels.withUnsafeBufferPointer { source in
          for index in buffer.indices { buffer[index] = source[index] == label }
        }
      })
  }
}
