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

  /// Adds the probabilities of a window, times its weights, to the pixels that it has in the image.
  ///
  /// By a few planes at a time: what is cut, weighted and summed stays in the processor's caches, and takes no memory beside
  /// the sums that is worth speaking of.
  ///
  /// - Parameters:
  ///   - window: Probabilities `[window..., K]`, padding included.
  ///   - weights: `[window..., 1]`.
  ///   - inside: The part of the window that lies in the image.
  ///   - pixels: Where that part lies.
  mutating func add(
    _ window: Tensor<Scalar>, weights: Tensor<Scalar>, inside: [Range<Int>], at pixels: [Range<Int>]
  ) {
    let chunk = max(1, Self.chunkSize / (inside[1].count * inside[2].count * classes))
    for start in stride(from: 0, to: inside[0].count, by: chunk) {
      let planes = start..<min(inside[0].count, start + chunk)
      let source = [planes.shifted(by: inside[0].lowerBound), inside[1], inside[2]]
      let target =
        [planes.shifted(by: pixels[0].lowerBound - first), pixels[1], pixels[2]] + [0..<classes]
      let part = window.cropped(to: source + [0..<classes]) * weights.cropped(to: source + [0..<1])
      sums.replaceBox(at: target.map(\.lowerBound), with: sums.cropped(to: target) + part)
    }
  }

  /// About so many values at a time.
  private static var chunkSize: Int { 1 << 16 }

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

extension Range<Int> {
  fileprivate func shifted(by offset: Int) -> Range { lowerBound + offset..<upperBound + offset }
}
