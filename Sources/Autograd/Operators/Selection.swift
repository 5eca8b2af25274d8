public import Tensor

extension Variable {
  /// The elements of `replacement` where the mask is true, and this variable's elsewhere; all three broadcast.
  /// Each gets the gradient of the elements it gave.
  public func replacing(with replacement: Variable, where mask: Tensor<Bool>) -> Variable {
    let (a, b) = (shape, replacement.shape)
    let result = value.replacing(with: replacement.value, where: mask)
    return .recorded("replacing", inputs: [self, replacement], value: result) { gradient in
      [
        gradient.replacing(with: 0, where: mask).sum(to: a),
        gradient.replacing(with: 0, where: .!mask).sum(to: b),
      ]
    }
  }

  /// `constant` where the mask is true, and this variable's elements elsewhere, which get their gradient.
  public func replacing(with constant: Scalar, where mask: Tensor<Bool>) -> Variable {
    let shape = shape
    return .recorded("replacing", inputs: [self], value: value.replacing(with: constant, where: mask)) {
      [$0.replacing(with: 0, where: mask).sum(to: shape)]
    }
  }
}
