internal import CSuperCLKernels
import Synchronization
import Tensor

extension SLICEngine {
  /// The color features of this image, with `automatic` resolved.
  var colorConversion: SLIC.ColorConversion {
    options.colorConversion == .automatic ? (channels == 3 ? .lab : .lightness) : options.colorConversion
  }

  /// Features are multiples of this: 20 bits and a sign, so that their sums are exact.
  private var quantum: Double { colorConversion == .unit ? 0x1p-20 : 0x1p-13 }

  /// Fills the feature planes and their running sums from the caller's pixels.
  func prepareFeatures() throws(SuperpixelError) {
    let intensity = Intensity(try intensityRange())
    let table = view.format == .uint8 ? makeTable(intensity) : nil
    let chunk = max(1, min(rowCount, 65_536 / max(width, 1)))
    let chunks = (rowCount + chunk - 1) / chunk
    let threads = min(threads, chunks)
    let buffers = scratch.take(.rows, Double.self, threads * width)
    forEachShare(of: chunks, threads: threads) { thread, index in
      let values = buffers + thread * width
      for row in index * chunk..<min((index + 1) * chunk, rowCount) {
        if let table {
          lookUpRow(row, table)
        } else {
          convertRow(row, intensity, values)
        }
        if colorConversion == .lab { convertToLab(row) }
      }
    }
    if options.sigma > 0 { smooth() }
    forEachShare(of: chunks, threads: threads) { _, index in
      for row in index * chunk..<min((index + 1) * chunk, rowCount) { finishRow(row) }
    }
  }

  /// Rescaled (and converted) values of one row, not yet smoothed.
  private func convertRow(_ row: Int, _ intensity: Intensity, _ values: UnsafeMutablePointer<Double>) {
    for channel in 0..<channels {
      let out = features + channel * featurePlane + row * featureRow
      scl_slic_load(
        view.row(row % height, plane: row / height, channel: channel), view.format.rawValue,
        view.columnStride,
        Int64(width), values)
      if intensity.factor != 1 { for x in 0..<width { values[x] *= intensity.factor } }
      if mask != nil { clearOutside(row, values, intensity.low) }
      rescale(values, width, intensity, out)
      for x in width..<featureRow { out[x] = 0 }
    }
  }

  private func convertToLab(_ row: Int) {
    let red = features + row * featureRow
    let (green, blue) = (red + featurePlane, red + 2 * featurePlane)
    if view.format != .uint8 {
      kernels.linear_light(red, Int64(width))
      kernels.linear_light(green, Int64(width))
      kernels.linear_light(blue, Int64(width))
    }
    kernels.lab(red, green, blue, Int64(width), Float(quantum))
  }

  /// The feature (or the linear light) of each value of a byte.
  private func makeTable(_ intensity: Intensity) -> UnsafePointer<Float> {
    let values = scratch.take(.table, Double.self, 256 + 128)
    let table = UnsafeMutableRawPointer(values + 256).bindMemory(to: Float.self, capacity: 256)
    // Values outside the range occur outside the mask alone.
    for value in 0..<256 { values[value] = min(max(Double(value), intensity.low), intensity.high) }
    rescale(values, 256, intensity, table)
    if colorConversion == .lab { kernels.linear_light(table, 256) }
    return UnsafePointer(table)
  }

  private func rescale(
    _ values: UnsafePointer<Double>, _ count: Int, _ intensity: Intensity, _ out: UnsafeMutablePointer<Float>
  ) {
    let unit = colorConversion == .lightness ? 100.0 : 1.0
    kernels.rescale(
      values, Int64(count), intensity.low, intensity.scale * unit,
      colorConversion == .lab ? 0x1p-20 : quantum,
      out)
  }

  private func lookUpRow(_ row: Int, _ table: UnsafePointer<Float>) {
    for channel in 0..<channels {
      let out = features + channel * featurePlane + row * featureRow
      let bytes = view.row(row % height, plane: row / height, channel: channel)
      kernels.look_up(
        bytes.assumingMemoryBound(to: UInt8.self), view.columnStride, Int64(width), table, out)
      for x in width..<featureRow { out[x] = 0 }
    }
  }

  /// Masked-out values may be anything; they take the lowest intensity, so that sums stay finite.
  private func clearOutside(_ row: Int, _ values: UnsafeMutablePointer<Double>, _ low: Double) {
    let labels = self.labels + row * width
    for x in 0..<width where labels[x] < 0 { values[x] = low }
  }

  private func finishRow(_ row: Int) {
    for channel in 0..<channels {
      let values = features + channel * featurePlane + row * featureRow
      if options.sigma > 0 {
        let inverse = Float(1 / quantum)
        for x in 0..<width { values[x] = (values[x] * inverse).rounded() * Float(quantum) }
      }
      kernels.block_sums(
        values, Int64(blocks), Int64(channels), blockSums + row * (blocks + 1) * channels + channel)
    }
  }

  /// The extremes of all channels inside the mask.
  private func intensityRange() throws(SuperpixelError) -> (low: Double, high: Double) {
    let chunk = max(1, min(rowCount, 65_536 / max(width, 1)))
    let chunks = (rowCount + chunk - 1) / chunk
    let threads = min(threads, chunks)
    let buffers = scratch.take(.rows, Double.self, threads * (width + 2))
    let foundOdd = Atomic<Bool>(false)
    for thread in 0..<threads {
      buffers[threads * width + 2 * thread] = .infinity
      buffers[threads * width + 2 * thread + 1] = -.infinity
    }
    forEachShare(of: chunks, threads: threads) { thread, index in
      let values = buffers + thread * width
      let extremes = buffers + threads * width + 2 * thread
      for row in index * chunk..<min((index + 1) * chunk, rowCount) {
        if isContiguousBytes {
          widenByBytes(row, extremes)
          continue
        }
        for channel in 0..<channels {
          scl_slic_load(
            view.row(row % height, plane: row / height, channel: channel), view.format.rawValue,
            view.columnStride, Int64(width), values)
          var count = width
          if mask != nil { count = packInside(row, values) }
          if kernels.range(values, Int64(count), extremes, extremes + 1) != 0 {
            foundOdd.store(true, ordering: .relaxed)
          }
        }
      }
    }
    if foundOdd.load(ordering: .relaxed) { throw nonFinitePixel() }
    var (low, high) = (Double.infinity, -Double.infinity)
    for thread in 0..<threads {
      low = min(low, buffers[threads * width + 2 * thread])
      high = max(high, buffers[threads * width + 2 * thread + 1])
    }
    return (low, high)
  }

  /// Whether a row is `width * channels` bytes side by side, all of which count.
  private var isContiguousBytes: Bool {
    view.format == .uint8 && mask == nil && view.columnStride == channels
      && (channels == 1 || view.channelStride == 1)
  }

  private func widenByBytes(_ row: Int, _ extremes: UnsafeMutablePointer<Double>) {
    let bytes = view.row(row % height, plane: row / height, channel: 0).assumingMemoryBound(to: UInt8.self)
    var (low, high) = (UInt8.max, UInt8.min)
    kernels.byte_range(bytes, Int64(width * channels), &low, &high)
    extremes[0] = min(extremes[0], Double(low))
    extremes[1] = max(extremes[1], Double(high))
  }

  /// Moves the values inside the mask to the front and returns how many there are.
  private func packInside(_ row: Int, _ values: UnsafeMutablePointer<Double>) -> Int {
    var count = 0
    for x in 0..<width where labels[row * width + x] >= 0 {
      values[count] = values[x]
      count += 1
    }
    return count
  }

  private func nonFinitePixel() -> SuperpixelError {
    let values = scratch.take(.rows, Double.self, width)
    var found = NonFinitePixels(isVolume: view.depth != nil, height: height)
    for row in 0..<rowCount {
      for channel in 0..<channels {
        scl_slic_load(
          view.row(row % height, plane: row / height, channel: channel), view.format.rawValue,
          view.columnStride,
          Int64(width), values)
        for x in 0..<width where labels[row * width + x] >= 0 && !values[x].isFinite {
          found.add(values[x], line: row, column: x, channel: channel)
        }
      }
    }
    return found.error
  }

  /// Calls `body(thread, index)` for every index, shared out among at most `threads` workers; what an index
  /// computes must not depend on the worker.
  func forEachShare(of count: Int, threads: Int, _ body: (Int, Int) -> Void) {
    guard count > 0 else { return }
    let next = Atomic<Int>(0)
    Parallel.for(max(1, min(threads, count)), grain: 1) { workers in
      for worker in workers {
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < count else { break }
          body(worker, index)
        }
      }
    }
  }
}

/// How intensities become 0...1: `(value * factor - low) * scale`.
private struct Intensity {
  var low: Double
  var high: Double
  var scale: Double
  /// A power of two that keeps the range of extreme `Double` images representable; 1 otherwise.
  var factor: Double

  init(_ extremes: (low: Double, high: Double)) {
    let range = extremes.high - extremes.low
    factor = range.isFinite ? (range > 0 && range < 1e-290 ? 0x1p700 : 1) : 0.25
    low = extremes.low * factor
    high = extremes.high * factor
    scale = high > low ? 1 / (high - low) : 0
  }
}
