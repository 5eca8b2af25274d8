import Foundation
import Tensor

/// Where the windows lie on an image, along three axes; an axis that image or window does not have is 1 long.
struct WindowGrid {
  /// The sides of the image.
  let lengths: [Int]
  /// The sides of a window.
  let window: [Int]
  /// Along each axis the places of the windows' first pixels, ascending; below 0 where the image is padded.
  let starts: [[Int]]
  /// Along each axis the weights of a window's pixels.
  let weights: [[Double]]

  init(_ settings: SlidingWindowInference, image: TensorShape) {
    let sides = Array(image.dimensions.dropLast())
    let window = settings.windowSize
    // The first axis is the one that slabs follow each other along: the rows of an image.
    switch (sides.count, window.count) {
    case (2, _): (lengths, self.window) = ([sides[0], 1, sides[1]], [window[0], 1, window[1]])
    case (_, 2): (lengths, self.window) = (sides, [1] + window)
    default: (lengths, self.window) = (sides, window)
    }
    starts = zip(lengths, self.window).map { Self.starts(length: $0, window: $1, overlap: settings.overlap) }
    weights = self.window.map { settings.blending.weights(length: $0) }
  }

  /// The first pixels of windows along an axis: evenly spaced from border to border, at most `(1 - overlap) window`
  /// apart. A shorter axis has one, which reaches beyond both borders.
  static func starts(length: Int, window: Int, overlap: Double) -> [Int] {
    let room = length - window
    guard room > 0 else { return [-((-room) / 2)] }
    let step = max(1, Int(Double(window) * (1 - overlap)))
    let last = (room + step - 1) / step
    return (0...last).map { (2 * $0 * room + last) / (2 * last) }
  }

  /// How many windows there are.
  var count: Int { starts.reduce(1) { $0 * $1.count } }

  /// Where a window begins, the first axis slowest.
  func place(of index: Int) -> [Int] {
    let (row, columns) = (starts[1].count, starts[2].count)
    return [
      starts[0][index / (row * columns)], starts[1][index / columns % row], starts[2][index % columns],
    ]
  }

  /// The part of the image that a window at a place holds.
  func pixels(at place: [Int]) -> [Range<Int>] {
    (0..<3).map { axis in
      max(0, place[axis])..<min(lengths[axis], place[axis] + window[axis])
    }
  }

  /// The weights of a window's pixels `[window..., 1]`.
  func weightMap<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) -> Tensor<Scalar> {
    Self.product(weights)
  }

  /// The sums of the weights of all windows at the pixels of a slab `[slab, side, side, 1]`: as windows lie on a lattice, the
  /// products of the sums along each axis.
  func totals<Scalar: TensorFloatingPointScalar>(_ slab: Range<Int>, _ type: Scalar.Type) -> Tensor<Scalar> {
    let sums = (0..<3).map { axis in
      var sums = [Double](repeating: 0, count: lengths[axis])
      for start in starts[axis] {
        for pixel in max(0, start)..<min(lengths[axis], start + window[axis]) {
          sums[pixel] += weights[axis][pixel - start]
        }
      }
      return sums
    }
    return Self.product([Array(sums[0][slab]), sums[1], sums[2]])
  }

  /// The product of one factor along each axis.
  private static func product<Scalar: TensorFloatingPointScalar>(_ factors: [[Double]]) -> Tensor<Scalar> {
    let vectors = factors.map { Tensor($0.map { Scalar($0) }) }
    return vectors[0].reshaped(factors[0].count, 1, 1, 1) * vectors[1].reshaped(1, factors[1].count, 1, 1)
      * vectors[2].reshaped(1, 1, factors[2].count, 1)
  }
}

/// The bell curve of height 1.
func bellCurve(_ x: Double) -> Double { exp(-x * x / 2) }
