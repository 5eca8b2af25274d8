public import Tensor

extension Variable {
  /// The variable with elements added around it; see `Tensor.padded`. An element that stands at the edge
  /// several times gets the sum of the gradients.
  public func padded(_ amounts: [PaddingAmount], border: BorderMode<Scalar>) -> Variable {
    let shape = shape
    return .recorded("padded", inputs: [self], value: value.padded(amounts, border: border)) { gradient in
      if case .constant = border {
        return [gradient.cropped(to: zip(amounts, shape.dimensions).map { $0.before..<$0.before + $1 })]
      }
      // The axes in the reverse order of the forward pass.
      var result = gradient
      for axis in amounts.indices.reversed() where amounts[axis] != .none {
        let sources = border.sources(length: shape[axis], padding: amounts[axis], of: shape)
        result = Tensor(zeros: result.shape.replacing(axis: axis, with: shape[axis])).scatterAdding(
          result, along: axis, at: Tensor<Int64>(sources.map(Int64.init)))
      }
      return [result]
    }
  }

  /// The box of `lengths` around the center, cropped and padded; see `Tensor.centerPaddedOrCropped`.
  public func centerPaddedOrCropped(to lengths: [Int], border: BorderMode<Scalar>) -> Variable {
    let plan = CenterBox(from: shape, to: lengths)
    return cropped(to: plan.crop).padded(plan.padding, border: border)
  }
}
