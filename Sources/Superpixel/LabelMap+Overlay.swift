public import Tensor

/// A color with opacity; all components in 0...255.
public struct RGBAColor: Hashable, Sendable {
  public var red, green, blue, alpha: UInt8

  public init(red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8 = 255) {
    self.red = red
    self.green = green
    self.blue = blue
    self.alpha = alpha
  }

  /// Opaque yellow, which grey images do not contain.
  public static let yellow = RGBAColor(red: 255, green: 220, blue: 0)
}

extension LabelMap {
  /// The boundaries drawn on an image.
  ///
  /// - Parameters:
  ///   - image: `[height, width]` or `[height, width, 1]` grey or `[height, width, 3]` color, rescaled from
  ///     its extremes to 0...255; values that are not finite are drawn as 0.
  ///   - style: Which side of a border its pixels are drawn on.
  ///   - color: The color of the boundaries, blended by its alpha.
  /// - Returns: `[height, width, 4]`, red, green, blue, alpha.
  /// - Precondition: the map is an image of the same height and width.
  public func overlay(
    on image: Tensor<Float>, style: BoundaryStyle = .inner, color: RGBAColor = .yellow
  ) -> Tensor<UInt8> {
    shapePrecondition(
      shape.rank == 2 && (image.rank == 2 || image.rank == 3)
        && image.shape.dimensions.prefix(2) == shape.dimensions[...],
      "an overlay of labels \(shape) does not fit an image \(image.shape)")
    let channels = image.rank == 3 ? image.shape[2] : 1
    shapePrecondition(
      channels == 1 || channels == 3, "an overlay needs an image of 1 or 3 channels, not \(image.shape)")
    let edges = boundaries(style)
    return Tensor(shape: [shape[0], shape[1], 4]) { out in
      image.withUnsafeBufferPointer { pixels in
        edges.values.withUnsafeBufferPointer { edges in
          let finite = pixels.lazy.filter(\.isFinite)
          let low = Double(finite.min() ?? 0)
          let range = Double(finite.max() ?? 0) - low
          let scale = range > 0 ? 255 / range : 0
          let ink = [color.red, color.green, color.blue]
          for pixel in edges.indices {
            for channel in 0..<3 {
              let value = pixels[pixel * channels + (channels == 3 ? channel : 0)]
              var level = value.isFinite ? (Double(value) - low) * scale : 0
              if edges[pixel] { level += (Double(ink[channel]) - level) * Double(color.alpha) / 255 }
              out[pixel * 4 + channel] = UInt8(min(max(level.rounded(), 0), 255))
            }
            out[pixel * 4 + 3] = 255
          }
        }
      }
    }
  }
}
