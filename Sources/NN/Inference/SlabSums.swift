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

  /// Takes the planes before `plane` out; `nil` when there is none.
  mutating func finish(before plane: Int) -> (planes: Range<Int>, sums: Tensor<Scalar>)? {
    let count = plane - first
    guard count > 0 else { return nil }
    let size = sums.elementCount / sums.shape[0]
    let shape = sums.shape.replacing(axis: 0, with: count)
    let done = Tensor<Scalar>(shape: shape) { target in
      sums.withUnsafeBufferPointer { source in
        guard let source = source.baseAddress else { return }
        target.baseAddress?.initialize(from: source, count: count * size)
      }
    }
    sums.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let rest = buffer.count - count * size
      base.update(from: base + count * size, count: rest)
      (base + rest).update(repeating: 0, count: count * size)
    }
    defer { first = plane }
    return (first..<plane, done)
  }
}
