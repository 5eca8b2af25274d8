public import Tensor

extension Variable {
  /// The parts at the given indices along an axis; see `Tensor.gathered`. A part that is read twice gets the
  /// sum of both gradients.
  public func gathered<Index: TensorIntegerScalar>(along axis: Int = 0, at indices: Tensor<Index>) -> Variable
  {
    let shape = shape
    return .recorded("gathered", inputs: [self], value: value.gathered(along: axis, at: indices)) {
      [Tensor(zeros: shape).scatterAdding($0, along: axis, at: indices)]
    }
  }

  /// The parts at the given indices along an axis.
  public func gathered(along axis: Int = 0, at indices: [Int]) -> Variable {
    gathered(along: axis, at: Tensor<Int64>(indices.map(Int64.init)))
  }

  /// One element for every index; see `Tensor.gatheredElements`.
  public func gatheredElements<Index: TensorIntegerScalar>(
    along axis: Int, at indices: Tensor<Index>
  ) -> Variable {
    let shape = shape
    let result = value.gatheredElements(along: axis, at: indices)
    return .recorded("gatheredElements", inputs: [self], value: result) {
      [Tensor(zeros: shape).scatterAddingElements($0, along: axis, at: indices)]
    }
  }

  /// This variable with `updates` added at the given indices along an axis; see `Tensor.scatterAdding`.
  public func scatterAdding<Index: TensorIntegerScalar>(
    _ updates: Variable, along axis: Int = 0, at indices: Tensor<Index>
  ) -> Variable {
    let result = value.scatterAdding(updates.value, along: axis, at: indices)
    return .recorded("scatterAdding", inputs: [self, updates], value: result) {
      [$0, $0.gathered(along: axis, at: indices)]
    }
  }

  /// This variable with one update added at every index; see `Tensor.scatterAddingElements`.
  public func scatterAddingElements<Index: TensorIntegerScalar>(
    _ updates: Variable, along axis: Int, at indices: Tensor<Index>
  ) -> Variable {
    let result = value.scatterAddingElements(updates.value, along: axis, at: indices)
    return .recorded("scatterAddingElements", inputs: [self, updates], value: result) {
      [$0, $0.gatheredElements(along: axis, at: indices)]
    }
  }
}
