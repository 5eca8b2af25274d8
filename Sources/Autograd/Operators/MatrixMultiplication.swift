public import Tensor

extension Variable {
  /// The matrix product over the last two axes; batch axes broadcast.
  ///
  /// Gradients of c = a b: g b^T and a^T g, summed back over repeated batches; with transposed operands
  /// accordingly, without a copy.
  public func matmul(_ other: Variable, transposing: TransposedOperands = .neither) -> Variable {
    let (leftShape, rightShape) = (shape, other.shape)
    let right = tracksGradient ? other.value : nil
    let left = other.tracksGradient ? value : nil
    let result = value.matmul(other.value, transposing: transposing)
    return .recorded("matmul", inputs: [self, other], value: result) { gradient in
      let toLeft = right.map { b in
        switch transposing {
        case .neither: gradient.matmul(b, transposing: .right)
        case .right: gradient.matmul(b)
        case .left: b.matmul(gradient, transposing: .right)
        case .both: b.matmul(gradient, transposing: .both)
        }
      }
      let toRight = left.map { a in
        switch transposing {
        case .neither: a.matmul(gradient, transposing: .left)
        case .left: a.matmul(gradient)
        case .right: gradient.matmul(a, transposing: .left)
        case .both: gradient.matmul(a, transposing: .both)
        }
      }
      return [toLeft?.sum(to: leftShape), toRight?.sum(to: rightShape)]
    }
  }
}
