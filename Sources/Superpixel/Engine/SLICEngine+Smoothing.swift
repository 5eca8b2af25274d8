import Foundation
import Tensor

extension SLICEngine {
  /// Smooths the feature planes with a Gaussian, axis by axis, reflecting at the borders; cut off at four
  /// standard deviations.
  func smooth() {
    let lengths = [depth, height, width]
    let strides = [height * featureRow, featureRow, 1]
    for axis in 0..<3 where lengths[axis] > 1 {
      let weights = gaussian(options.sigma / spacing[axis], scratch)
      guard weights.count > 1 else { continue }
      smooth(axis, lengths[axis], strides[axis], weights)
    }
  }

  private func smooth(_ axis: Int, _ length: Int, _ stride: Int, _ weights: [Float]) {
    // Lines along the axis: all pairs of positions along the two others.
    let others = (0..<3).filter { $0 != axis }
    let lengths = [depth, height, width]
    let strides = [height * featureRow, featureRow, 1]
    let lines = lengths[others[0]] * lengths[others[1]]
    let chunk = max(1, min(lines, 16_384 / length))
    let chunks = (lines + chunk - 1) / chunk
    let threads = min(ComputeThreads.count, chunks)
    let radius = weights.count - 1
    let padded = length + 2 * radius
    let buffers = scratch.take(.smoothing, Float.self, threads * padded)
    forEachShare(of: chunks, threads: threads) { thread, index in
      let line = buffers + thread * padded
      for number in index * chunk..<min((index + 1) * chunk, lines) {
        let start =
          number / lengths[others[1]] * strides[others[0]] + number % lengths[others[1]] * strides[others[1]]
        for channel in 0..<channels {
          let values = features + channel * featurePlane + start
          for i in 0..<padded { line[i] = values[reflected(i - radius, length) * stride] }
          weights.withUnsafeBufferPointer { weights in
            for i in 0..<length {
              let center = line + radius + i
              var sum = center[0] * weights[0]
              for offset in 1..<max(weights.count, 2) {
                sum += (center[offset] + center[-offset]) * weights[offset]
              }
              values[i * stride] = sum
            }
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

/// One half of a normalised Gaussian, from the center out to four standard deviations.
private func gaussian(_ sigma: Double, _ scratch: SLICScratch) -> [Float] {
  let radius = Int(4 * sigma + 0.5)
  guard radius > 0 else { return [1] }
  let values = (0...radius).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
  let total = values.dropFirst().reduce(values[0]) { $0 + 2 * $1 }
  return values.map { Float($0 / total) }
}
