public import Tensor

/// Which pixels count as the boundary between two labels.
public enum BoundaryStyle: Hashable, Sendable {
  /// The pixel on the side of the higher label: one pixel wide.
  case inner
  /// The pixel on the side of the lower label: one pixel wide.
  case outer
  /// The pixels on both sides.
  case thick
}

extension LabelMap {
  /// The pixels at which labels change: those with a neighbor (4 in an image, 6 in a volume) of another
  /// label.
  ///
  /// ``Superpixels/maskedLabel`` is the lowest label, so `inner` boundaries of a masked segmentation lie
  /// inside the mask. The border of the image is no boundary. O(pixels).
  ///
  ///     LabelMap(Tensor(rows: [[0, 0, 1, 1]])).boundaries(.thick)   // [false, true, true, false]
  public func boundaries(_ style: BoundaryStyle = .thick) -> BinaryMask {
    let lengths = [shape.rank == 3 ? shape[0] : 1, shape[-2], shape[-1]]
    let strides = [lengths[1] * lengths[2], lengths[2], 1]
    return BinaryMask(
      Tensor(shape: shape) { buffer in
        labels.withUnsafeBufferPointer { labels in
          buffer.initialize(repeating: false)
          var index = 0
          for z in 0..<lengths[0] {
            for y in 0..<lengths[1] {
              for x in 0..<lengths[2] {
                for (position, axis) in [(z, 0), (y, 1), (x, 2)] where position + 1 < lengths[axis] {
                  let other = index + strides[axis]
                  if labels[index] != labels[other] {
                    let higher = labels[index] > labels[other] ? index : other
                    let lower = index + other - higher
                    if style != .outer { buffer[higher] = true }
                    if style != .inner { buffer[lower] = true }
                  }
                }
                index += 1
              }
            }
          }
        }
      })
  }
}
