extension Tensor {
  /// The elements of `replacement` where the mask is true, and this tensor's elsewhere (NumPy's `where`);
  /// all three broadcast.
  ///
  ///     let x = Tensor<Float>([3, -1, 2])
  ///     x.replacing(with: Tensor(zeros: [3]), where: x .< 0)   // [3, 0, 2]
  ///
  /// - Precondition: the three shapes broadcast.
  public func replacing(with replacement: Tensor, where mask: Tensor<Bool>) -> Tensor {
    guard let values = shape.broadcast(with: replacement.shape),
      let target = values.broadcast(with: mask.shape)
    else {
      shapePreconditionFailure("shapes \(shape), \(replacement.shape) and \(mask.shape) do not broadcast")
    }
    return Self.select(broadcast(to: target), replacement.broadcast(to: target), mask.broadcast(to: target))
  }

  /// `value` where the mask is true, and this tensor's elements elsewhere.
  ///
  /// - Precondition: the shapes broadcast.
  public func replacing(with value: Scalar, where mask: Tensor<Bool>) -> Tensor {
    Self.select(self, mask, value)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  private static func select(_ original: Tensor, _ replacement: Tensor, _ mask: Tensor<Bool>) -> Tensor {
    Tensor(shape: mask.shape) { output in
      original.withUnsafeBufferPointer { original in
        replacement.withUnsafeBufferPointer { replacement in
          mask.withUnsafeBufferPointer { mask in
            Parallel.for(output.count, grain: Elementwise.grain) { range in
              for index in range { output[index] = mask[index] ? replacement[index] : original[index] }
            }
          }
        }
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  private static func select(_ original: Tensor, _ mask: Tensor<Bool>, _ value: Scalar) -> Tensor {
    Elementwise.zip(original, mask) { $1 ? value : $0 }
  }
}
