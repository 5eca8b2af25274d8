import Foundation
import Tensor

extension ReferenceRun {
  /// Three channels become L\*a\*b\*; others stay in 0...1 unless asked otherwise.
  mutating func convertColors() {
    switch options.colorConversion {
    case .automatic where channels != 3, .unit: return
    case .lightness: for index in image.indices { image[index] *= 100 }
    case .automatic, .lab:
      for pixel in 0..<image.count / 3 { convertToLab(pixel * 3) }
    }
  }

  private mutating func convertToLab(_ at: Int) {
    func linear(_ value: Real) -> Real {
      value > 0.04045 ? power((value + 0.055) / 1.055, 2.4) : value / 12.92
    }
    func curve(_ value: Real) -> Real {
      value > 0.008856 ? cubeRoot(value) : 7.787 * value + Real(16.0 / 116.0)
    }
    let (r, g, b) = (linear(image[at]), linear(image[at + 1]), linear(image[at + 2]))
    let x = curve((r * 0.412453 + g * 0.357580 + b * 0.180423) / 0.95047)
    let y = curve(r * 0.212671 + g * 0.715160 + b * 0.072169)
    let z = curve((r * 0.019334 + g * 0.119193 + b * 0.950227) / 1.08883)
    image[at] = 116 * y - 16
    image[at + 1] = 500 * (x - y)
    image[at + 2] = 200 * (y - z)
  }

  private func power(_ base: Real, _ exponent: Double) -> Real {
    if let base = base as? Float { return Real(powf(base, Float(exponent))) }
    return Real(pow(Double(base), exponent))
  }

  private func cubeRoot(_ value: Real) -> Real {
    if let value = value as? Float { return Real(cbrtf(value)) }
    return Real(cbrt(Double(value)))
  }

  /// Regular seeds with zero colors; in a mask, the cells of a bisection.
  mutating func seed(masked: Bool) {
    let target = options.targetCount(pixels: max(pixelCount, 1))
    if masked { return seedMask(target) }
    let wanted: Int =
      switch options.segmentCount {
      case .fixed(let count): count
      case .size, .edge, .adaptive: target
      }
    let grid = ReferenceGrid(extents: extents, target: wanted)
    step = Float(grid.steps.max() ?? 1)
    for z in stride(from: grid.starts[0], to: extents[0], by: grid.steps[0]) {
      for y in stride(from: grid.starts[1], to: extents[1], by: grid.steps[1]) {
        for x in stride(from: grid.starts[2], to: extents[2], by: grid.steps[2]) {
          centers += [Real(z), Real(y), Real(x)] + Array(repeating: 0, count: channels)
        }
      }
    }
  }

  private mutating func seedMask(_ target: Int) {
    let (height, width) = (extents[1], extents[2])
    var indices = inside.indices.filter { inside[$0] }.map { Int32(truncatingIfNeeded: $0) }
    let axes = extents.count { $0 > 1 }
    step = Float(pow(Double(pixelCount) / Double(target), 1 / Double(max(axes, 1))))
    let (spacing, channels) = (options.spacingOfAxes, channels)
    var seeds: [Real] = []
    var cells = nearest
    indices.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      var bisection = MaskBisection(indices: base, height: height, width: width, spacing: spacing)
      bisection.split(0..<buffer.count, parts: target) { cell, k in
        var sum = (z: 0.0, y: 0.0, x: 0.0)
        for i in cell {
          let index = Int(base[i])
          // Pixels that no window reaches keep the label of their cell.
          cells[index] = Int32(k)
          sum.z += Double(index / (height * width))
          sum.y += Double(index / width % height)
          sum.x += Double(index % width)
        }
        let count = Double(cell.count)
        seeds += [Real(sum.z / count), Real(sum.y / count), Real(sum.x / count)]
        seeds += Array(repeating: 0, count: channels)
      }
    }
    centers = seeds
    nearest = cells
  }

  /// A Gaussian in the reference's manner: cut at four standard deviations, reflected borders, sums in
  /// `Double`, one axis after the other.
  mutating func smooth() {
    var strides = [extents[1] * extents[2] * channels, extents[2] * channels, channels]
    strides.append(1)
    for axis in 0..<3 {
      let sigma = (Real(options.sigma) / spacing[axis]).doubleValue
      let radius = Int(4 * sigma + 0.5)
      guard sigma > 1e-15, radius >= 0 else { continue }
      let raw = (-radius...radius).map { exp(-0.5 / (sigma * sigma) * Double($0 * $0)) }
      let total = raw.reduce(0, +)
      let weights = raw.map { $0 / total }
      let length = extents[axis]
      var line = [Double](repeating: 0, count: length)
      for start in 0..<image.count where start / strides[axis] % length == 0 {
        for i in 0..<length { line[i] = image[start + i * strides[axis]].doubleValue }
        for i in 0..<length {
          var sum = line[i] * weights[radius]
          for offset in stride(from: radius, to: 0, by: -1) {
            sum +=
              (line[reflect(i - offset, length)] + line[reflect(i + offset, length)])
              * weights[radius - offset]
          }
          image[start + i * strides[axis]] = Real(sum)
        }
      }
    }
  }

  private func reflect(_ index: Int, _ length: Int) -> Int {
    let period = 2 * length
    let position = ((index % period) + period) % period
    return position < length ? position : period - 1 - position
  }
}

/// The reference's regular grid: first seed at half a step, then one seed per step, whole steps.
struct ReferenceGrid {
  var starts = [0, 0, 0]
  var steps = [1, 1, 1]

  init(extents: [Int], target: Int) {
    let order = (0..<3).sorted { extents[$0] == extents[$1] ? $0 < $1 : extents[$0] < extents[$1] }
    let sorted = order.map { extents[$0] }
    var space = Double(sorted.reduce(1, *))
    guard space > Double(target) else { return }
    var sizes = [Double](repeating: pow(space / Double(target), 1 / 3.0), count: 3)
    // Axes too short for a step become one step, and the others share the rest.
    if zip(sorted, sizes).contains(where: { Double($0) < $1 }) {
      for axis in 0..<3 {
        sizes[axis] = Double(sorted[axis])
        space = Double(sorted[(axis + 1)...].reduce(1, *))
        for later in (axis + 1)..<max(3, axis + 1) {
          sizes[later] = pow(space / Double(target), 1 / Double(3 - axis - 1))
        }
        if zip(sorted, sizes).allSatisfy({ Double($0) >= $1 }) { break }
      }
    }
    for (position, axis) in order.enumerated() {
      starts[axis] = Int((sizes[position] / 2).rounded(.down))
      steps[axis] = max(1, Int(sizes[position].rounded(.toNearestOrEven)))
    }
  }
}
