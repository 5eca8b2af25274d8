import Foundation
public import Tensor

/// T_var: moves an image, and the label maps that belong to it, in space; the maps stay in step with the image.
///
/// Mirrors each axis with probability .5. Then, with probability .67, elastic displacement, rotation and scaling in one
/// warp (cubic for the image, nearest for maps, 0 outside); otherwise the image stays. For BraTS an affine change and
/// brightness instead. The same struct serves fine-tuning, where the label map is the reference.
///
/// Source: the released code of arXiv 2504.14737.
public struct VariedAugmentation: Sendable, Hashable, Codable {
  /// The chance that an axis is mirrored: .5.
  public var mirrorProbability = 0.5
  /// The chance of the warp: .67.
  public var warpProbability = 0.67
  /// Magnitude alpha and smoothness sigma (in pixels) of the elastic displacement: 100...350 and 14...17; `nil` for none.
  public var elastic: Elastic? = Elastic()
  /// Rotation in radians: 0...2 pi.
  public var rotation = 0...(2 * Double.pi)
  /// Factors of size, half of the draws below 1: .7...1.3.
  public var scale = 0.7...1.3
  /// Shift along each axis as a share of its length: 0; BraTS -.1...0.1.
  public var translation = 0.0...0.0
  /// Shear angle in radians: 0; BraTS +-.2 degrees.
  public var shear = 0.0...0.0
  /// Factors of brightness after the warp; `nil` for none; BraTS .8...1.2.
  public var brightness: ClosedRange<Double>?
  /// How image values between pixels are found.
  public var interpolation = ImageInterpolation.cubic

  /// Ranges of the elastic displacement.
  public struct Elastic: Sendable, Hashable, Codable {
    /// Alpha: the factor on the smoothed noise.
    public var magnitude = 100.0...350.0
    /// Sigma: the standard deviation that the noise is smoothed with, in pixels.
    public var smoothness = 14.0...17.0
    /// Ranges that each draw comes from evenly.
    public init(magnitude: ClosedRange<Double> = 100...350, smoothness: ClosedRange<Double> = 14...17) {
      self.magnitude = magnitude
      self.smoothness = smoothness
    }
  }

  /// How image values between pixels are found.
  public enum ImageInterpolation: String, Sendable, Codable {
    case linear
    /// The released code's.
    case cubic

    var interpolation: Interpolation { self == .linear ? .linear : .cubicSpline }
  }

  /// CHD and KiTS in the released code.
  public init() {}

  /// BraTS in the released code: flips, +-20 degrees, translation .1, scale .9...1.1, shear +-.2 degrees, then brightness.
  public static var brats: VariedAugmentation {
    var augmentation = VariedAugmentation()
    let degree = Double.pi / 180
    augmentation.warpProbability = 1
    augmentation.elastic = nil
    augmentation.rotation = -20 * degree...20 * degree
    augmentation.scale = 0.9...1.1
    augmentation.translation = -0.1...0.1
    augmentation.shear = -0.2 * degree...0.2 * degree
    augmentation.brightness = 0.8...1.2
    augmentation.interpolation = .linear
    return augmentation
  }

  /// One view of an image `[H, W, C]` and of the label maps `[H, W]` that lie on it.
  ///
  /// - Precondition: two spatial axes, and maps of the image's size.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, maps: [Tensor<Int32>] = [], using generator: inout some RandomNumberGenerator
  ) -> (image: Tensor<Scalar>, maps: [Tensor<Int32>]) {
    shapePrecondition(image.rank == 3, "a varied view is made of an image [H, W, C], not \(image.shape)")
    for map in maps {
      shapePrecondition(
        map.shape == image.shape.removing(axis: -1),
        "a map of shape \(map.shape) does not fit an image of shape \(image.shape)")
    }
    var (view, views) = (image, maps)
    for axis in 0..<2 where Double.random(in: 0..<1, using: &generator) < mirrorProbability {
      view = view.flipped(along: axis)
      views = views.map { $0.flipped(along: axis) }
    }
    if Double.random(in: 0..<1, using: &generator) < warpProbability {
      let coordinates = coordinates(height: image.shape[0], width: image.shape[1], using: &generator)
      view = view.expanded(at: 0).sampled(
        at: Tensor(converting: coordinates), interpolation: interpolation.interpolation, border: .constant(0)
      ).squeezed(at: 0)
      views = views.map { map in
        map.reshaped([1] + map.shape.dimensions + [1])
          .sampledNearest(at: coordinates, border: .constant(0)).reshaped(map.shape)
      }
    }
    if let brightness { view = view * Scalar(Double.random(in: brightness, using: &generator)) }
    return (view, views)
  }

  /// Where each pixel is read: elastic displacement first, then rotation, shear and scale about the centre, then the shift.
  private func coordinates(
    height: Int, width: Int, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Float> {
    let angle = Double.random(in: rotation, using: &generator)
    let size = drawScale(using: &generator)
    let lean = tan(Double.random(in: shear, using: &generator))
    let shift = [height, width].map { Double($0) * Double.random(in: translation, using: &generator) }
    let center = (Double(height - 1) / 2, Double(width - 1) / 2)
    // A larger object is read from closer together.
    let (c, s) = (cos(angle) / size, sin(angle) / size)
    let (fromRow, fromColumn) = ((row: c, column: s), (row: -s + c * lean, column: c + s * lean))
    var displacement: Tensor<Float>?
    if let elastic {
      displacement = Tensor(
        elasticDisplacementFor: [height, width],
        magnitude: Double.random(in: elastic.magnitude, using: &generator),
        smoothness: Double.random(in: elastic.smoothness, using: &generator), using: &generator)
    }
    let (top, left) = (center.0 + shift[0], center.1 + shift[1])
    return Tensor(shape: [1, height, width, 2]) { target in
      func fill(_ displacement: UnsafeBufferPointer<Float>?) {
        for row in 0..<height {
          for column in 0..<width {
            let index = (row * width + column) * 2
            var (y, x) = (Double(row) - center.0, Double(column) - center.1)
            if let displacement {
              y += Double(displacement[index])
              x += Double(displacement[index + 1])
            }
            target[index] = Float(fromRow.row * y + fromColumn.row * x + top)
            target[index + 1] = Float(fromRow.column * y + fromColumn.column * x + left)
          }
        }
      }
      if let displacement { displacement.withUnsafeBufferPointer(fill) } else { fill(nil) }
    }
  }

  private func drawScale(using generator: inout some RandomNumberGenerator) -> Double {
    guard scale.lowerBound < 1, scale.upperBound > 1 else {
      return Double.random(in: scale, using: &generator)
    }
    return Bool.random(using: &generator)
      ? Double.random(in: scale.lowerBound...1, using: &generator)
      : Double.random(in: 1...scale.upperBound, using: &generator)
  }
}
