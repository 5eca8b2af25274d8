/// Pooling in plain loops: what `Double` uses, and what the vectorised kernels are tested against.
enum PoolingExact {
  /// Maxima, and the window pixel that each came from.
  @specialized(where Scalar == Double, Index == UInt8)
  @specialized(where Scalar == Float, Index == UInt8)
  static func maximum<Scalar: TensorFloatingPointScalar, Index: TensorIntegerScalar>(
    _ input: UnsafePointer<Scalar>, geometry: PoolingGeometry, output: UnsafeMutablePointer<Scalar>,
    selection: UnsafeMutablePointer<Index>?
  ) {
    forEachWindow(geometry) { batch, window, place in
      let depths = geometry.covered(axis: 0, window: window.0)
      let rows = geometry.covered(axis: 1, window: window.1)
      let columns = geometry.covered(axis: 2, window: window.2)
      for channel in 0..<geometry.channels {
        var best = -Scalar.infinity
        var chosen = -1
        for depth in depths {
          for row in rows {
            for column in columns {
              let pixel = (depth * geometry.input[1] + row) * geometry.input[2] + column
              let value = input[(batch * geometry.inputPixels + pixel) * geometry.channels + channel]
              if chosen < 0 || value > best || value.isNaN {
                best = value
                chosen = geometry.number(of: (depth, row, column), in: window)
              }
            }
          }
        }
        output[place * geometry.channels + channel] = best
        selection?[place * geometry.channels + channel] = Index(truncatingIfNeeded: chosen)
      }
    }
  }

  /// Each pixel gathers the gradients of the windows that selected it.
  @specialized(where Scalar == Double, Index == UInt8)
  @specialized(where Scalar == Float, Index == UInt8)
  static func maximumGradient<Scalar: TensorFloatingPointScalar, Index: TensorIntegerScalar>(
    _ outputGradient: UnsafePointer<Scalar>, selection: UnsafePointer<Index>, geometry: PoolingGeometry,
    inputGradient: UnsafeMutablePointer<Scalar>
  ) {
    forEachPixel(geometry) { batch, pixel, place in
      let target = inputGradient + place * geometry.channels
      for channel in 0..<geometry.channels { target[channel] = 0 }
      for depth in geometry.windows(axis: 0, covering: pixel.0) {
        for row in geometry.windows(axis: 1, covering: pixel.1) {
          for column in geometry.windows(axis: 2, covering: pixel.2) {
            let window = (depth, row, column)
            let index = Index(
              truncatingIfNeeded: geometry.number(of: pixel, in: window))
            let start = outputPlace(geometry, batch: batch, window: window) * geometry.channels
            for channel in 0..<geometry.channels where selection[start + channel] == index {
              target[channel] += outputGradient[start + channel]
            }
          }
        }
      }
    }
  }

  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func average<Scalar: TensorFloatingPointScalar>(
    _ input: UnsafePointer<Scalar>, geometry: PoolingGeometry, divisor: AveragePoolingDivisor,
    output: UnsafeMutablePointer<Scalar>
  ) {
    forEachWindow(geometry) { batch, window, place in
      let target = output + place * geometry.channels
      for channel in 0..<geometry.channels { target[channel] = 0 }
      for depth in geometry.covered(axis: 0, window: window.0) {
        for row in geometry.covered(axis: 1, window: window.1) {
          for column in geometry.covered(axis: 2, window: window.2) {
            let pixel = (depth * geometry.input[1] + row) * geometry.input[2] + column
            let source = input + (batch * geometry.inputPixels + pixel) * geometry.channels
            for channel in 0..<geometry.channels { target[channel] += source[channel] }
          }
        }
      }
      let count = Scalar(pixelCount(geometry, window: window, divisor: divisor))
      for channel in 0..<geometry.channels { target[channel] /= count }
    }
  }

  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func averageGradient<Scalar: TensorFloatingPointScalar>(
    _ outputGradient: UnsafePointer<Scalar>, geometry: PoolingGeometry, divisor: AveragePoolingDivisor,
    inputGradient: UnsafeMutablePointer<Scalar>
  ) {
    forEachPixel(geometry) { batch, pixel, place in
      let target = inputGradient + place * geometry.channels
      for channel in 0..<geometry.channels { target[channel] = 0 }
      for depth in geometry.windows(axis: 0, covering: pixel.0) {
        for row in geometry.windows(axis: 1, covering: pixel.1) {
          for column in geometry.windows(axis: 2, covering: pixel.2) {
            let window = (depth, row, column)
            let start = outputPlace(geometry, batch: batch, window: window) * geometry.channels
            let count = Scalar(pixelCount(geometry, window: window, divisor: divisor))
            for channel in 0..<geometry.channels {
              target[channel] += outputGradient[start + channel] / count
            }
          }
        }
      }
    }
  }

  // MARK: Places

  private typealias Place = (Int, Int, Int)

  /// Calls `body` with every window of every image, and the number of its result, over all cores.
  @inline(__always)
  private static func forEachWindow(
    _ geometry: PoolingGeometry, _ body: (_ batch: Int, _ window: (Int, Int, Int), _ place: Int) -> Void
  ) {
    forEach(geometry.output, batch: geometry.batch, channels: geometry.channels, body)
  }

  /// Calls `body` with every pixel of every image, and its number, over all cores.
  @inline(__always)
  private static func forEachPixel(
    _ geometry: PoolingGeometry, _ body: (_ batch: Int, _ pixel: (Int, Int, Int), _ place: Int) -> Void
  ) {
    forEach(geometry.input, batch: geometry.batch, channels: geometry.channels, body)
  }

  @inline(__always)
  private static func forEach(
    _ lengths: [Int], batch: Int, channels: Int, _ body: (Int, (Int, Int, Int), Int) -> Void
  ) {
    let rows = batch * lengths[0] * lengths[1]
    let width = lengths[2]
    Parallel.for(rows, grain: max(1, (1 << 15) / max(1, width * channels))) { range in
      for row in range {
        let image = row / (lengths[0] * lengths[1])
        let rest = row % (lengths[0] * lengths[1])
        for column in 0..<width {
          body(image, (rest / lengths[1], rest % lengths[1], column), row * width + column)
        }
      }
    }
  }

  @inline(__always)
  private static func outputPlace(_ geometry: PoolingGeometry, batch: Int, window: Place) -> Int {
    ((batch * geometry.output[0] + window.0) * geometry.output[1] + window.1) * geometry.output[2] + window.2
  }

  @inline(__always)
  private static func pixelCount(
    _ geometry: PoolingGeometry, window: Place, divisor: AveragePoolingDivisor
  ) -> Int {
    switch divisor {
    case .wholeWindow: geometry.windowCount
    case .coveredPixels:
      geometry.covered(axis: 0, window: window.0).count * geometry.covered(axis: 1, window: window.1).count
        * geometry.covered(axis: 2, window: window.2).count
    }
  }
}
