import Tensor

/// For every grid point the number of steps to the nearest surface point along one axis: the first, and
/// exact, pass of a separable distance transform, in 2 bytes a point.
struct AxisSteps {
  /// Longest axis whose steps fit.
  static let longestAxis = 30_000

  /// Steps in the order of the grid; the axis' length where the line holds no surface point.
  private(set) var steps: [Int16]

  /// - Parameter axis: 0 for planes, 1 for rows.
  init(to points: SurfacePoints, axis: Int) {
    let length = axis == 0 ? points.planes : points.rows
    shapePrecondition(
      length <= Self.longestAxis, "an axis of \(length) grid points is too long for 16-bit steps")
    let outer = axis == 0 ? 1 : points.planes
    let outerStride = points.rows * points.columns
    let lineStride = axis == 0 ? outerStride : points.columns
    let lineCount = axis == 0 ? points.rows : 1
    let columns = points.columns
    let missing = Int16(length)
    steps = [Int16](unsafeUninitializedCapacity: points.gridCount) { buffer, count in
      count = points.gridCount
      guard let base = buffer.baseAddress, count > 0 else { return }
      let steps = base
      points.codes.withUnsafeBufferPointer { codes in
        guard let codes = codes.baseAddress else { return }
        let source = codes
        // One task sweeps whole lines of `columns` neighbours along the axis.
        Parallel.for(outer * lineCount, grain: max(1, 100_000 / (length * columns))) { range in
          for task in range {
            let start = task / lineCount * outerStride + task % lineCount * columns
            Self.sweep(
              source + start, steps + start, length: length, stride: lineStride, columns: columns,
              missing: missing)
          }
        }
      }
    }
  }

  private static func sweep(
    _ codes: UnsafePointer<UInt8>, _ steps: UnsafeMutablePointer<Int16>, length: Int, stride: Int,
    columns: Int, missing: Int16
  ) {
    for column in 0..<columns { steps[column] = codes[column] != 0 ? 0 : missing }
    for index in Swift.stride(from: stride, to: length * stride, by: stride) {
      let (code, previous, next) = (codes + index, steps + (index - stride), steps + index)
      for column in 0..<columns {
        let farther = min(previous[column] &+ 1, missing)
        next[column] = code[column] != 0 ? 0 : farther
      }
    }
    for index in Swift.stride(from: (length - 2) * stride, through: 0, by: -stride) {
      let (next, previous) = (steps + (index + stride), steps + index)
      for column in 0..<columns { previous[column] = min(previous[column], next[column] &+ 1) }
    }
  }
}
