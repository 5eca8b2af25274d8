import Foundation

/// The centers of all clusters, as structure of arrays in the scratch.
struct SLICClusters {
  var count: Int
  let z, y, x: UnsafeMutablePointer<Float>
  /// `[count, channels]`.
  let color: UnsafeMutablePointer<Float>
  /// The step S in the units of the spacing.
  var step: Double
  /// The reach of a center along plane, row, column, in voxels.
  var window: (z: Float, y: Float, x: Float)
}

extension SLICEngine {
  /// Centers on a regular grid (image) or in cells of equal size (mask), with the color of their pixel.
  func seed(_ target: Int) -> SLICClusters {
    mask == nil ? seedGrid(target) : seedMask(target)
  }

  func makeClusters(_ count: Int, step: Double, cell: [Double]) -> SLICClusters {
    let memory = scratch.take(.centers, Float.self, count * (3 + channels))
    func reach(_ axis: Int, _ extent: Int) -> Float {
      let steps = options.windowInSteps * step / spacing[axis]
      let voxels = max(steps, cell[axis] / 2 + 1)
      return Float(min(voxels, Double(extent)))
    }
    return SLICClusters(
      count: count, z: memory, y: memory + count, x: memory + 2 * count, color: memory + 3 * count,
      step: step,
      window: (reach(0, depth), reach(1, height), reach(2, width)))
  }

  private func seedGrid(_ target: Int) -> SLICClusters {
    let grid = SeedGrid(extents: [depth, height, width], spacing: spacing, target: target)
    let cell = (0..<3).map { Double([depth, height, width][$0]) / Double(grid.counts[$0]) }
    let clusters = makeClusters(grid.counts.reduce(1, *), step: grid.step, cell: cell)
    var k = 0
    for z in 0..<grid.counts[0] {
      for y in 0..<grid.counts[1] {
        for x in 0..<grid.counts[2] {
          clusters.z[k] = Float((Double(z) + 0.5) * cell[0] - 0.5)
          clusters.y[k] = Float((Double(y) + 0.5) * cell[1] - 0.5)
          clusters.x[k] = Float((Double(x) + 0.5) * cell[2] - 0.5)
          k += 1
        }
      }
    }
    for k in 0..<clusters.count { colorSeed(k, clusters) }
    return clusters
  }

  /// The mean of the features at the pixels nearest to a center: two along an axis on which it lies halfway
  /// between them, so that a mirrored image has mirrored seeds.
  private func colorSeed(_ k: Int, _ clusters: SLICClusters) {
    func nearest(_ position: Float, _ extent: Int) -> ClosedRange<Int> {
      let low = Int((position - 0.5).rounded(.up))
      let high = Int((position + 0.5).rounded(.down))
      return min(max(low, 0), extent - 1)...min(max(high, 0), extent - 1)
    }
    let planes = nearest(clusters.z[k], depth)
    let rows = nearest(clusters.y[k], height)
    let columns = nearest(clusters.x[k], width)
    for channel in 0..<channels {
      var sum: Float = 0
      for z in planes {
        for y in rows {
          for x in columns { sum += features[channel * featurePlane + (z * height + y) * featureRow + x] }
        }
      }
      clusters.color[k * channels + channel] = sum / Float(planes.count * rows.count * columns.count)
    }
  }

  /// Halves the masked pixels again and again along their longest side until there are `target` cells; each
  /// cell is a seed, and its pixels begin with its label.
  private func seedMask(_ target: Int) -> SLICClusters {
    let indices = scratch.take(.seeds, Int32.self, pixelCount)
    var filled = 0
    for index in 0..<view.pixelCount where labels[index] >= 0 {
      indices[filled] = Int32(truncatingIfNeeded: index)
      filled += 1
    }
    let axes = spacing.enumerated().count { axis, _ in [depth, height, width][axis] > 1 }
    let volume =
      Double(pixelCount) * zip(spacing, [depth, height, width]).reduce(1) { $1.1 > 1 ? $0 * $1.0 : $0 }
    let step = pow(volume / Double(target), 1 / Double(max(axes, 1)))
    let clusters = makeClusters(target, step: step, cell: [0, 0, 0])
    var bisection = MaskBisection(
      indices: indices, height: height, width: width, spacing: spacing)
    bisection.split(0..<pixelCount, parts: target) { cell, k in
      var sum = (z: 0.0, y: 0.0, x: 0.0)
      for i in cell {
        let index = Int(indices[i])
        labels[index] = Int32(k)
        sum.z += Double(index / (height * width))
        sum.y += Double(index / width % height)
        sum.x += Double(index % width)
      }
      let count = Double(cell.count)
      clusters.z[k] = Float(sum.z / count)
      clusters.y[k] = Float(sum.y / count)
      clusters.x[k] = Float(sum.x / count)
      // The mean may lie outside the mask: the color is that of the cell.
      for channel in 0..<channels {
        var total = 0.0
        for i in cell {
          let index = Int(indices[i])
          total += Double(features[channel * featurePlane + index / width * featureRow + index % width])
        }
        clusters.color[k * channels + channel] = Float(total / count)
      }
    }
    return clusters
  }
}

/// A grid of seeds with cells as close to cubes as the counts allow.
struct SeedGrid {
  /// Seeds along plane, row, column.
  var counts: [Int]
  /// The side of a cell in the units of the spacing.
  var step: Double

  init(extents: [Int], spacing: [Double], target: Int) {
    let lengths = zip(extents, spacing).map { Double($0) * $1 }
    counts = [1, 1, 1]
    // Axes shorter than the step take one seed; the others share the rest.
    var free = (0..<3).sorted { lengths[$0] < lengths[$1] }
    func cellSide() -> Double {
      // The logarithm keeps extreme spacings finite.
      let volume = free.reduce(0) { $0 + log(lengths[$1]) } - log(Double(target))
      return exp(volume / Double(free.count))
    }
    step = cellSide()
    while free.count > 1, lengths[free[0]] < step {
      free.removeFirst()
      step = cellSide()
    }
    // Whole numbers near length / step, chosen so that their product is near the target and cells stay square.
    var best = (cost: Double.infinity, counts: counts)
    for choice in 0..<(1 << free.count) {
      var trial = [1, 1, 1]
      var logarithm = 0.0
      var sides: [Double] = []
      for (bit, axis) in free.enumerated() {
        let ratio = min(lengths[axis] / step, Double(extents[axis]))
        let lower = max(1, ratio.isFinite ? Int(ratio) : 1)
        trial[axis] = min(lower + (choice >> bit & 1), extents[axis])
        logarithm += log(Double(trial[axis]))
        sides.append(log(lengths[axis] / Double(trial[axis])))
      }
      let spread = (sides.max() ?? 0) - (sides.min() ?? 0)
      let cost = abs(logarithm - log(Double(target))) + 0.25 * spread
      if cost < best.cost { best = (cost, trial) }
    }
    counts = best.counts
  }
}

/// Splits a set of pixels into parts of equal size by halving along the longest side.
struct MaskBisection {
  let indices: UnsafeMutablePointer<Int32>
  let height: Int
  let width: Int
  let spacing: [Double]
  private var next = 0

  init(indices: UnsafeMutablePointer<Int32>, height: Int, width: Int, spacing: [Double]) {
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

  /// Calls `body` with the range of positions of each part, and its number.
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
    let middle = range.lowerBound + Int(Double(range.count) * Double(left) / Double(parts))
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
