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
  /// - Parameters:
  ///   - lengths: As many as the map has axes.
  ///   - displacement: What is added to a pixel of the result before it is mapped, of the result's shape and in pixels,
  ///     such as an elastic displacement; `nil` for none.
  /// - Precondition: the lengths and the displacement fit the map.
  public func coordinates<Scalar: TensorFloatingPointScalar>(
    for lengths: [Int], displacement: Tensor<Scalar>? = nil
  ) -> Tensor<Scalar> {
    shapePrecondition(
      lengths.count == offset.count, "spatial lengths \(lengths) do not fit a map of \(offset.count) axes")
    let shape = TensorShape([1] + lengths + [lengths.count])
    if let displacement {
      shapePrecondition(
        displacement.shape == shape,
        "a displacement of shape \(displacement.shape) does not fit positions of shape \(shape)")
    }
    return Tensor(shape: shape) { target in
      func fill(_ displacement: UnsafePointer<Scalar>?) {
        guard let to = target.baseAddress, !target.isEmpty else { return }
        if Scalar.self == Float.self {
          SamplingFast.positions(
            self, lengths: lengths, displacement: displacement?.asFloat, to.asFloat)
        } else {
          writePositions(self, lengths: lengths, displacement: displacement, to)
        }
      }
      if let displacement {
        displacement.withUnsafeBufferPointer { fill($0.baseAddress) }
      } else {
        fill(nil)
      }
    }
  }
}

@specialized(where Scalar == Double)
private func writePositions<Scalar: TensorFloatingPointScalar>(
  _ map: AffinePixelMap, lengths: [Int], displacement: UnsafePointer<Scalar>?,
  _ target: UnsafeMutablePointer<Scalar>
) {
  let rank = lengths.count
  var pixel = [Double](repeating: 0, count: rank)
  for index in 0..<lengths.reduce(1, *) {
    for axis in 0..<rank {
      var sum = map.offset[axis]
      for other in 0..<rank {
        let moved = displacement.map { Double($0[index * rank + other]) } ?? 0
        sum += map.matrix[axis][other] * (pixel[other] + moved)
      }
      target[index * rank + axis] = Scalar(sum)
    }
    // The next pixel in row-major order.
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      pixel[axis] += 1
      if Int(pixel[axis]) < lengths[axis] { break }
      pixel[axis] = 0
    }
  }
}
