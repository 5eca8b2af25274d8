internal import CSuperCLKernels

/// Reads floats between pixels, labels at the nearest ones, and makes positions and noise, by the vectorised kernels.
enum SamplingFast {
  /// Reads what lies wholly inside or outside; `rest` reads the other samples of an image, by their numbers. False, and
  /// nothing is done, where the kernels have no such case.
  static func read(
    _ sampling: GridSampling<Float>, _ input: UnsafePointer<Float>, _ coordinates: UnsafePointer<Float>,
    _ target: UnsafeMutablePointer<Float>,
    rest: (_ image: Int, _ first: Int, _ samples: UnsafeBufferPointer<UInt32>) -> Void
  ) -> Bool {
    guard var plan = scl_sampling(sampling) else { return false }
    let kernels = scl_resampling().pointee
    let kernel = sampling.interpolation == .linear ? kernels.linear : kernels.cubic_spline
    let (samples, channels, rank) = (sampling.samplesPerImage, sampling.channels, sampling.spatialRank)
    let pixels = sampling.pixelsPerImage
    let chunk = 4096
    let chunks = (samples + chunk - 1) / chunk
    let isShared = sampling.coordinatesShape[0] == 1
    withUnsafePointer(to: &plan) { plan in
      Parallel.for(sampling.inputShape[0] * chunks, grain: 1) { range in
        let left = Scratch<Int32>(count: chunk)
        left.pointer.withMemoryRebound(to: UInt32.self, capacity: chunk) { left in
          for index in range {
            let image = index / chunks
            let first = index % chunks * chunk
            let at = coordinates + ((isShared ? 0 : image * samples) + first) * rank
            let found =
              kernel?(
                plan, input + image * pixels * channels, at, min(chunk, samples - first),
                target + (image * samples + first) * channels, left) ?? 0
            rest(image, first, UnsafeBufferPointer(start: left, count: found))
          }
        }
      }
    }
    return true
  }

  /// The nearest labels to positions `[count, rank]`.
  static func nearest(
    _ input: UnsafePointer<Int32>, lengths: [Int], _ positions: UnsafePointer<Float>, count: Int,
    outside: Int32, _ target: UnsafeMutablePointer<Int32>
  ) {
    let kernel = scl_resampling().pointee.nearest
    var plan = scl_sampling(lengths: lengths, channels: 1, margin: 0, constant: nil)
    withUnsafePointer(to: &plan) { plan in
      Parallel.for(count, grain: 8192) { range in
        kernel?(
          plan, input, positions + range.lowerBound * lengths.count, range.count, outside,
          target + range.lowerBound)
      }
    }
  }

  /// Positions `[pixels, rank]`; see ``AffinePixelMap/coordinates(for:displacement:)``.
  static func positions(
    _ map: AffinePixelMap, lengths: [Int], displacement: UnsafePointer<Float>?,
    _ target: UnsafeMutablePointer<Float>
  ) {
    let kernel = scl_resampling().pointee.positions
    let rank = lengths.count
    var plan = scl_affine()
    withUnsafeMutableBytes(of: &plan.matrix) { bytes in
      let matrix = bytes.bindMemory(to: Double.self)
      for row in 0..<rank { for column in 0..<rank { matrix[3 * row + column] = map.matrix[row][column] } }
    }
    withUnsafeMutableBytes(of: &plan.offset) { bytes in
      let offset = bytes.bindMemory(to: Double.self)
      for axis in 0..<rank { offset[axis] = map.offset[axis] }
    }
    withUnsafePointer(to: &plan) { plan in
      Parallel.for(lengths.reduce(1, *), grain: 16384) { range in
        kernel?(
          plan, lengths, rank, displacement, range.lowerBound, range.count, target + range.lowerBound * rank)
      }
    }
  }

  /// `magnitude (2 u - 1)` for the next numbers of a generator, which moves on.
  static func noise(
    _ target: UnsafeMutableBufferPointer<Float>, magnitude: Double, using generator: inout PhiloxGenerator
  ) {
    guard let first = target.baseAddress else { return }
    let kernel = scl_resampling().pointee.noise
    var done = 0
    if generator.position % 2 == 1 {
      first[0] = Float(magnitude * (2 * Double(generator.next() >> 11) * 0x1p-53 - 1))
      done = 1
    }
    let (start, position, key) = (first + done, generator.position, generator)
    // Blocks of a power of two, so that every chunk begins at a whole block of the stream.
    Parallel.for(target.count - done, grain: 16384) { range in
      kernel?(
        key.seed, key.stream, key.index, position + UInt64(range.lowerBound), magnitude, range.count,
        start + range.lowerBound)
    }
    generator.position += UInt64(target.count - done)
  }
}

extension scl_sampling {
  /// What the kernels need to know; nil where a position or an offset does not fit them.
  fileprivate init?(_ sampling: GridSampling<Float>) {
    guard sampling.interpolation == .linear || sampling.interpolation == .cubicSpline,
      sampling.spatialRank >= 2, sampling.pixelsPerImage < Int(Int32.max) / max(1, sampling.channels)
    else { return nil }
    var constant: Float?
    if case .constant(let value) = sampling.border { constant = value }
    self.init(
      lengths: Array(sampling.inputShape.dimensions[1..<sampling.spatialRank + 1]),
      channels: sampling.channels, margin: Float(sampling.margin), constant: constant)
  }

  fileprivate init(lengths: [Int], channels: Int, margin: Float, constant: Float?) {
    self.init()
    let filled = [Int](repeating: 1, count: 3 - lengths.count) + lengths
    self.lengths = (filled[0], filled[1], filled[2])
    self.channels = channels
    rank = lengths.count
    self.margin = margin
    self.constant = constant ?? 0
    has_constant = constant == nil ? 0 : 1
  }
}
