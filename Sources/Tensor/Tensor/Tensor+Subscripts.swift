extension Tensor {
  /// The part at `index` along the first axis, of rank one less; reading shares the buffer.
  ///
  /// - Precondition: the tensor is no scalar and `0 <= index < shape[0]`.
  public subscript(index: Int) -> Tensor {
    get {
      shapePrecondition(
        rank > 0 && index >= 0 && index < shape[0], "index \(index) is outside a tensor of shape \(shape)")
      let part = shape.removing(axis: 0)
      return Tensor(storage: storage, offset: offset + index * part.elementCount, shape: part)
    }
    set {
      let part = shape.removing(axis: 0)
      shapePrecondition(
        newValue.shape == part, "a part of shape \(newValue.shape) does not fit one of shape \(part)")
      replace(at: index * part.elementCount, with: newValue)
    }
  }

  /// The parts in `range` along the first axis, of the same rank; reading shares the buffer.
  ///
  /// - Precondition: the range lies in `0...shape[0]`.
  public subscript(range: Range<Int>) -> Tensor {
    get {
      shapePrecondition(
        rank > 0 && range.lowerBound >= 0 && range.upperBound <= shape[0],
        "the range \(range) is outside a tensor of shape \(shape)")
      let part = shape.removing(axis: 0)
      return Tensor(
        storage: storage, offset: offset + range.lowerBound * part.elementCount,
        shape: shape.replacing(axis: 0, with: range.count))
    }
    set {
      let part = shape.replacing(axis: 0, with: range.count)
      shapePrecondition(
        newValue.shape == part, "a part of shape \(newValue.shape) does not fit one of shape \(part)")
      replace(at: range.lowerBound * shape.removing(axis: 0).elementCount, with: newValue)
    }
  }

  /// One element by its index along every axis.
  ///
  /// - Precondition: there are as many indices as axes, each within its axis.
  public subscript(indices: [Int]) -> Scalar {
    get { storage.pointer[offset + elementIndex(indices)] }
    set {
      let index = elementIndex(indices)
      withUnsafeMutableBufferPointer { $0[index] = newValue }
    }
  }

  /// One element of a matrix or image: `image[row, column]`, `batch[n, row, column, channel]`.
  public subscript(first: Int, second: Int, rest: Int...) -> Scalar {
    get { self[[first, second] + rest] }
    set { self[[first, second] + rest] = newValue }
  }

  /// The box of one range for each of the first axes, whole along the others: NumPy's `x[a:b, c:d]`.
  ///
  ///     image[0..<64, 20..<40]          // rows and columns of [H, W] or [H, W, C]
  ///     volume[4..<8, 0..<64, 20..<40] = Tensor(ones: [4, 64, 20])
  ///
  /// - Precondition: at most as many ranges as axes, each within its axis.
  /// - Complexity: linear in the size of the box.
  public subscript(first: Range<Int>, second: Range<Int>, rest: Range<Int>...) -> Tensor {
    get { cropped(to: box([first, second] + rest)) }
    set { replace(box: box([first, second] + rest), with: newValue) }
  }

  private func box(_ ranges: [Range<Int>]) -> [Range<Int>] {
    ranges + shape.dimensions.dropFirst(ranges.count).map { 0..<$0 }
  }

  private func elementIndex(_ indices: [Int]) -> Int {
    shapePrecondition(
      indices.count == rank && zip(indices, shape.dimensions).allSatisfy { $0 >= 0 && $0 < $1 },
      "the index \(indices) is outside a tensor of shape \(shape)")
    return zip(indices, shape.dimensions).reduce(0) { $0 * $1.1 + $1.0 }
  }

  private mutating func replace(at start: Int, with part: Tensor) {
    withUnsafeMutableBufferPointer { target in
      shapePrecondition(
        start >= 0 && start + part.elementCount <= target.count,
        "a part of shape \(part.shape) at \(start) is outside \(target.count) elements")
      guard let base = target.baseAddress else { return }
      (base + start).update(from: part.pointer, count: part.elementCount)
    }
  }
}
