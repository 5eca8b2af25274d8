/// The window of a pooling operator: its size, its step and the padding around the image, for each spatial
/// axis.
///
///     PoolingWindow([2, 2])                                       // halves an image
///     PoolingWindow([3, 3], stride: [2, 2], padding: [1, 1])
///     PoolingWindow([1, 2, 2])                                    // a volume, within its planes
public struct PoolingWindow: Hashable, Sendable {
  /// Pixels along each spatial axis, in the order of the tensor's axes.
  public let size: [Int]
  /// Pixels from one window to the next.
  public let stride: [Int]
  /// Pixels beyond the border on either side. They are never a maximum.
  public let padding: [Int]

  /// - Parameters:
  ///   - stride: by default the size: windows that touch and do not overlap.
  ///   - padding: by default none.
  ///   - size: The lengths of the window, one for each spatial axis.
  /// - Precondition: one to three axes, as many in each list; sizes and strides of at least 1; padding from
  ///   0 to half the size, so that every window covers a pixel.
  public init(_ size: [Int], stride: [Int]? = nil, padding: [Int]? = nil) {
    let stride = stride ?? size
    let padding = padding ?? Array(repeating: 0, count: size.count)
    shapePrecondition(
      (1...3).contains(size.count) && stride.count == size.count && padding.count == size.count,
      "a window needs one to three axes in each list: size \(size), stride \(stride), padding \(padding)")
    shapePrecondition(
      size.allSatisfy { $0 >= 1 } && stride.allSatisfy { $0 >= 1 }
        && zip(size, padding).allSatisfy { $1 >= 0 && $1 <= $0 / 2 },
      "size \(size), stride \(stride), padding \(padding) is no window: sizes and strides are at least 1, "
        + "padding is at most half the size")
    self.size = size
    self.stride = stride
    self.padding = padding
  }

  /// Windows along an axis of `length` pixels: `(length + 2 padding - size) / stride + 1`, rounded down; 0
  /// for an axis shorter than the window.
  public func outputLength(_ length: Int, axis: Int) -> Int {
    let room = length + 2 * padding[axis] - size[axis]
    return length == 0 || room < 0 ? 0 : room / stride[axis] + 1
  }
}

/// A pooling over `[N, D, H, W, C]`; images have D = 1, rows D = H = 1.
package struct PoolingGeometry: Equatable, Sendable {
  package let batch: Int
  package let channels: Int
  package let input: [Int]
  package let output: [Int]
  package let size: [Int]
  package let stride: [Int]
  package let padding: [Int]

  /// - Precondition: the tensor has as many spatial axes as the window.
  package init(shape: TensorShape, window: PoolingWindow) {
    shapePrecondition(
      shape.rank == window.size.count + 2,
      "a window of size \(window.size) needs a tensor with \(window.size.count) spatial axes between batch "
        + "and channels, not one of shape \(shape)")
    let missing = 3 - window.size.count
    func padded(_ values: [Int], with value: Int) -> [Int] {
      Array(repeating: value, count: missing) + values
    }
    let spatial = Array(shape.dimensions.dropFirst().dropLast())
    batch = shape[0]
    channels = shape[-1]
    input = padded(spatial, with: 1)
    output = padded(spatial.enumerated().map { window.outputLength($1, axis: $0) }, with: 1)
    size = padded(window.size, with: 1)
    stride = padded(window.stride, with: 1)
    padding = padded(window.padding, with: 0)
  }

  /// Pixels in a window.
  package var windowCount: Int { size[0] * size[1] * size[2] }
  package var inputPixels: Int { input[0] * input[1] * input[2] }

  /// The shape of the result, for an operand of shape `shape`.
  package func outputShape(of shape: TensorShape) -> TensorShape {
    TensorShape([batch] + output.suffix(shape.rank - 2) + [channels])
  }

  /// The part of a window that lies inside the image along `axis`: pixel indices of window `index`.
  @inline(__always)
  package func covered(axis: Int, window index: Int) -> Range<Int> {
    let start = index * stride[axis] - padding[axis]
    let lower = max(start, 0)
    return lower..<max(lower, min(start + size[axis], input[axis]))
  }

  /// The windows that cover pixel `index` along `axis`.
  @inline(__always)
  package func windows(axis: Int, covering index: Int) -> Range<Int> {
    let place = index + padding[axis]
    let first = place < size[axis] ? 0 : (place - size[axis]) / stride[axis] + 1
    let last = min(place / stride[axis], output[axis] - 1)
    return first..<max(first, last + 1)
  }
}
