import Tensor

extension ResamplingPlan {
  /// Labels of a batch `[N, D, H, W, C]` at the new voxels: each label's mask, interpolated linearly; the largest
  /// value wins, the lowest label on a tie. In one pass for all labels: at most eight of them meet in a voxel.
  func appliedOneHot(to batch: Tensor<Int32>) -> Tensor<Int32> {
    let shape = batch.shape
    let components = shape[4]
    let (height, width) = (lengths[1], lengths[2])
    let result = Tensor<Int32>(shape: TensorShape([shape[0]] + lengths + [components])) { buffer in
      batch.withUnsafeBufferPointer { source in
        guard let source = source.baseAddress, let target = buffer.baseAddress else { return }
        let from = source
        let to = target
        let (oldRow, oldPlane) = (sourceLengths[2], sourceLengths[1] * sourceLengths[2])
        Parallel.for(shape[0] * lengths[0], grain: 1) { planes in
          for plane in planes {
            let (frame, k) = plane.quotientAndRemainder(dividingBy: lengths[0])
            let base = frame * sourceLengths[0] * oldPlane
            var out = plane * height * width * components
            for j in 0..<height {
              for i in 0..<width {
                let at = position(k, j, i)
                let z = LinearTaps(at.plane, length: sourceLengths[0])
                let y = LinearTaps(at.row, length: sourceLengths[1])
                let x = LinearTaps(at.column, length: sourceLengths[2])
                for component in 0..<components {
                  var vote = LabelVote()
                  for tap in 0..<4 {
                    let (plane, row) = (z[tap / 2], y[tap % 2])
                    let line = base + plane.index * oldPlane + row.index * oldRow
                    let weight = plane.weight * row.weight
                    vote.add(from[(line + x.first) * components + component], weight * (1 - x.fraction))
                    vote.add(from[(line + x.second) * components + component], weight * x.fraction)
                  }
                  to[out] = vote.winner
                  out += 1
                }
              }
            }
          }
        }
      }
    }
    return result
  }
}

/// The two voxels beside a position along an axis, with the edge continued.
private struct LinearTaps {
  let first: Int
  let second: Int
  /// The weight of the second one.
  let fraction: Double

  @inline(__always)
  init(_ position: Double, length: Int) {
    let clamped = min(max(position, 0), Double(length - 1))
    first = Int(clamped)
    second = min(first + 1, length - 1)
    fraction = clamped - Double(first)
  }

  @inline(__always)
  subscript(tap: Int) -> (index: Int, weight: Double) {
    tap == 0 ? (first, 1 - fraction) : (second, fraction)
  }
}

/// Weights of up to eight labels.
private struct LabelVote {
  private var labels: SIMD8<Int32> = .zero
  private var weights: SIMD8<Double> = .zero
  private var count = 0

  @inline(__always)
  mutating func add(_ label: Int32, _ weight: Double) {
    guard weight > 0 else { return }
    for index in 0..<count where labels[index] == label {
      weights[index] += weight
      return
    }
    labels[count] = label
    weights[count] = weight
    count += 1
  }

  /// The label of the largest weight; sums that differ by rounding only are a tie.
  @inline(__always)
  var winner: Int32 {
    var best = labels[0]
    var weight = weights[0]
    for index in 1..<max(1, count) {
      if weights[index] > weight + 1e-9 || (weights[index] > weight - 1e-9 && labels[index] < best) {
        best = labels[index]
        weight = weights[index]
      }
    }
    return best
  }
}
