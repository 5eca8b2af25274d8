import Tensor

extension Variable {
  /// The mean along `axes`. Gradient: g / n, repeated.
  public func mean(along axes: [Int]) -> Variable {
    let (shape, kept) = (shape, shape.keeping(reduced: axes))
    let count = Scalar(axes.reduce(1) { $0 * shape[$1] })
    return .recorded("mean", inputs: [self], value: value.mean(along: axes)) {
      [($0 / count).reshaped(kept).broadcast(to: shape)]
    }
  }

  /// The mean along one axis.
  public func mean(along axis: Int) -> Variable { mean(along: [axis]) }

  /// The mean of all elements.
  public func mean() -> Variable { mean(along: allAxes) }

  /// The variance along `axes`, with divisor n - correction. Gradient: 2 g (x - mean) / (n - correction).
  public func variance(along axes: [Int], correction: Int = 1) -> Variable {
    let x = value
    let divisor = divisor(axes, correction)
    let kept = shape.keeping(reduced: axes)
    return .recorded("variance", inputs: [self], value: x.variance(along: axes, correction: correction)) {
      [(x - x.mean(along: axes).reshaped(kept)) * ($0 * 2 / divisor).reshaped(kept)]
    }
  }

  /// The variance along one axis.
  public func variance(along axis: Int, correction: Int = 1) -> Variable {
    variance(along: [axis], correction: correction)
  }

  /// The variance of all elements.
  public func variance(correction: Int = 1) -> Variable { variance(along: allAxes, correction: correction) }

  /// The standard deviation along `axes`. Gradient: g (x - mean) / ((n - correction) deviation); 0 where all
  /// elements are equal, the kink.
  public func standardDeviation(along axes: [Int], correction: Int = 1) -> Variable {
    let x = value
    let divisor = divisor(axes, correction)
    let kept = shape.keeping(reduced: axes)
    let deviation = x.standardDeviation(along: axes, correction: correction)
    return .recorded("standardDeviation", inputs: [self], value: deviation) { gradient in
      let factor = (gradient / (deviation * divisor)).replacing(with: 0, where: deviation .== 0)
      return [(x - x.mean(along: axes).reshaped(kept)) * factor.reshaped(kept)]
    }
  }

  /// The standard deviation along one axis.
  public func standardDeviation(along axis: Int, correction: Int = 1) -> Variable {
    standardDeviation(along: [axis], correction: correction)
  }

  /// The standard deviation of all elements.
  public func standardDeviation(correction: Int = 1) -> Variable {
    standardDeviation(along: allAxes, correction: correction)
  }

  /// The Euclidean norm along `axes`. Gradient: g x / norm; 0 where the norm is 0, the kink.
  public func norm(along axes: [Int]) -> Variable {
    let x = value
    let kept = shape.keeping(reduced: axes)
    let norm = x.norm(along: axes)
    return .recorded("norm", inputs: [self], value: norm) { gradient in
      [x * (gradient / norm).replacing(with: 0, where: norm .== 0).reshaped(kept)]
    }
  }

  /// The Euclidean norm along one axis.
  public func norm(along axis: Int) -> Variable { norm(along: [axis]) }

  /// The Euclidean norm of all elements.
  public func norm() -> Variable { norm(along: allAxes) }

  /// log sum e^x along `axes`. Gradient: g softmax(x).
  public func logSumExp(along axes: [Int]) -> Variable {
    let x = value
    let kept = shape.keeping(reduced: axes)
    return .recorded("logSumExp", inputs: [self], value: x.logSumExp(along: axes)) { gradient in
      // From the shifted exponentials: e^(x - result) would carry the rounding of a large result. Where
      // every element is -infinity, 0 in place of the peak leaves a gradient of 0.
      let peak = x.max(along: axes)
      let shift = peak.replacing(with: 0, where: peak .== -.infinity).reshaped(kept)
      let exponentials = (x - shift).exp()
      let sum = exponentials.sum(along: axes)
      return [exponentials * (gradient / sum).replacing(with: 0, where: sum .== 0).reshaped(kept)]
    }
  }

  /// log sum e^x along one axis.
  public func logSumExp(along axis: Int) -> Variable { logSumExp(along: [axis]) }

  /// log sum e^x over all elements.
  public func logSumExp() -> Variable { logSumExp(along: allAxes) }

  private func divisor(_ axes: [Int], _ correction: Int) -> Scalar {
    Scalar(Swift.max(0, axes.reduce(1) { $0 * shape[$1] } - correction))
  }
}
