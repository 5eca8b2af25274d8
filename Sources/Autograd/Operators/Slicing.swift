import Tensor

extension Variable {
  /// The part at `index` along the first axis, of rank one less.
  public subscript(index: Int) -> Variable { selected(along: 0, at: index) }

  /// The parts in `range` along the first axis, of the same rank.
  public subscript(range: Range<Int>) -> Variable { sliced(along: 0, range) }

  /// The elements of `range` along one axis, every `step`-th; see `Tensor.sliced`. The others get gradient 0.
  public func sliced(along axis: Int, _ range: some RangeExpression<Int>, step: Int = 1) -> Variable {
    let shape = shape
    let range = range.relative(to: 0..<shape[axis])
    return .recorded("sliced", inputs: [self], value: value.sliced(along: axis, range, step: step)) {
      [Tensor(zeros: shape).replacing(along: axis, range, step: step, with: $0)]
    }
  }

  /// The part at one index along an axis, of rank one less.
  public func selected(along axis: Int, at index: Int) -> Variable {
    sliced(along: axis, index..<index + 1).squeezed(at: axis)
  }

  /// The box of one range for every axis; see `Tensor.cropped`. Elements outside get gradient 0.
  public func cropped(to ranges: [Range<Int>]) -> Variable {
    let shape = shape
    return .recorded("cropped", inputs: [self], value: value.cropped(to: ranges)) {
      var gradient = Tensor<Scalar>(zeros: shape)
      gradient.replaceBox(at: ranges.map(\.lowerBound), with: $0)
      return [gradient]
    }
  }

  /// The variable with the order of the elements reversed along the axes.
  public func flipped(along axes: Int...) -> Variable { flipped(along: axes) }

  /// The variable with the order of the elements reversed along the axes.
  public func flipped(along axes: [Int]) -> Variable {
    .recorded("flipped", inputs: [self], value: value.flipped(along: axes)) { [$0.flipped(along: axes)] }
  }

  /// A copy in which `part` stands where ``sliced(along:_:step:)`` with the same arguments reads. The elements
  /// that it covers get gradient 0.
  public func replacing(
    along axis: Int, _ range: some RangeExpression<Int>, step: Int = 1, with part: Variable
  ) -> Variable {
    let range = range.relative(to: 0..<shape[axis])
    let partShape = part.shape
    let result = value.replacing(along: axis, range, step: step, with: part.value)
    return .recorded("replacing", inputs: [self, part], value: result) {
      [
        $0.replacing(along: axis, range, step: step, with: Tensor(zeros: partShape)),
        $0.sliced(along: axis, range, step: step),
      ]
    }
  }
}
