import Tensor

// Columns of a batch about their means. Equal rows give exact zeros and columns of any scale keep their digits, because the
// first row is taken off before the mean is.

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// Rows `[N, d]`, N at least 1, less the mean of each column.
  func centeredColumns() -> Tensor {
    var result = self - self[0]
    result -= result.mean(along: 0)
    return result
  }

  /// The sum over the rows of the product with those of another tensor of the same shape `[N, d]`, column by column: `[d]`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func columnDots(_ other: Tensor) -> Tensor {
    let (count, features) = (shape[0], shape[1])
    // As a tree of two levels, so that the rounding grows with the root of the rows at most.
    let block = 64
    return Tensor(shape: [features]) { sums in
      guard let sums = sums.baseAddress else { return }
      let (left, right) = (pointer, other.pointer)
      Parallel.for(features, grain: 256) { columns in
        withUnsafeTemporaryAllocation(of: Scalar.self, capacity: columns.count) { part in
          guard let part = part.baseAddress else { return }
          for index in columns { sums[index] = 0 }
          for first in stride(from: 0, to: count, by: block) {
            part.update(repeating: 0, count: columns.count)
            for row in first..<Swift.min(count, first + block) {
              let start = row * features + columns.lowerBound
              for index in 0..<columns.count { part[index] += left[start + index] * right[start + index] }
            }
            for index in 0..<columns.count { sums[columns.lowerBound + index] += part[index] }
          }
        }
      }
    }
  }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// Adds rows of the same shape `[N, d]`, each column times its factor `[d]`, in place.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func add(_ rows: Tensor, timesColumns factors: Tensor) {
    forEachRow { values, start, features in
      let (rows, factors) = (rows.pointer + start, factors.pointer)
      for index in 0..<features { values[index] += rows[index] * factors[index] }
    }
  }

  /// Adds rows of the same shape `[N, d]`, each row times its factor `[N]`, in place.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func add(_ rows: Tensor, timesRows factors: Tensor) {
    forEachRow { values, start, features in
      let (rows, factor) = (rows.pointer + start, factors.pointer[start / features])
      for index in 0..<features { values[index] += rows[index] * factor }
    }
  }

  /// `x = (x - mean - rows along) scales`, with one number for each column.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  fileprivate mutating func standardizeSlopes(
    _ mean: Tensor, _ along: Tensor, _ rows: Tensor, _ scales: Tensor
  ) {
    forEachRow { values, start, features in
      let (mean, along, rows, scales) = (mean.pointer, along.pointer, rows.pointer + start, scales.pointer)
      for index in 0..<features {
        values[index] = (values[index] - mean[index] - rows[index] * along[index]) * scales[index]
      }
    }
  }

  /// Calls `body` with each row of a matrix, where it starts in memory, and its length, over all cores.
  @inline(__always)
  private mutating func forEachRow(
    _ body: (_ row: UnsafeMutablePointer<Scalar>, _ start: Int, _ features: Int) -> Void
  ) {
    let (count, features) = (shape[0], shape[1])
    withUnsafeMutableBufferPointer { values in
      guard let values = values.baseAddress, features > 0 else { return }
      Parallel.for(count, grain: Swift.max(1, (1 << 15) / features)) { range in
        for row in range { body(values + row * features, row * features, features) }
      }
    }
  }

  /// The sum of the squares of all elements, in 64 bits: those of large covariances are no numbers of 32.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func sumOfSquares() -> Double {
    let start = pointer
    return Parallel.sums(1, over: elementCount, grain: 1 << 14) { range, sum in
      // Eight sums that do not wait for one another.
      var parts = SIMD8<Double>()
      var index = range.lowerBound
      while index + 8 <= range.upperBound {
        var values = SIMD8<Double>()
        for lane in 0..<8 { values[lane] = start[index + lane].doubleValue }
        parts += values * values
        index += 8
      }
      while index < range.upperBound {
        parts[0] += start[index].doubleValue * start[index].doubleValue
        index += 1
      }
      sum[0] += parts.sum()
    }[0]
  }

  /// Zeros on the diagonal of a square matrix.
  mutating func clearDiagonal() {
    let size = shape[0]
    withUnsafeMutableBufferPointer { values in
      for index in 0..<size { values[index * size + index] = 0 }
    }
  }
}

/// Columns of mean 0 and variance 1, as batch norm without scale and shift: `a = (x - m) / sqrt(v + epsilon)` with the biased
/// variance v; and the way back for gradients: `dx = (da - mean(da) - a mean(da a)) / sqrt(v + epsilon)`.
struct StandardizedColumns<Scalar: TensorFloatingPointScalar> {
  /// `[N, d]`.
  let rows: Tensor<Scalar>
  /// `1 / sqrt(v + epsilon)`, `[d]`.
  private let scales: Tensor<Scalar>

  /// - Parameter values: `[N, d]`, N at least 1.
  init(_ values: Tensor<Scalar>, epsilon: Double) {
    let least = Scalar(epsilon.squareRoot())
    var rows = values.centeredColumns()
    // The largest element of each column is taken out, so that no square overflows.
    let sizes = rows.max(along: 0).maximum(-rows.min(along: 0)).maximum(least)
    rows /= sizes
    let count = Scalar(values.shape[0])
    let roots = (rows.columnDots(rows) / count + (least / sizes).squared()).sqrt()
    rows /= roots
    self.rows = rows
    scales = (sizes * roots).reciprocal()
  }

  /// In place where the slopes have no other owner.
  func gradient(_ slopes: consuming Tensor<Scalar>) -> Tensor<Scalar> {
    let along = slopes.columnDots(rows) / Scalar(rows.shape[0])
    let mean = slopes.mean(along: 0)
    slopes.standardizeSlopes(mean, along, rows, scales)
    return slopes
  }
}
