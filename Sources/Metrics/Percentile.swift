import Tensor

extension [Double] {
  /// The percentile of unordered values with linear interpolation between the two nearest ranks (NumPy's
  /// default): rank `q/100 (n - 1)`. O(n) on average.
  ///
  /// - Precondition: there is a value, and the percentile is in 0...100.
  func percentile(_ percentile: Double) -> Double {
    shapePrecondition(!isEmpty, "no percentile of no values")
    shapePrecondition((0...100).contains(percentile), "a percentile is in 0...100, not \(percentile)")
    let rank = percentile / 100 * Double(count - 1)
    let below = Swift.min(Int(rank), count - 1)
    var values = self
    return values.withUnsafeMutableBufferPointer { values in
      values.select(below)
      let low = values[below]
      let fraction = rank - Double(below)
      guard fraction > 0, below + 1 < values.count else { return low }
      // All that is not smaller lies behind; its smallest is the next rank.
      var high = values[below + 1]
      for value in values[(below + 1)...] where value < high { high = value }
      // NumPy's form: exact at both ends.
      return fraction < 0.5 ? low + (high - low) * fraction : high - (high - low) * (1 - fraction)
    }
  }

  /// The middle value, or the mean of the two middle ones.
  ///
  /// - Precondition: there is a value.
  var median: Double { percentile(50) }
}

extension UnsafeMutableBufferPointer<Double> {
  /// Orders the values so that the one of rank `rank` stands there, none in front of it is larger and none
  /// behind it smaller (Hoare's selection).
  fileprivate func select(_ rank: Int) {
    var low = 0
    var high = count - 1
    while low < high {
      let middle = low + (high - low) / 2
      let pivot = Swift.max(
        Swift.min(self[low], self[middle]), Swift.min(Swift.max(self[low], self[middle]), self[high]))
      var left = low
      var right = high
      while left <= right {
        while self[left] < pivot { left += 1 }
        while self[right] > pivot { right -= 1 }
        if left <= right {
          swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if rank <= right {
        high = right
      } else if rank >= left {
        low = left
      } else {
        return
      }
    }
  }
}

extension SurfaceDistances.Directed {
  /// The smallest distance up to which the elements cover the share `percentile` of the surface, elements
  /// without area counting 1 each. A share that sums of areas miss by rounding alone is covered. O(n) on average.
  func weightedPercentile(_ percentile: Double) -> Double {
    var distances = millimeters
    var areas = elementAreas ?? [Double](repeating: 1, count: millimeters.count)
    let wanted = areas.reduce(0, +) * percentile / 100 * (1 - Rounding.ofScores)
    return distances.withUnsafeMutableBufferPointer { distances in
      areas.withUnsafeMutableBufferPointer { areas in
        Self.select(distances, areas, wanted)
      }
    }
  }

  /// Partitions around pivots like `select(_:)`, and goes on in the part where the covered area reaches
  /// `wanted`.
  private static func select(
    _ distances: UnsafeMutableBufferPointer<Double>, _ areas: UnsafeMutableBufferPointer<Double>,
    _ wanted: Double
  ) -> Double {
    shapePrecondition(!distances.isEmpty, "no percentile of no values")
    var low = 0
    var high = distances.count - 1
    var covered = 0.0
    while low < high {
      let middle = low + (high - low) / 2
      let pivot = max(
        min(distances[low], distances[middle]), min(max(distances[low], distances[middle]), distances[high]))
      var left = low
      var right = high
      while left <= right {
        while distances[left] < pivot { left += 1 }
        while distances[right] > pivot { right -= 1 }
        if left <= right {
          distances.swapAt(left, right)
          areas.swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      // low...right is not above the pivot, left...high not below; between them, if anything, one equal to it.
      let lower = low > right ? 0 : areas[low...right].reduce(0, +)
      let equal = left - right > 1 ? areas[right + 1] : 0
      if covered + lower >= wanted, low <= right {
        high = right
      } else if covered + lower + equal >= wanted, left - right > 1 {
        return pivot
      } else if left <= high {
        covered += lower + equal
        low = left
      } else {
        return pivot
      }
    }
    return distances[low]
  }
}
