import Foundation

/// The centers of all clusters, as structure of arrays in the scratch.
struct SLICClusters {
  var count: Int
  let z, y, x: UnsafeMutablePointer<Float>
  /// `[count, channels]`.
  let color: UnsafeMutablePointer<Float>
  /// SLICO: the largest squared color distance of each, in units of the squared compactness.
  let maxima: UnsafeMutablePointer<Float>
  /// The step S in the units of the spacing.
  var step: Double
  /// The reach of a center along plane, row, column, in voxels.
  var window: SIMD3<Float>
}

extension SLICEngine {
  /// The first centers: on a regular grid, in cells of equal size in a mask, or from an earlier call.
  mutating func seed(_ target: Int, _ start: SLIC.Start) -> SLICClusters {
    switch start {
    case .centers(let centers) where centers.channels == channels && centers.count > 0:
      let clusters = makeClusters(min(centers.count, pixelCount), step: nil, cell: .zero)
      for k in 0..<clusters.count {
        (clusters.z[k], clusters.y[k], clusters.x[k]) = (
          centers.positions[k].x, centers.positions[k].y, centers.positions[k].z
        )
        for i in k * channels..<(k + 1) * channels { clusters.color[i] = centers.features[i] }
      }
      keepInside(clusters)
      return clusters
    case .previousCall where scratch.hasCenters(channels: channels, isVolume: view.depth != nil):
      let clusters = makeClusters(min(scratch.centerCount, pixelCount), step: nil, cell: .zero)
      keepInside(clusters)
      return clusters
    default:
      return mask == nil ? seedGrid(target) : seedMask(target)
    }
  }

  /// Earlier centers may come from a larger image, or from the outside world.
  private func keepInside(_ clusters: SLICClusters) {
    func clamp(_ value: Float, _ extent: Int) -> Float {
      value.isFinite ? min(max(value, 0), Float(extent - 1)) : 0
    }
    for k in 0..<clusters.count {
      clusters.z[k] = clamp(clusters.z[k], depth)
      clusters.y[k] = clamp(clusters.y[k], height)
      clusters.x[k] = clamp(clusters.x[k], width)
      for i in k * channels..<(k + 1) * channels {
        clusters.color[i] = clusters.color[i].isFinite ? min(max(clusters.color[i], -128), 128) : 0
      }
    }
  }

  /// Room for `count` centers; with `step` nil it follows from the pixels and the count.
  private func makeClusters(_ count: Int, step: Double?, cell: SIMD3<Double>) -> SLICClusters {
    // The stride is kept, so that a previous call's centers stay where they were.
    let memory = scratch.takeCenters(count, channels: channels, isVolume: view.depth != nil)
    let room = scratch.centerRoom
    let extents = SIMD3(depth, height, width)
    let step = step ?? naturalStep(count)
    var window = SIMD3<Float>()
    for axis in 0..<3 {
      let voxels = max(options.windowInSteps * step / spacing[axis], cell[axis] / 2 + 1)
      window[axis] = Float(min(voxels, Double(extents[axis])))
    }
    let clusters = SLICClusters(
      count: count, z: memory, y: memory + room, x: memory + 2 * room, color: memory + 4 * room,
      maxima: memory + 3 * room, step: step, window: window)
    clusters.maxima.update(repeating: 1, count: count)
    return clusters
  }

  /// The side of a square (or cube) that holds as many pixels as a superpixel of `count`.
  private func naturalStep(_ count: Int) -> Double {
    let extents = SIMD3(depth, height, width)
    var axes = 0
    var logarithm = log(Double(pixelCount) / Double(count))
    for axis in 0..<3 where extents[axis] > 1 {
      axes += 1
      logarithm += log(spacing[axis])
    }
    return exp(logarithm / Double(max(axes, 1)))
  }

  private func seedGrid(_ target: Int) -> SLICClusters {
    let extents = SIMD3(depth, height, width)
    let grid = SeedGrid(extents: extents, spacing: spacing, target: target)
    let cell = SIMD3<Double>(extents) / SIMD3<Double>(grid.counts)
    let clusters = makeClusters(grid.count, step: grid.step, cell: cell)
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
    let clusters = makeClusters(target, step: nil, cell: .zero)
    var bisection = MaskBisection(indices: indices, height: height, width: width, spacing: spacing)
    bisection.split(0..<pixelCount, parts: target) { cell, k in
      var sum = SIMD3<Double>()
      for i in cell {
        let index = Int(indices[i])
        labels[index] = Int32(k)
        sum += SIMD3(
          Double(index / (height * width)), Double(index / width % height), Double(index % width))
      }
      let center = sum / Double(cell.count)
      (clusters.z[k], clusters.y[k], clusters.x[k]) = (Float(center.x), Float(center.y), Float(center.z))
      // The center may lie outside the mask: the color is the mean of the cell.
      for channel in 0..<channels {
        var total = 0.0
        for i in cell {
          let index = Int(indices[i])
          total += Double(features[channel * featurePlane + index / width * featureRow + index % width])
        }
        clusters.color[k * channels + channel] = Float(total / Double(cell.count))
      }
    }
    return clusters
  }
}
