import Tensor

extension ReferenceRun {
  /// Always `maximumIterations` passes: the reference resets its distances in each, so its test for "nothing
  /// changed" never holds. Returns how many labels the last pass changed.
  @discardableResult
  mutating func cluster(ignoringColor: Bool) -> Int {
    let count = segmentCount
    let reach = windowSteps.map { 2 * $0 }
    var largestColor = [Real](repeating: 1, count: count)
    var changed = 0
    var distance = [Real](repeating: 0, count: nearest.count)
    for _ in 0..<options.maximumIterations {
      let before = nearest
      for index in distance.indices { distance[index] = .greatestFiniteMagnitude }
      for k in 0..<count { assign(k, reach, ignoringColor, largestColor[k], &distance) }
      changed = zip(before, nearest).count { $0 != $1 }
      update()
      if options.variant == .slico && !ignoringColor { raise(&largestColor) }
    }
    return changed
  }

  /// The window follows a second grid, which the reference lays for as many seeds as the first one gave, and whose
  /// steps may differ from the first one's and from axis to axis. In a mask it is a grid over the whole image, too.
  private var windowSteps: [Int] { ReferenceGrid(extents: extents, target: segmentCount).steps }

  private mutating func assign(
    _ k: Int, _ reach: [Int], _ ignoringColor: Bool, _ largestColor: Real, _ distance: inout [Real]
  ) {
    let center = k * features
    // A cluster that lost its pixels is nowhere.
    guard !centers[center].isNaN else { return }
    let weight = Real(1 / Double(step * step))
    func window(_ axis: Int) -> Range<Int> {
      let low = Int(max(centers[center + axis] - Real(reach[axis]), 0))
      let high = Int(min(centers[center + axis] + Real(reach[axis]) + 1, Real(extents[axis])))
      return low..<max(low, high)
    }
    let (height, width) = (extents[1], extents[2])
    let (planes, rows, columns) = (window(0), window(1), window(2))
    for z in planes {
      let dz = spacing[0] * (centers[center] - Real(z))
      for y in rows {
        let dy = spacing[1] * (centers[center + 1] - Real(y))
        for x in columns {
          let index = (z * height + y) * width + x
          guard inside[index] else { continue }
          let dx = spacing[2] * (centers[center + 2] - Real(x))
          var total = (dz * dz + dy * dy + dx * dx) * weight
          if !ignoringColor {
            var color: Real = 0
            for channel in 0..<channels {
              let difference = image[index * channels + channel] - centers[center + 3 + channel]
              color += difference * difference
            }
            total += options.variant == .slico ? color / largestColor : color
          }
          if distance[index] > total {
            nearest[index] = Int32(k)
            distance[index] = total
          }
        }
      }
    }
  }

  /// Centers become the means of their pixels, summed in scan order. A cluster without pixels becomes 0 / 0 and takes
  /// no pixel in later passes, as in the reference.
  private mutating func update() {
    var sums = [Real](repeating: 0, count: centers.count)
    var counts = [Int](repeating: 0, count: segmentCount)
    var index = 0
    for z in 0..<extents[0] {
      for y in 0..<extents[1] {
        for x in 0..<extents[2] {
          let k = Int(nearest[index])
          if inside[index], k >= 0 {
            counts[k] += 1
            sums[k * features] += Real(z)
            sums[k * features + 1] += Real(y)
            sums[k * features + 2] += Real(x)
            for channel in 0..<channels {
              sums[k * features + 3 + channel] += image[index * channels + channel]
            }
          }
          index += 1
        }
      }
    }
    for k in counts.indices {
      for feature in 0..<features {
        centers[k * features + feature] = sums[k * features + feature] / Real(counts[k])
      }
    }
  }

  /// SLICO: each cluster's largest squared color distance so far takes the place of the compactness.
  private func raise(_ largestColor: inout [Real]) {
    for index in nearest.indices where inside[index] && nearest[index] >= 0 {
      let k = Int(nearest[index])
      var color: Real = 0
      for channel in 0..<channels {
        let difference = image[index * channels + channel] - centers[k * features + 3 + channel]
        color += difference * difference
      }
      largestColor[k] = max(largestColor[k], color)
    }
  }

  /// The reference's connectivity: in scan order, each piece is flooded up to the largest size; one below the
  /// least size takes the last label seen beside it.
  mutating func connect() {
    let size = Double(pixelCount) / Double(segmentCount)
    let minimum = Int(min(options.minimumSizeFactor * size, Double(pixelCount)))
    let maximum = max(1, Int(min((options.maximumSizeFactor ?? 3) * size, Double(pixelCount))))
    var connected = [Int32](repeating: -1, count: nearest.count)
    var next: Int32 = 0
    var queue: [Int] = []
    for start in nearest.indices where inside[start] && nearest[start] >= 0 && connected[start] < 0 {
      let adjacent = flood(start, next, maximum, &connected, &queue)
      if queue.count < minimum {
        for index in queue { connected[index] = adjacent }
      } else {
        next += 1
      }
    }
    nearest = connected
  }

  private func flood(
    _ start: Int, _ number: Int32, _ maximum: Int, _ connected: inout [Int32], _ queue: inout [Int]
  ) -> Int32 {
    let (height, width) = (extents[1], extents[2])
    let label = nearest[start]
    var adjacent = number
    connected[start] = number
    queue = [start]
    var visited = 0
    while visited < queue.count, queue.count < maximum {
      let index = queue[visited]
      let (z, y, x) = (index / (height * width), index / width % height, index % width)
      for (dz, dy, dx) in [(0, 0, 1), (0, 0, -1), (0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0)] {
        let (pz, py, px) = (z + dz, y + dy, x + dx)
        guard (0..<extents[0]).contains(pz), (0..<height).contains(py), (0..<width).contains(px) else {
          continue
        }
        let other = (pz * height + py) * width + px
        if nearest[other] == label, connected[other] < 0 {
          connected[other] = number
          queue.append(other)
          if queue.count >= maximum { break }
        } else if connected[other] >= 0, connected[other] != number {
          adjacent = connected[other]
        }
      }
      visited += 1
    }
    return adjacent
  }
}
