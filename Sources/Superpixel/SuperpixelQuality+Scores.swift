import Tensor

extension SuperpixelQuality {
  static func leakedMass(_ overlaps: SegmentOverlaps) -> Double {
    var kept = 0
    overlaps.forEachSegment { parts in kept += parts.map(\.pixels).max() ?? 0 }
    return overlaps.pixelCount > 0 ? Double(overlaps.pixelCount - kept) / Double(overlaps.pixelCount) : 0
  }

  static func undersegmentationError(_ overlaps: SegmentOverlaps) -> UndersegmentationError {
    var sizes: [Int32: Int] = [:]
    for part in overlaps.parts { sizes[part.label, default: 0] += part.pixels }
    var smaller = 0
    var touching: [Int32: Int] = [:]
    overlaps.forEachSegment { parts in
      let size = parts.reduce(0) { $0 + $1.pixels }
      for part in parts {
        smaller += min(part.pixels, size - part.pixels)
        touching[part.label, default: 0] += size
      }
    }
    let excess = sizes.reduce(0.0) { total, entry in
      total + Double((touching[entry.key] ?? 0) - entry.value) / Double(entry.value)
    }
    let count = Double(max(overlaps.pixelCount, 1))
    return UndersegmentationError(
      vanDenBergh: leakedMass(overlaps), neubertProtzel: Double(smaller) / count,
      levinshtein: excess / Double(max(sizes.count, 1)))
  }

  static func boundaryRecall(_ segments: LabelMap, _ wanted: BinaryMask, _ radius: Int) -> Double {
    let found = segments.boundaries(.thick).dilated(radius).values.scalars
    let wanted = wanted.values.scalars
    let all = wanted.count { $0 }
    guard all > 0 else { return 1 }
    return Double(zip(wanted, found).count { $0 && $1 }) / Double(all)
  }

  static func meanCompactness(_ map: LabelMap) -> Double {
    let isVolume = map.shape.rank == 3
    let lengths = [isVolume ? map.shape[0] : 1, map.shape[-2], map.shape[-1]]
    let strides = [lengths[1] * lengths[2], lengths[2], 1]
    var areas = [Double](repeating: 0, count: map.labelBound)
    var faces = areas
    map.labels.withUnsafeBufferPointer { labels in
      for index in labels.indices where labels[index] >= 0 {
        let label = Int(labels[index])
        areas[label] += 1
        for axis in (isVolume ? 0 : 1)..<3 {
          let position = index / strides[axis] % lengths[axis]
          for step in [-1, 1] {
            let inside = (0..<lengths[axis]).contains(position + step)
            if !inside || labels[index + step * strides[axis]] != labels[index] { faces[label] += 1 }
          }
        }
      }
    }
    let total = areas.reduce(0, +)
    guard total > 0 else { return 0 }
    return zip(areas, faces).reduce(0.0) { sum, segment in
      let (area, border) = segment
      guard area > 0 else { return sum }
      let roundness =
        isVolume
        ? 36 * Double.pi * area * area / (border * border * border) : 4 * Double.pi * area / (border * border)
      return sum + area / total * roundness
    }
  }
}

extension LabelMap {
  /// One segment of all pixels that are not masked.
  var wholeImage: LabelMap {
    LabelMap(
      Tensor(shape: shape) { buffer in
        labels.withUnsafeBufferPointer { labels in
          for index in buffer.indices { buffer[index] = labels[index] < 0 ? labels[index] : 0 }
        }
      })
  }
}

extension BinaryMask {
  /// The mask grown by a square (cube) of `radius` pixels to each side.
  fileprivate func dilated(_ radius: Int) -> BinaryMask {
    guard radius > 0 else { return self }
    let lengths = shape.dimensions
    var values = self.values.scalars
    for (axis, stride) in shape.strides.enumerated() {
      let source = values
      for index in source.indices where source[index] {
        let position = index / stride % lengths[axis]
        for other in max(0, position - radius)...min(lengths[axis] - 1, position + radius) {
          values[index + (other - position) * stride] = true
        }
      }
    }
    return BinaryMask(Tensor(values, shape: shape))
  }
}
