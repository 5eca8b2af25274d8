/// The taps of one sample: offsets of pixels in an image, -1 outside, and weights for each axis.
struct SampleTaps<Scalar: TensorFloatingPointScalar> {
  let count: Int
  let lengths: [Int]
  let strides: [Int]
  let border: BorderMode<Scalar>
  let interpolation: Interpolation
  let margin: Scalar
  let constant: Scalar
  /// Four places for each of three axes.
  private let offsets = UnsafeMutablePointer<Int>.allocate(capacity: 12)
  private let weights = UnsafeMutablePointer<Scalar>.allocate(capacity: 12)
  private let counts: (Int, Int, Int)

  @inline(__always)
  init(_ sampling: GridSampling<Scalar>) {
    count = sampling.spatialRank
    lengths = Array(sampling.inputShape.dimensions[1..<count + 1])
    var strides = [Int](repeating: 1, count: count)
    for axis in stride(from: count - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * lengths[axis + 1]
    }
    self.strides = strides
    border = sampling.border
    interpolation = sampling.interpolation
    margin = Scalar(sampling.margin)
    if case .constant(let value) = sampling.border { constant = value } else { constant = 0 }
    let taps = interpolation.tapCount
    counts = (count > 2 ? taps : 1, count > 1 ? taps : 1, taps)
    offsets.initialize(repeating: 0, count: 12)
    weights.initialize(repeating: 1, count: 12)
  }

  func deallocate() {
    offsets.deallocate()
    weights.deallocate()
  }

  /// Moves to the position that `coordinates` hold. Positions that are not finite, or too far away for an
  /// index, lie outside.
  @inline(__always)
  func move(to coordinates: UnsafePointer<Scalar>) {
    let taps = counts.2
    for axis in 0..<count {
      let slot = (3 - count + axis) * 4
      let x = coordinates[axis] + margin
      guard x.magnitude < 1e9 else {
        // A NaN gives NaN through its weight, anything else what stands far outside.
        for tap in 0..<taps {
          weights[slot + tap] = x.isNaN ? .nan : (tap == 0 ? 1 : 0)
          offsets[slot + tap] = farOffset(axis, isBelow: x < 0)
        }
        continue
      }
      let first = interpolation.firstTap(at: x)
      interpolation.weigh(x, into: weights + slot)
      let length = lengths[axis]
      if first >= 0 && first + taps <= length {
        for tap in 0..<taps { offsets[slot + tap] = (first + tap) * strides[axis] }
      } else {
        for tap in 0..<taps {
          offsets[slot + tap] =
            border.source(of: first + tap, length: length).map { $0 * strides[axis] } ?? -1
        }
      }
    }
  }

  /// Writes the values `[channels]` of an image at a position.
  @inline(__always)
  func read(
    _ image: UnsafePointer<Scalar>, channels: Int, at place: UnsafePointer<Scalar>,
    _ target: UnsafeMutablePointer<Scalar>
  ) {
    move(to: place)
    if channels == 1 {
      var sum: Scalar = 0
      forEach { offset, weight in sum += weight * (offset < 0 ? constant : image[offset]) }
      target.pointee = sum
      return
    }
    for channel in 0..<channels { target[channel] = 0 }
    forEach { offset, weight in
      if offset < 0 {
        for channel in 0..<channels { target[channel] += weight * constant }
      } else {
        let values = image + offset * channels
        for channel in 0..<channels { target[channel] += weight * values[channel] }
      }
    }
  }

  private func farOffset(_ axis: Int, isBelow: Bool) -> Int {
    border.source(of: isBelow ? -1 : lengths[axis], length: lengths[axis]).map { $0 * strides[axis] } ?? -1
  }

  /// Calls `body` with the offset (negative outside) and the weight of every tap.
  @inline(__always)
  func forEach(_ body: (Int, Scalar) -> Void) {
    for a in 0..<counts.0 {
      for b in 4..<4 + counts.1 {
        let weight = weights[a] * weights[b]
        let offset = offsets[a] + offsets[b]
        let isOutside = offsets[a] < 0 || offsets[b] < 0
        for c in 8..<8 + counts.2 {
          let product = weight * weights[c]
          // A pixel without weight shall not bring in its NaN.
          if product == 0 { continue }
          body(isOutside || offsets[c] < 0 ? -1 : offset + offsets[c], product)
        }
      }
    }
  }
}
