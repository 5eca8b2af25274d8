internal import CSuperCLKernels

/// Pooling of floats by the vectorised kernels: windows are taken row by row; those of a row that lie wholly
/// inside the image are one call.
enum PoolingFast {
  static func maximum(
    _ input: UnsafePointer<Float>, geometry: PoolingGeometry, output: UnsafeMutablePointer<Float>,
    selection: UnsafeMutablePointer<UInt8>?
  ) {
    let kernels = scl_pooling().pointee
    forEachRun(geometry) { run, source, target in
      var run = run
      kernels.maximum(input + source, &run, output + target, selection.map { $0 + target })
    }
  }

  static func maximumGradient(
    _ outputGradient: UnsafePointer<Float>, selection: UnsafePointer<UInt8>, geometry: PoolingGeometry,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    let kernels = scl_pooling().pointee
    if geometry.isTiling {
      // Pixels behind the last window belong to none.
      forEachUncovered(geometry) { start, count in
        (inputGradient + start).initialize(repeating: 0, count: count)
      }
      forEachRun(geometry) { run, source, target in
        var run = run
        kernels.scatter(outputGradient + target, selection + target, &run, inputGradient + source)
      }
      return
    }
    forEachPixel(geometry) { run, pixel, _ in
      var run = run
      kernels.gather(outputGradient, selection, &run, inputGradient + pixel)
    }
  }

  static func average(
    _ input: UnsafePointer<Float>, geometry: PoolingGeometry, divisor: AveragePoolingDivisor,
    output: UnsafeMutablePointer<Float>
  ) {
    let kernels = scl_pooling().pointee
    forEachRun(geometry) { run, source, target in
      var run = run
      let count = divisor == .wholeWindow ? geometry.windowCount : run.count
      withUnsafeTemporaryAllocation(of: Float.self, capacity: run.count) { weights in
        weights.initialize(repeating: 1 / Float(count))
        kernels.weighted_sum(input + source, &run, weights.baseAddress, output + target)
      }
    }
  }

  static func averageGradient(
    _ outputGradient: UnsafePointer<Float>, geometry: PoolingGeometry, divisor: AveragePoolingDivisor,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    let kernels = scl_pooling().pointee
    forEachPixel(geometry) { run, pixel, counts in
      var run = run
      withUnsafeTemporaryAllocation(of: Float.self, capacity: max(run.count, 1)) { weights in
        for index in 0..<run.count {
          weights[index] = 1 / Float(divisor == .wholeWindow ? geometry.windowCount : counts[index])
        }
        kernels.weighted_sum(outputGradient, &run, weights.baseAddress, inputGradient + pixel)
      }
    }
  }

  // MARK: Runs

  /// Calls `body` with runs of windows of equal form: the run, its first element in the input (offsets count
  /// from there) and in the output.
  private static func forEachRun(
    _ geometry: PoolingGeometry, _ body: (scl_pooling_run, _ source: Int, _ target: Int) -> Void
  ) {
    let (output, channels) = (geometry.output, geometry.channels)
    let interior = geometry.interior(axis: 2)
    let streams: Int32 = exceedsCaches(geometry.batch * geometry.inputPixels * channels) ? 1 : 0
    let rows = geometry.batch * output[0] * output[1]
    let rowSize = max(1, output[2] * channels * geometry.windowCount)
    Parallel.for(rows, grain: max(1, (1 << 17) / rowSize)) { range in
      withUnsafeTemporaryAllocation(of: Int.self, capacity: geometry.windowCount) { offsets in
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: geometry.windowCount) { ids in
          for row in range {
            let (place, line) = row.quotientAndRemainder(dividingBy: output[1])
            let (image, plane) = place.quotientAndRemainder(dividingBy: output[0])
            var column = 0
            while column < output[2] {
              let isInterior = interior.contains(column)
              let windows = isInterior ? interior.upperBound - column : 1
              let count = geometry.fillNeighbors((plane, line, column), offsets: offsets, ids: ids)
              let run = scl_pooling_run(
                windows: windows, channels: channels, count: count, step: geometry.stride[2] * channels,
                offsets: offsets.baseAddress, ids: ids.baseAddress,
                streams: streams)
              body(run, image * geometry.inputPixels * channels, (row * output[2] + column) * channels)
              column += windows
            }
          }
        }
      }
    }
  }

  /// Calls `body` for every pixel of the input with the windows that cover it: the run of one window, the
  /// pixel's first element, and how many pixels each window covers.
  private static func forEachPixel(
    _ geometry: PoolingGeometry,
    _ body: (scl_pooling_run, _ pixel: Int, _ covered: UnsafeMutableBufferPointer<Int>) -> Void
  ) {
    let (input, channels) = (geometry.input, geometry.channels)
    let rows = geometry.batch * input[0] * input[1]
    let capacity = geometry.windowCount
    Parallel.for(rows, grain: max(1, (1 << 16) / max(1, input[2] * channels))) { range in
      withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * capacity) { numbers in
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { ids in
          let offsets = UnsafeMutableBufferPointer(rebasing: numbers[..<capacity])
          let covered = UnsafeMutableBufferPointer(rebasing: numbers[capacity...])
          for row in range {
            let (place, line) = row.quotientAndRemainder(dividingBy: input[1])
            let (image, plane) = place.quotientAndRemainder(dividingBy: input[0])
            for column in 0..<input[2] {
              let count = geometry.fillWindows(
                (plane, line, column), image: image, offsets: offsets, ids: ids, covered: covered)
              let run = scl_pooling_run(
                windows: 1, channels: channels, count: count, step: 0, offsets: offsets.baseAddress,
                ids: ids.baseAddress, streams: 0)
              body(run, (row * input[2] + column) * channels, covered)
            }
          }
        }
      }
    }
  }

  /// Calls `body` with the elements of a tiled input that no window covers: first element and count.
  private static func forEachUncovered(_ geometry: PoolingGeometry, _ body: (Int, Int) -> Void) {
    let (input, channels) = (geometry.input, geometry.channels)
    let covered = (0..<3).map { geometry.output[$0] * geometry.size[$0] }
    guard covered != input else { return }
    for row in 0..<geometry.batch * input[0] * input[1] {
      let (place, line) = row.quotientAndRemainder(dividingBy: input[1])
      let isOutside = line >= covered[1] || place % input[0] >= covered[0]
      let first = isOutside ? 0 : covered[2]
      body((row * input[2] + first) * channels, (input[2] - first) * channels)
    }
  }
}

extension PoolingGeometry {
  /// Whether windows touch without overlap or padding, so that every pixel belongs to at most one.
  var isTiling: Bool { size == stride && padding.allSatisfy { $0 == 0 } }

  /// The windows along `axis` that lie wholly inside the image.
  func interior(axis: Int) -> Range<Int> {
    let first = (padding[axis] + stride[axis] - 1) / stride[axis]
    let room = input[axis] + padding[axis] - size[axis]
    let last = room < 0 ? 0 : min(output[axis], room / stride[axis] + 1)
    return min(first, last)..<last
  }

  /// Fills in the offsets of a window's pixels within an image's elements and their numbers in the window;
  /// returns how many there are.
  func fillNeighbors(
    _ window: (Int, Int, Int), offsets: UnsafeMutableBufferPointer<Int>,
    ids: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    var count = 0
    for depth in covered(axis: 0, window: window.0) {
      for row in covered(axis: 1, window: window.1) {
        for column in covered(axis: 2, window: window.2) {
          offsets[count] = ((depth * input[1] + row) * input[2] + column) * channels
          ids[count] = UInt8(truncatingIfNeeded: number(of: (depth, row, column), in: window))
          count += 1
        }
      }
    }
    return count
  }

  /// Fills in the offsets in the output of the windows that cover a pixel, the pixel's number in each, and
  /// how many pixels each window covers; returns how many there are.
  func fillWindows(
    _ pixel: (Int, Int, Int), image: Int, offsets: UnsafeMutableBufferPointer<Int>,
    ids: UnsafeMutableBufferPointer<UInt8>, covered counts: UnsafeMutableBufferPointer<Int>
  ) -> Int {
    var count = 0
    for depth in windows(axis: 0, covering: pixel.0) {
      for row in windows(axis: 1, covering: pixel.1) {
        for column in windows(axis: 2, covering: pixel.2) {
          let window = (depth, row, column)
          let place = ((image * output[0] + depth) * output[1] + row) * output[2] + column
          offsets[count] = place * channels
          ids[count] = UInt8(truncatingIfNeeded: number(of: pixel, in: window))
          counts[count] =
            covered(axis: 0, window: depth).count * covered(axis: 1, window: row).count
            * covered(axis: 2, window: column).count
          count += 1
        }
      }
    }
    return count
  }

  /// A pixel's number within a window, in row-major order, padding counted.
  @inline(__always)
  func number(of pixel: (Int, Int, Int), in window: (Int, Int, Int)) -> Int {
    let depth = pixel.0 - window.0 * stride[0] + padding[0]
    let row = pixel.1 - window.1 * stride[1] + padding[1]
    let column = pixel.2 - window.2 * stride[2] + padding[2]
    return (depth * size[1] + row) * size[2] + column
  }
}
