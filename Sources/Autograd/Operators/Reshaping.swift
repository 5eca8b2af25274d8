public import Tensor

extension Variable {
  /// The same elements under another shape; one length may be -1. See `Tensor.reshaped`.
  public func reshaped(_ lengths: [Int]) -> Variable {
    let shape = shape
    return .recorded("reshaped", inputs: [self], value: value.reshaped(lengths)) { [$0.reshaped(shape)] }
  }

  /// The same elements under another shape; one length may be -1.
  public func reshaped(_ lengths: Int...) -> Variable { reshaped(lengths) }

  /// The same elements under another shape.
  public func reshaped(_ shape: TensorShape) -> Variable { reshaped(shape.dimensions) }

  /// All elements as one vector.
  public func flattened() -> Variable { reshaped([shape.elementCount]) }

  /// An axis of length 1 put in front of `axis`.
  public func expanded(at axis: Int) -> Variable { reshaped(shape.inserting(1, at: axis)) }

  /// An axis of length 1 taken out.
  public func squeezed(at axis: Int) -> Variable { reshaped(value.squeezed(at: axis).shape) }
}
