import Tensor

/// Weighted sums of probabilities along the first axis, of the planes alone that windows still to come may touch.
///
/// Windows come in the order of their first planes. As soon as one begins at a plane, all planes before it are done: they are
/// taken out, and what is behind moves up. So the sums take the memory of one window's planes, however long the image is.
struct SlabSums<Scalar: TensorFloatingPointScalar> {
  /// `[planes, side, side, class]`.
  private var sums: Tensor<Scalar>
  /// The plane of the image that the first of the sums belongs to.
  private var first = 0

  init(_ grid: WindowGrid, classes: Int) {
    let planes = min(grid.window[0], grid.lengths[0])
    sums = Tensor(zeros: TensorShape([planes, grid.lengths[1], grid.lengths[2], classes]))
  }

  var classes: Int { sums.shape[-1] }

  /// Adds what a window gives to its pixels.
  mutating func add(_ part: Tensor<Scalar>, at pixels: [Range<Int>]) {
    let place = [pixels[0].lowerBound - first, pixels[1].lowerBound, pixels[2].lowerBound, 0]
    let box = zip(place, part.shape.dimensions).map { $0..<$0 + $1 }
    sums.replaceBox(at: place, with: sums.cropped(to: box) + part)
  }

  /// Hands out the planes before `plane`, if there are any, without a copy, and moves what is behind them up.
  mutating func finish(
    before plane: Int, _ body: (_ planes: Range<Int>, _ sums: Tensor<Scalar>) throws -> Void
  ) rethrows {
    let count = plane - first
    guard count > 0 else { return }
    try body(first..<plane, sums.sliced(along: 0, 0..<count))
    let size = sums.elementCount / sums.shape[0]
    sums.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let rest = buffer.count - count * size
      base.update(from: base + count * size, count: rest)
      (base + rest).update(repeating: 0, count: count * size)
    }
    first = plane
  }
}
