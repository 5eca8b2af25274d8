extension Tensor: Equatable, Hashable {
  /// Equal shapes and equal elements; by IEEE's rule a NaN is unequal to itself.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    a.shape == b.shape
      && a.withUnsafeBufferPointer { left in
        b.withUnsafeBufferPointer { right in left.elementsEqual(right) }
      }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(shape)
    withUnsafeBufferPointer { for element in $0 { hasher.combine(element) } }
  }

  /// Whether shape and every bit agree: two NaN of one pattern are identical, 0 and -0 are not.
  public func isIdentical(to other: Tensor) -> Bool {
    guard shape == other.shape else { return false }
    return withUnsafeBufferPointer { left in
      other.withUnsafeBufferPointer { right in
        UnsafeRawBufferPointer(left).elementsEqual(UnsafeRawBufferPointer(right))
      }
    }
  }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// Whether shapes agree and `|a - b| <= absoluteTolerance + relativeTolerance * |b|` everywhere
  /// (NumPy's `allclose`, with the tolerances always written out). NaN is close to nothing, an infinity to itself
  /// alone.
  public func isClose(to other: Tensor, absoluteTolerance: Scalar, relativeTolerance: Scalar = 0) -> Bool {
    guard shape == other.shape else { return false }
    return withUnsafeBufferPointer { left in
      other.withUnsafeBufferPointer { right in
        for index in left.indices where left[index] != right[index] {
          // An infinite b would make its own tolerance infinite.
          guard right[index].isFinite,
            (left[index] - right[index]).magnitude
              <= absoluteTolerance + relativeTolerance * right[index].magnitude
          else { return false }
        }
        return true
      }
    }
  }

  /// The largest `|a - b|`, NaN if any difference is; 0 for empty tensors.
  ///
  /// - Precondition: equal shapes.
  public func maximumAbsoluteDifference(to other: Tensor) -> Scalar {
    shapePrecondition(shape == other.shape, "shapes \(shape) and \(other.shape) differ")
    var largest: Scalar = 0
    withUnsafeBufferPointer { left in
      other.withUnsafeBufferPointer { right in
        for index in left.indices where left[index] != right[index] {
          let difference = (left[index] - right[index]).magnitude
          // NaN takes the place of a number, and no number takes that of NaN.
          if difference.isNaN || difference > largest { largest = difference }
        }
      }
    }
    return largest
  }
}
