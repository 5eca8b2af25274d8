public import Tensor

/// What an intensity transform did: `y = scale * clamp(x) + offset`. NaN stays NaN.
public struct IntensityMap: Hashable, Sendable {
  public let scale: Double
  public let offset: Double
  /// The range that values are clamped to before they are scaled; `nil` clamps nothing.
  public let clamp: ClosedRange<Double>?

  public init(scale: Double, offset: Double, clamp: ClosedRange<Double>? = nil) {
    self.scale = scale
    self.offset = offset
    self.clamp = clamp
  }

  /// No change.
  public static let identity = IntensityMap(scale: 1, offset: 0)

  /// The map that takes `source` to `target`. A range of one value goes to the lower end of `target`.
  init(from source: ClosedRange<Double>, to target: ClosedRange<Double>, clamps: Bool) {
    let width = source.upperBound - source.lowerBound
    let scale = width > 0 ? (target.upperBound - target.lowerBound) / width : 1
    self.init(
      scale: scale, offset: target.lowerBound - scale * source.lowerBound, clamp: clamps ? source : nil)
  }

  /// The map back; values that were clamped return to the end of the range they left. `nil` for a scale of 0.
  public var inverse: IntensityMap? {
    guard scale != 0 else { return nil }
    return IntensityMap(scale: 1 / scale, offset: -offset / scale)
  }

  /// One value. Computed in double precision, rounded once.
  public func callAsFunction(_ value: Float) -> Float {
    var x = Double(value)
    if let clamp { x = x < clamp.lowerBound ? clamp.lowerBound : x > clamp.upperBound ? clamp.upperBound : x }
    return Float(scale * x + offset)
  }

  /// All values of a tensor.
  public func applied(to values: Tensor<Float>) -> Tensor<Float> {
    if self == .identity { return values }
    return Tensor(shape: values.shape) { target in
      values.withUnsafeBufferPointer { source in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        write(source, to: target, count: values.elementCount)
      }
    }
  }

  /// All values of a tensor, in its own memory where nobody else holds it.
  func apply(to values: inout Tensor<Float>) {
    if self == .identity { return }
    values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return }
      write(base, to: base, count: values.count)
    }
  }

  /// The target may be the source.
  private func write(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int) {
    // Without clamping the bounds are infinite, which keeps the loop free of branches.
    let (lower, upper) = (clamp?.lowerBound ?? -.infinity, clamp?.upperBound ?? .infinity)
    let (scale, offset) = (scale, offset)
    for index in 0..<count {
      let x = Double(source[index])
      let clamped = x < lower ? lower : x > upper ? upper : x
      target[index] = Float(scale * clamped + offset)
    }
  }
}
