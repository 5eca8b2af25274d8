import Foundation
import Tensor

extension SLICEngine {
  /// Smooths the feature planes with a Gaussian, axis by axis, reflecting at the borders; cut off at four
  /// standard deviations.
  func smooth() {
    let lengths = SIMD3(depth, height, width)
    for axis in 0..<3 where lengths[axis] > 1 {
      let sigma = options.sigma / spacing[axis]
      let radius = Int(4 * sigma + 0.5)
      if radius > 0 { smooth(axis, radius, gaussian(sigma, radius)) }
    }
  }

  /// One half of a normalised Gaussian, from the center out to four standard deviations.
  private func gaussian(_ sigma: Double, _ radius: Int) -> UnsafePointer<Float> {
    let weights = scratch.take(.weights, Float.self, radius + 1)
    var total = 1.0
    for i in 1...radius { total += 2 * exp(-0.5 * Double(i * i) / (sigma * sigma)) }
    for i in 0...radius { weights[i] = Float(exp(-0.5 * Double(i * i) / (sigma * sigma)) / total) }
    return UnsafePointer(weights)
  }

  private func smooth(_ axis: Int, _ radius: Int, _ weights: UnsafePointer<Float>) {
    let lengths = SIMD3(depth, height, width)
    let strides = SIMD3(height * featureRow, featureRow, 1)
    let (length, stride) = (lengths[axis], strides[axis])
    // Lines along the axis: all pairs of positions along the two others.
    let (outer, inner) = (axis == 0 ? 1 : 0, axis == 2 ? 1 : 2)
    let lines = lengths[outer] * lengths[inner]
    let chunk = max(1, min(lines, 16_384 / length))
    let chunks = (lines + chunk - 1) / chunk
    let threads = min(threads, chunks)
    let padded = length + 2 * radius
    let buffers = scratch.take(.smoothing, Float.self, threads * padded)
    forEachShare(of: chunks, threads: threads) { thread, index in
      let line = buffers + thread * padded
      for number in index * chunk..<min((index + 1) * chunk, lines) {
        let start = number / lengths[inner] * strides[outer] + number % lengths[inner] * strides[inner]
        for channel in 0..<channels {
          let values = features + channel * featurePlane + start
          for i in 0..<padded { line[i] = values[reflected(i - radius, length) * stride] }
          for i in 0..<length {
            let center = line + radius + i
            var sum = center[0] * weights[0]
            for offset in 1...radius { sum += (center[offset] + center[-offset]) * weights[offset] }
            values[i * stride] = sum
          }
        }
      }
    }
  }
}

/// The position of `index` after reflections that repeat the border value: (b a | a b c | c b).
private func reflected(_ index: Int, _ length: Int) -> Int {
  let period = 2 * length
  let position = ((index % period) + period) % period
  return position < length ? position : period - 1 - position
}
