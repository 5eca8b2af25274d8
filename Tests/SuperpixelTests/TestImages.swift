import Tensor

/// Images that any language can rebuild.
enum TestImages {
  /// The texture of the reference cases: stripes, a step and a disc, `[32, 48]`.
  static let texture = Tensor<Float>(shape: [32, 48]) { buffer in
    for index in buffer.indices {
      let (y, x) = (index / 48, index % 48)
      var value = Double((7 * x + 13 * y) % 32) / 31 * 0.1 + (x > 20 ? 0.5 : 0)
      if (y - 16) * (y - 16) + (x - 30) * (x - 30) < 64 { value += 0.3 }
      buffer[index] = Float(value)
    }
  }

  /// Four grey quadrants, `[20, 21]`.
  static let quadrants = Tensor<Float>(shape: [20, 21]) { buffer in
    for index in buffer.indices {
      let (top, left) = (index / 21 < 10, index % 21 < 10)
      buffer[index] = top ? (left ? 0.33 : 0) : (left ? 0.67 : 1)
    }
  }

  /// Repeatable noise in 0 ..< 1.
  static func noise(_ shape: TensorShape, seed: UInt64 = 1) -> Tensor<Float> {
    Tensor(shape: shape) { buffer in
      var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
      for index in buffer.indices {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        buffer[index] = Float(state >> 40) / Float(1 << 24)
      }
    }
  }

  /// A smooth volume with a ball, `[depth, height, width]`.
  static func ball(_ depth: Int, _ height: Int, _ width: Int) -> Tensor<Float> {
    let noise = noise([depth, height, width]).scalars
    return Tensor(shape: [depth, height, width]) { buffer in
      for index in buffer.indices {
        let (z, y, x) = (index / (height * width), index / width % height, index % width)
        let (dz, dy, dx) = (
          Double(z) / Double(depth) - 0.5, Double(y) / Double(height) - 0.5, Double(x) / Double(width) - 0.4
        )
        buffer[index] = (dz * dz + dy * dy + dx * dx < 0.09 ? 0.7 : 0.2) + 0.05 * noise[index]
      }
    }
  }
}
