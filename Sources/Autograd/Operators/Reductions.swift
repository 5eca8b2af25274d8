public import Tensor

extension Variable {
  /// The sum along `axes`. Gradient: g, repeated.
  public func sum(along axes: [Int]) -> Variable {
    let (shape, kept) = (shape, shape.keeping(reduced: axes))
    return .recorded("sum", inputs: [self], value: value.sum(along: axes)) {
      [$0.reshaped(kept).broadcast(to: shape)]
    }
  }

  /// The sum along one axis.
  public func sum(along axis: Int) -> Variable { sum(along: [axis]) }

  /// The sum of all elements.
  public func sum() -> Variable { sum(along: allAxes) }

  /// The sum over the axes that broadcasting from `target` would repeat. Gradient: g, repeated.
  public func sum(to target: TensorShape) -> Variable {
    let shape = shape
    return .recorded("sum(to:)", inputs: [self], value: value.sum(to: target)) { [$0.broadcast(to: shape)] }
  }

  /// The product along `axes`. Gradient: g times the product of the other elements, right also where an
  /// element is 0.
  public func product(along axes: [Int]) -> Variable {
    let x = value
    let kept = shape.keeping(reduced: axes)
    return .recorded("product", inputs: [self], value: x.product(along: axes)) { gradient in
      let isZero = x .== 0
      let zeros = Tensor<Scalar>(mask: isZero).sum(along: axes).reshaped(kept)
      let others = x.replacing(with: 1, where: isZero)
      let product = others.product(along: axes).reshaped(kept)
      // With one 0 among the elements, its own gradient alone is not 0; with two, none is.
      let atNumbers = (product / others).replacing(with: 0, where: zeros .> 0)
      let atZeros = product.replacing(with: 0, where: zeros .> 1)
      return [gradient.reshaped(kept) * atNumbers.replacing(with: atZeros, where: isZero)]
    }
  }

  /// The product along one axis.
  public func product(along axis: Int) -> Variable { product(along: [axis]) }

  /// The product of all elements.
  public func product() -> Variable { product(along: allAxes) }

  /// The largest element along `axes`. Gradient: g at the largest; equal ones share it in equal parts.
  public func max(along axes: [Int]) -> Variable { extreme("max", axes, value.max(along: axes)) }

  /// The largest element along one axis.
  public func max(along axis: Int) -> Variable { max(along: [axis]) }

  /// The largest of all elements.
  public func max() -> Variable { max(along: allAxes) }

  /// The smallest element along `axes`. Gradient: g at the smallest; equal ones share it in equal parts.
  public func min(along axes: [Int]) -> Variable { extreme("min", axes, value.min(along: axes)) }

  /// The smallest element along one axis.
  public func min(along axis: Int) -> Variable { min(along: [axis]) }

  /// The smallest of all elements.
  public func min() -> Variable { min(along: allAxes) }

  /// The index of the largest element. It has no gradient: a variable that tracks one traps.
  public func argmax(along axis: Int) -> Tensor<Int32> {
    requireUntracked("argmax")
    return value.argmax(along: axis)
  }

  /// The index of the smallest element. It has no gradient: a variable that tracks one traps.
  public func argmin(along axis: Int) -> Tensor<Int32> {
    requireUntracked("argmin")
    return value.argmin(along: axis)
  }

  private func extreme(_ name: String, _ axes: [Int], _ result: Tensor<Scalar>) -> Variable {
    let x = value
    let kept = shape.keeping(reduced: axes)
    return .recorded(name, inputs: [self], value: result) { gradient in
      let winners = Tensor<Scalar>(mask: x .== result.reshaped(kept))
      return [winners * (gradient / winners.sum(along: axes)).reshaped(kept)]
    }
  }

  var allAxes: [Int] { Array(0..<shape.rank) }
}
