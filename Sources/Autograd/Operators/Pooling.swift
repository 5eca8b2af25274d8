public import Tensor

extension Variable {
  /// The largest value of each window; see `Tensor.maxPool`. The tape keeps which pixel was the largest, a
  /// byte each, in place of the input.
  public func maxPool(_ window: PoolingWindow) -> Variable {
    guard tracksGradient, isRecordingGradients else { return Variable(value.maxPool(window)) }
    let inputShape = shape
    let (output, selection) = value.maxPoolWithSelection(window)
    return .recorded("maxPool", inputs: [self], value: output) {
      [.maxPoolGradient(outputGradient: $0, selection: selection, inputShape: inputShape, window: window)]
    }
  }

  /// The mean of each window; see `Tensor.averagePool`.
  public func averagePool(_ window: PoolingWindow, divisor: AveragePoolingDivisor = .wholeWindow) -> Variable
  {
    let inputShape = shape
    return .recorded(
      "averagePool", inputs: [self], value: value.averagePool(window, divisor: divisor)
    ) {
      [.averagePoolGradient(outputGradient: $0, inputShape: inputShape, window: window, divisor: divisor)]
    }
  }

  /// The mean over all positions, `[N, ..., C]` to `[N, C]`; see `Tensor.globalAveragePool`.
  public func globalAveragePool() -> Variable {
    let inputShape = shape
    return .recorded("globalAveragePool", inputs: [self], value: value.globalAveragePool()) {
      [.globalAveragePoolGradient(outputGradient: $0, inputShape: inputShape)]
    }
  }
}
