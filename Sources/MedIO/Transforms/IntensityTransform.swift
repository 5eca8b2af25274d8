public import Tensor

/// The intensity normalizations of the field. Each is fitted first (``map(fitting:)``), on the image itself or
/// on training voxels alone, and the resulting ``IntensityMap`` applied then.
///
///     let window = IntensityTransform.window(-160...240)          // HU to 0...1, clamped
///     let (image, maps) = ct.normalized(by: window)
public enum IntensityTransform: Hashable, Sendable {
  /// What becomes of values outside a window.
  public enum Outside: Hashable, Sendable {
    /// The nearer end of the range.
    case clamped
    /// The line goes on.
    case extended
  }
  /// Which values are looked at when a transform is fitted.
  public enum Population: Hashable, Sendable {
    case all
    /// All but zeros, which mark background in skull-stripped images.
    case nonzero
  }

  /// A range of values, as HU, onto another: `(x - lower) / (upper - lower)` times the width of `target`, plus its
  /// lower end (MONAI's `ScaleIntensityRange`).
  case window(ClosedRange<Float>, to: ClosedRange<Float> = 0...1, outside: Outside = .clamped)
  /// The range between two percentiles onto another (MONAI's `ScaleIntensityRangePercentiles`).
  case percentileWindow(
    ClosedRange<Double>, to: ClosedRange<Float> = 0...1, outside: Outside = .clamped, over: Population = .all)
  /// Values outside two percentiles take theirs; nothing is scaled.
  case percentileClip(ClosedRange<Double>, over: Population = .all)
  /// `(x - mean) / standard deviation`, the latter over n, not n - 1; a constant image becomes 0.
  case zScore(over: Population = .all)
  /// Minimum and maximum onto a range; a constant image becomes its lower end.
  case minMax(to: ClosedRange<Float> = 0...1)
  /// `x / maximum`; an image without positive values stays as it is.
  case divideByMaximum

  /// What this transform does to `values`. NaN and infinities are not looked at; without any finite value
  /// nothing is changed.
  ///
  /// - Precondition: percentiles are in 0...100; a window is wider than 0.
  public func map(fitting values: Tensor<Float>) -> IntensityMap {
    switch self {
    case .window(let source, let target, let outside):
      shapePrecondition(source.lowerBound < source.upperBound, "a window of width 0: \(source)")
      return IntensityMap(from: source.doubles, to: target.doubles, clamps: outside == .clamped)
    case .percentileWindow(let percentiles, let target, let outside, let population):
      guard let range = Self.range(percentiles, of: values, population) else { return .identity }
      return IntensityMap(from: range, to: target.doubles, clamps: outside == .clamped)
    case .percentileClip(let percentiles, let population):
      guard let range = Self.range(percentiles, of: values, population) else { return .identity }
      return IntensityMap(scale: 1, offset: 0, clamp: range)
    case .zScore(let population):
      guard let moments = Moments(values, population) else { return .identity }
      let scale = moments.deviation > 0 ? 1 / moments.deviation : 1
      return IntensityMap(scale: scale, offset: -moments.mean * scale)
    case .minMax(let target):
      guard let range = Self.extremes(of: values) else { return .identity }
      return IntensityMap(from: range, to: target.doubles, clamps: false)
    case .divideByMaximum:
      guard let range = Self.extremes(of: values), range.upperBound > 0 else { return .identity }
      return IntensityMap(scale: 1 / range.upperBound, offset: 0)
    }
  }

  private static func range(
    _ percentiles: ClosedRange<Double>, of values: Tensor<Float>, _ population: Population
  ) -> ClosedRange<Double>? {
    let ends = Percentiles.values([percentiles.lowerBound, percentiles.upperBound], of: values) {
      population == .all || $0 != 0
    }
    guard let ends else { return nil }
    return ends[0]...max(ends[0], ends[1])
  }

  private static func extremes(of values: Tensor<Float>) -> ClosedRange<Double>? {
    var (lower, upper) = (Float.infinity, -Float.infinity)
    values.withUnsafeBufferPointer { buffer in
      for value in buffer where value.isFinite {
        lower = min(lower, value)
        upper = max(upper, value)
      }
    }
    return lower <= upper ? Double(lower)...Double(upper) : nil
  }

  /// Mean and standard deviation of finite values, in two passes in double precision.
  private struct Moments {
    let mean: Double
    let deviation: Double

    init?(_ values: Tensor<Float>, _ population: Population) {
      func sum(_ term: (Double) -> Double) -> (sum: Double, count: Int) {
        values.withUnsafeBufferPointer { buffer in
          var (total, count) = (0.0, 0)
          for value in buffer where value.isFinite && (population == .all || value != 0) {
            total += term(Double(value))
            count += 1
          }
          return (total, count)
        }
      }
      let (total, count) = sum { $0 }
      guard count > 0 else { return nil }
      let mean = total / Double(count)
      self.mean = mean
      deviation = (sum { ($0 - mean) * ($0 - mean) }.sum / Double(count)).squareRoot()
    }
  }
}

extension Volume where Scalar == Float {
  /// Over what a transform is fitted and applied.
  public enum IntensityScope: Hashable, Sendable {
    /// One map for the volume.
    case volume
    /// A map for every plane of every frame.
    case eachPlane
  }

  /// The normalized image, and what was done: one map, or one for every plane, frame by frame.
  public func normalized(
    by transform: IntensityTransform, scope: IntensityScope = .volume
  ) -> (volume: Volume<Float>, maps: [IntensityMap]) {
    switch scope {
    case .volume:
      let map = transform.map(fitting: voxels)
      return (with(voxels: map.applied(to: voxels), componentCount: componentCount), [map])
    case .eachPlane:
      let planes = voxels.reshaped(frameCount * depth, height, width * componentCount)
      var maps: [IntensityMap] = []
      let parts = (0..<frameCount * depth).map { index in
        let map = transform.map(fitting: planes[index])
        maps.append(map)
        return map.applied(to: planes[index])
      }
      let joined = Tensor(stacking: parts).reshaped(voxels.shape)
      return (with(voxels: joined, componentCount: componentCount), maps)
    }
  }
}

extension ClosedRange<Float> {
  fileprivate var doubles: ClosedRange<Double> { Double(lowerBound)...Double(upperBound) }
}
