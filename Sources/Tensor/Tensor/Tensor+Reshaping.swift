extension Tensor {
  /// The same elements under another shape, sharing the buffer. One length may be -1: it is inferred.
  ///
  /// - Precondition: the element counts agree.
  public func reshaped(_ lengths: [Int]) -> Tensor {
    var lengths = lengths
    if let open = lengths.firstIndex(of: -1) {
      let known = lengths.enumerated().reduce(1) { $1.offset == open ? $0 : $0 * $1.element }
      shapePrecondition(
        known > 0 && elementCount % known == 0, "a tensor of shape \(shape) does not reshape to \(lengths)")
      lengths[open] = elementCount / known
    }
    let target = TensorShape(lengths)
    shapePrecondition(
      target.elementCount == elementCount, "a tensor of shape \(shape) does not reshape to \(target)")
    return Tensor(storage: storage, offset: offset, shape: target)
  }

  /// The same elements under another shape, sharing the buffer; one length may be -1.
  public func reshaped(_ lengths: Int...) -> Tensor { reshaped(lengths) }

  /// The same elements under another shape, sharing the buffer.
  public func reshaped(_ shape: TensorShape) -> Tensor { reshaped(shape.dimensions) }

  /// All elements as one vector, sharing the buffer.
  public func flattened() -> Tensor { reshaped([elementCount]) }

  /// An axis of length 1 put in front of `axis`, sharing the buffer.
  public func expanded(at axis: Int) -> Tensor { reshaped(shape.inserting(1, at: axis)) }

  /// An axis of length 1 taken out, sharing the buffer.
  ///
  /// - Precondition: the axis has length 1.
  public func squeezed(at axis: Int) -> Tensor {
    shapePrecondition(shape[axis] == 1, "axis \(axis) of shape \(shape) has not length 1")
    return reshaped(shape.removing(axis: axis))
  }
}
