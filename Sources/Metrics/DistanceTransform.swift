public import Tensor

/// The exact Euclidean distance transform: how far every pixel or voxel is from the nearest foreground.
///
/// Distances run between the centres of elements, in millimetres, with a spacing of its own for each axis:
/// `d(p) = min over foreground q of sqrt(sum_i (s_i (p_i - q_i))^2)`, with s_i the spacing along axis i. It is
/// exact, not a chamfer approximation. Foreground has distance 0; without any foreground all is infinite.
///
/// Time O(elements), memory the result; parallel over lines.
///
///     let toOrgan = DistanceTransform(spacing: VoxelSpacing(plane: 3, row: 1.5, column: 1.5))
///       .distances(to: organ)                 // [depth, height, width], millimetres
///
/// SciPy's `distance_transform_edt` measures the distance of the *foreground* to the background: pass
/// `BinaryMask.complement` for its values.
///
/// Source: Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", 2012, section 2.
public struct DistanceTransform: Hashable, Sendable {
  /// Millimetres between neighbours along each axis.
  public let spacing: VoxelSpacing

  public init(spacing: VoxelSpacing) { self.spacing = spacing }

  /// Distances in millimetres, in the mask's shape.
  ///
  /// - Precondition: the mask has as many axes as the spacing.
  public func distances(to mask: BinaryMask) -> Tensor<Double> {
    var distances = squaredDistances(to: mask)
    distances.withUnsafeMutableBufferPointer { buffer in
      for index in buffer.indices { buffer[index] = buffer[index].squareRoot() }
    }
    return distances
  }

  /// Squared distances in square millimetres, in the mask's shape.
  ///
  /// - Precondition: the mask has as many axes as the spacing.
  public func squaredDistances(to mask: BinaryMask) -> Tensor<Double> {
    let shape = mask.shape
    shapePrecondition(
      shape.rank == spacing.rank, "a mask \(shape) needs \(shape.rank) spacings, not \(spacing)")
    return Tensor(shape: shape) { buffer in
      mask.values.withUnsafeBufferPointer { source in
        SquaredDistances.transform(
          UnsafeRawBufferPointer(source), into: buffer, planes: shape.rank == 3 ? shape[0] : 1,
          rows: shape[-2], columns: shape[-1], spacing: spacing.planeRowColumn)
      }
    }
  }
}

extension VoxelSpacing {
  /// Three spacings; an image's plane counts as 1 mm thick, which no distance in it ever uses.
  var planeRowColumn: [Double] { rank == 3 ? millimeters : [1] + millimeters }
}

extension BinaryMask {
  /// The mask with foreground and background exchanged.
  public var complement: BinaryMask {
    BinaryMask(
      Tensor(shape: shape) { buffer in
        values.withUnsafeBufferPointer { source in
          for index in buffer.indices { buffer[index] = !source[index] }
        }
      })
  }
}
