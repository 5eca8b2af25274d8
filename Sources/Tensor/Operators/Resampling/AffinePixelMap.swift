#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An affine map from the pixels of a result to positions in the image that it is made from.
///
///     source = matrix * target + offset
///
/// Positions are (row, column) in images and (plane, row, column) in volumes, in pixels, 0 at the center of
/// the first pixel. A map for an image that shall turn one way therefore turns the other way: it says where
/// to look.
public struct AffinePixelMap: Hashable, Sendable {
  /// The square matrix, by rows.
  public let matrix: [[Double]]
  /// The position in the source that pixel 0 of the result is read at.
  public let offset: [Double]

  /// - Precondition: a square matrix of finite numbers and as many finite offsets as rows, 1 to 3.
  public init(matrix: [[Double]], offset: [Double]) {
    shapePrecondition(
      (1...3).contains(offset.count) && matrix.count == offset.count
        && matrix.allSatisfy { $0.count == offset.count && $0.allSatisfy(\.isFinite) }
        && offset.allSatisfy(\.isFinite),
      "no affine map between pixels: matrix \(matrix), offset \(offset)")
    self.matrix = matrix
    self.offset = offset
  }

  /// The map `source = center + matrix * (target - center)`, which keeps `center` in place.
  public init(matrix: [[Double]], center: [Double]) {
    let moved = matrix.map { zip($0, center).reduce(0) { $0 + $1.0 * $1.1 } }
    self.init(matrix: matrix, offset: zip(center, moved).map { $0 - $1 })
  }

  /// A rotation and a change of size of images about a center:
  /// `source = center + [[cos, -sin], [sin, cos]] (target - center) / sizeFactor`.
  ///
  /// With rows counted down, a positive angle turns the picture clockwise. A `sizeFactor` above 1 enlarges
  /// the picture, here and everywhere in the library; batchgenerators' `scale` is its reciprocal.
  ///
  /// - Precondition: the size factor is finite and greater than 0.
  public static func rotation(
    radians: Double, sizeFactor: Double = 1, center: (row: Double, column: Double)
  ) -> AffinePixelMap {
    shapePrecondition(
      sizeFactor > 0 && sizeFactor.isFinite, "a size factor is finite and greater than 0, not \(sizeFactor)")
    let (c, s) = (cos(radians) / sizeFactor, sin(radians) / sizeFactor)
    return AffinePixelMap(matrix: [[c, -s], [s, c]], center: [center.row, center.column])
  }

  /// The map that applies this one to the positions of `next`: first `next`, then this.
  ///
  /// - Precondition: equal numbers of axes.
  public func after(_ next: AffinePixelMap) -> AffinePixelMap {
    shapePrecondition(
      offset.count == next.offset.count,
      "maps of \(offset.count) and \(next.offset.count) axes do not combine")
    let axes = offset.indices
    let product = axes.map { row in
      axes.map { column in axes.reduce(0) { $0 + matrix[row][$1] * next.matrix[$1][column] } }
    }
    return AffinePixelMap(matrix: product, offset: position(of: next.offset))
  }

  /// The position in the source that `target` is read at.
  public func position(of target: [Double]) -> [Double] {
    shapePrecondition(
      target.count == offset.count, "the position \(target) has not the \(offset.count) axes of the map")
    return zip(matrix, offset).map { row, shift in zip(row, target).reduce(shift) { $0 + $1.0 * $1.1 } }
  }

  /// The positions of all pixels of a result with the given spatial lengths: `[1, H, W, 2]` or
  /// `[1, D, H, W, 3]`, for ``Tensor/sampled(at:interpolation:border:)``.
  ///
  /// - Precondition: as many lengths as the map has axes.
  public func coordinates<Scalar: TensorFloatingPointScalar>(for lengths: [Int]) -> Tensor<Scalar> {
    shapePrecondition(
      lengths.count == offset.count, "spatial lengths \(lengths) do not fit a map of \(offset.count) axes")
    let rank = lengths.count
    let rows = lengths.dropLast().reduce(1, *)
    let width = lengths[rank - 1]
    return Tensor(shape: TensorShape([1] + lengths + [rank])) { target in
      for row in 0..<rows {
        var first = [Double](repeating: 0, count: rank)
        var rest = row
        for axis in stride(from: rank - 2, through: 0, by: -1) {
          first[axis] = Double(rest % lengths[axis])
          rest /= lengths[axis]
        }
        let start = position(of: first)
        for axis in 0..<rank {
          let step = matrix[axis][rank - 1]
          writeRamp(
            target, from: row * width * rank + axis, by: rank, count: width, start: start[axis], step: step)
        }
      }
    }
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func writeRamp<Scalar: TensorFloatingPointScalar>(
  _ target: UnsafeMutableBufferPointer<Scalar>, from first: Int, by distance: Int, count: Int, start: Double,
  step: Double
) {
  for index in 0..<count { target[first + index * distance] = Scalar(start + step * Double(index)) }
}
