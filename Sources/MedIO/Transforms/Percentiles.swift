public import Tensor

/// Percentiles by selection, without sorting.
public enum Percentiles {
  /// The percentiles of the finite values, interpolated linearly between neighbours in rank (NumPy's default):
  /// rank `p / 100 * (n - 1)`.
  ///
  /// - Parameters:
  ///   - tensor: The values.
  ///   - percentiles: numbers in 0...100.
  ///   - isIncluded: which finite values count.
  /// - Returns: one value for each percentile; `nil` when no value counts.
  /// - Precondition: percentiles are in 0...100.
  ///
  /// O(n) on average for each percentile; a copy of the values.
  public static func values(
    _ percentiles: [Double], of tensor: Tensor<Float>, where isIncluded: (Float) -> Bool = { _ in true }
  ) -> [Double]? {
    shapePrecondition(
      percentiles.allSatisfy { (0...100).contains($0) }, "percentiles outside 0...100: \(percentiles)")
    var values = tensor.withUnsafeBufferPointer { $0.filter { $0.isFinite && isIncluded($0) } }
    guard !values.isEmpty else { return nil }
    return values.withUnsafeMutableBufferPointer { buffer in
      percentiles.map { percentile in
        let rank = percentile / 100 * Double(buffer.count - 1)
        let lower = Int(rank)
        let value = Double(select(lower, in: buffer))
        let fraction = rank - Double(lower)
        guard fraction > 0 else { return value }
        // Selection leaves everything behind `lower` at or above it: the next rank is the least of those.
        let next = buffer[(lower + 1)...].min() ?? buffer[lower]
        return value + fraction * (Double(next) - value)
      }
    }
  }

  /// The value of rank `rank`; afterwards nothing behind it is smaller. Quickselect, median of three.
  private static func select(_ rank: Int, in values: UnsafeMutableBufferPointer<Float>) -> Float {
    var (low, high) = (0, values.count - 1)
    while low < high {
      let (a, b, c) = (values[low], values[(low + high) / 2], values[high])
      let pivot = max(min(a, b), min(max(a, b), c))
      var (i, j) = (low, high)
      while i <= j {
        while values[i] < pivot { i += 1 }
        while values[j] > pivot { j -= 1 }
        if i <= j {
          values.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if rank <= j { high = j } else if rank >= i { low = i } else { break }
    }
    return values[rank]
  }
}
