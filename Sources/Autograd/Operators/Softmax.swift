import Tensor

extension Variable {
  /// e^x / sum e^x along an axis. Gradient: y (g - sum g y).
  public func softmax(along axis: Int) -> Variable {
    let y = value.softmax(along: axis)
    let kept = shape.keeping(reduced: [axis])
    return .recorded("softmax", inputs: [self], value: y) { gradient in
      [y * (gradient - (gradient * y).sum(along: axis).reshaped(kept))]
    }
  }

  /// The logarithm of the softmax along an axis. Gradient: g - softmax(x) sum g.
  public func logSoftmax(along axis: Int) -> Variable {
    let y = value.logSoftmax(along: axis)
    let kept = shape.keeping(reduced: [axis])
    return .recorded("logSoftmax", inputs: [self], value: y) { gradient in
      [gradient - y.exp() * gradient.sum(along: axis).reshaped(kept)]
    }
  }
}
