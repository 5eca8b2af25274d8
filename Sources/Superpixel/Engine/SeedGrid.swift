import Foundation

/// A grid of seeds with cells as close to cubes as the counts allow.
struct SeedGrid {
  /// Seeds along plane, row, column.
  var counts = SIMD3(1, 1, 1)
  /// The side of a cell in the units of the spacing.
  var step = 1.0

  var count: Int { counts[0] * counts[1] * counts[2] }

  init(extents: SIMD3<Int>, spacing: SIMD3<Double>, target: Int) {
    let lengths = SIMD3<Double>(extents) * spacing
    let wanted = log(Double(target))
    // Axes shorter than the step take one seed; the others share the rest. The logarithms keep extreme
    // spacings finite.
    var isFree = SIMDMask<SIMD3<Int64>>(repeating: true)
    var freeCount = 3
    func cellSide() -> Double {
      var volume = -wanted
      for axis in 0..<3 where isFree[axis] { volume += log(lengths[axis]) }
      return exp(volume / Double(freeCount))
    }
    step = cellSide()
    while freeCount > 1 {
      var shortest = -1
      for axis in 0..<3 where isFree[axis] {
        if shortest < 0 || lengths[axis] < lengths[shortest] { shortest = axis }
      }
      guard lengths[shortest] < step else { break }
      isFree[shortest] = false
      freeCount -= 1
      step = cellSide()
    }
    // Whole numbers near length / step, chosen so that their product is near the target and cells stay square.
    var best = (cost: Double.infinity, counts: counts)
    for choice in 0..<8 {
      var trial = SIMD3(1, 1, 1)
      var logarithm = 0.0
      var (shortest, longest) = (Double.infinity, -Double.infinity)
      for axis in 0..<3 where isFree[axis] {
        let ratio = min(lengths[axis] / step, Double(extents[axis]))
        let lower = max(1, ratio.isFinite ? Int(ratio) : 1)
        trial[axis] = min(lower + (choice >> axis & 1), extents[axis])
        logarithm += log(Double(trial[axis]))
        let side = log(lengths[axis] / Double(trial[axis]))
        (shortest, longest) = (min(shortest, side), max(longest, side))
      }
      let cost = abs(logarithm - wanted) + 0.25 * (longest - shortest)
      if cost < best.cost { best = (cost, trial) }
    }
    counts = best.counts
  }
}
