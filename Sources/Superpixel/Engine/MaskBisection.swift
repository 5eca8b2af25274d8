/// Splits a set of pixels into parts of equal size by halving along the longest side.
struct MaskBisection {
  /// The row-major indices of the pixels; reordered.
  let indices: UnsafeMutablePointer<Int32>
  let height: Int
  let width: Int
  let spacing: SIMD3<Double>
  private var next = 0

  init(indices: UnsafeMutablePointer<Int32>, height: Int, width: Int, spacing: SIMD3<Double>) {
    self.indices = indices
    self.height = height
    self.width = width
    self.spacing = spacing
  }

  private func coordinate(_ index: Int32, _ axis: Int) -> Int {
    switch axis {
    case 0: Int(index) / (height * width)
    case 1: Int(index) / width % height
    default: Int(index) % width
    }
  }

  /// Calls `body` with the range of positions of each part, and its number. At most as many parts as pixels.
  mutating func split(_ range: Range<Int>, parts: Int, _ body: (Range<Int>, Int) -> Void) {
    guard parts > 1 else {
      body(range, next)
      next += 1
      return
    }
    var axis = 2
    var longest = -1.0
    for candidate in 0..<3 {
      var (low, high) = (Int.max, Int.min)
      for i in range {
        let value = coordinate(indices[i], candidate)
        low = min(low, value)
        high = max(high, value)
      }
      let length = Double(high - low + 1) * spacing[candidate]
      if length > longest && high > low { (axis, longest) = (candidate, length) }
    }
    let left = parts / 2
    let middle = range.lowerBound + range.count * left / parts
    select(range, middle, axis)
    split(range.lowerBound..<middle, parts: left, body)
    split(middle..<range.upperBound, parts: parts - left, body)
  }

  /// Reorders so that what lies before `middle` does not come after it along `axis` (ties: by index, so that
  /// the result depends on nothing else).
  private func select(_ range: Range<Int>, _ middle: Int, _ axis: Int) {
    var (low, high) = (range.lowerBound, range.upperBound - 1)
    func comesBefore(_ a: Int32, _ b: Int32) -> Bool {
      let (first, second) = (coordinate(a, axis), coordinate(b, axis))
      return first == second ? a < b : first < second
    }
    while low < high {
      let pivot = indices[low + (high - low) / 2]
      var (i, j) = (low, high)
      while i <= j {
        while comesBefore(indices[i], pivot) { i += 1 }
        while comesBefore(pivot, indices[j]) { j -= 1 }
        if i <= j {
          (indices[i], indices[j]) = (indices[j], indices[i])
          i += 1
          j -= 1
        }
      }
      if middle <= j { high = j } else if middle >= i { low = i } else { return }
    }
  }
}
