public import Tensor

extension LabelMap {
  /// The label of every `stride`-th pixel, beginning with the first: element i is pixel `stride * i` along
  /// each axis, as the reference implementation of SuperCL takes it.
  ///
  /// The result has ceil(length / stride) elements along an axis.
  ///
  /// - Precondition: `stride` is at least 1.
  public func downsampled(by stride: Int) -> LabelMap {
    shapePrecondition(stride >= 1, "a stride must be at least 1, not \(stride)")
    let target = shape.dimensions.map { ($0 + stride - 1) / stride }
    return sampled(TensorShape(target), strides: shape.dimensions.map { _ in stride })
  }

  /// The labels on the grid of a feature map: element i is pixel `s * i` with s = length / target length.
  ///
  /// - Parameter target: `[height, width]` or `[depth, height, width]` of the feature map.
  /// - Throws: ``SuperpixelError``, naming both sizes, when a length is not a whole multiple.
  public func downsampled(to target: TensorShape) throws(SuperpixelError) -> LabelMap {
    guard target.rank == shape.rank,
      zip(shape.dimensions, target.dimensions).allSatisfy({ $1 > 0 && $0 > 0 && $0 % $1 == 0 })
    else { throw SuperpixelError(.sizesDoNotFit(map: shape, features: target)) }
    return sampled(target, strides: zip(shape.dimensions, target.dimensions).map { $0 / $1 })
  }

  private func sampled(_ target: TensorShape, strides: [Int]) -> LabelMap {
    let offsets = zip(shape.strides, strides).map { $0 * $1 }
    return LabelMap(
      Tensor(shape: target) { buffer in
        labels.withUnsafeBufferPointer { labels in
          let rows = target.elementCount / max(target[-1], 1)
          for row in 0..<rows {
            let y = row % target[-2]
            let source =
              y * offsets[offsets.count - 2] + (target.rank == 3 ? row / target[-2] * offsets[0] : 0)
            for x in 0..<target[-1] {
              buffer[row * target[-1] + x] = labels[source + x * strides[strides.count - 1]]
            }
          }
        }
      })
  }
}
