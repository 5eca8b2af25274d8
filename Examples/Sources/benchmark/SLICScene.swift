import Tensor

/// A drawn scene of discs (balls in a volume) over a gradient, with noise. Integers throughout, so that bench_slic.py
/// draws the same one.
struct SLICScene {
  let depth, height, width, channels: Int

  /// `[depth, height, width, channels]`, row-major, as bytes.
  func bytes() -> [UInt8] {
    var values = [UInt8](repeating: 0, count: depth * height * width * channels)
    var index = 0
    let lengths = [depth, height, width]
    let discs = (0..<24).map { Disc($0, lengths, channels) }
    for z in 0..<depth {
      for y in 0..<height {
        let near = discs.filter { $0.reaches(z: z, y: y) }
        for x in 0..<width {
          let disc = near.last { $0.holds(z: z, y: y, x: x) }
          for channel in 0..<channels {
            let base = disc?.color[channel] ?? 40 + 100 * x / width + 40 * y / height
            let noise = Int(mixed(index) >> 13 & 15) - 8
            values[index] = UInt8(min(max(base + noise, 0), 255))
            index += 1
          }
        }
      }
    }
    return values
  }

  private struct Disc {
    let center: [Int]
    let squaredRadius: Int
    let color: [Int]

    init(_ number: Int, _ lengths: [Int], _ channels: Int) {
      center = (0..<3).map { Int(mixed(5 * number + $0)) % lengths[$0] }
      let radius = lengths[2] / 16 + Int(mixed(5 * number + 3)) % (lengths[2] / 6)
      squaredRadius = radius * radius
      color = (0..<channels).map { 40 + Int(mixed(1_000 + 3 * number + $0)) % 180 }
    }

    /// Images have one plane, on which every center lies.
    func reaches(z: Int, y: Int) -> Bool {
      (z - center[0]) * (z - center[0]) + (y - center[1]) * (y - center[1]) < squaredRadius
    }

    func holds(z: Int, y: Int, x: Int) -> Bool {
      let (dz, dy, dx) = (z - center[0], y - center[1], x - center[2])
      return dz * dz + dy * dy + dx * dx < squaredRadius
    }
  }
}

/// A hash of 32 bits.
private func mixed(_ index: Int) -> UInt32 {
  var value = UInt32(truncatingIfNeeded: index) &* 2_654_435_761
  value = (value ^ value >> 15) &* 2_246_822_519
  return value ^ value >> 13
}
