public import Tensor

/// T_fix: changes the intensities of an image and moves no pixel, so that both fixed views share their positions.
///
/// In the order of the released code: min-max to 8 bits, brightness times U(brightness), contrast about the mean times
/// U(contrast), a 3x3 Gaussian of standard deviation U(blur), min-max to [0, 1]. The last step cancels the brightness but
/// for its quantisation. For BraTS, brightness alone.
///
/// Source: the released code of arXiv 2504.14737.
public struct FixedAugmentation: Sendable, Equatable, Codable {
  /// Factors of brightness: 0...1; BraTS .8...1.2. `nil` for none.
  public var brightness: ClosedRange<Double>?
  /// Factors of contrast: .8...1.2. `nil` for none.
  public var contrast: ClosedRange<Double>?
  /// Standard deviations of the blur, in pixels: 1...3. `nil` for none.
  public var blur: ClosedRange<Double>?
  /// How intensities are brought to a common scale.
  public var scaling: IntensityScaling

  /// What happens to the scale of intensities.
  public enum IntensityScaling: String, Sendable, Codable {
    /// Min-max to 0...255 in whole numbers before, and to [0, 1] after: the released code for CHD and KiTS.
    case eightBit
    /// The image keeps its scale.
    case unchanged
  }

  /// CHD and KiTS in the released code; `brightness`, `contrast` and `blur` as there.
  public init(
    brightness: ClosedRange<Double>? = 0...1, contrast: ClosedRange<Double>? = 0.8...1.2,
    blur: ClosedRange<Double>? = 1...3, scaling: IntensityScaling = .eightBit
  ) {
    self.brightness = brightness
    self.contrast = contrast
    self.blur = blur
    self.scaling = scaling
  }

  /// BraTS in the released code: brightness U(.8, 1.2) alone.
  public static let brats = FixedAugmentation(
    brightness: 0.8...1.2, contrast: nil, blur: nil, scaling: .unchanged)

  /// One view of an image `[H, W, C]`, from random numbers drawn in a fixed order.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Scalar> {
    let quantizes = scaling == .eightBit
    func rounded(_ image: Tensor<Scalar>) -> Tensor<Scalar> {
      quantizes ? image.mapped { min(max($0.rounded(), 0), 255) } : image
    }
    var view = quantizes ? rounded(image.rescaled(to: 255)) : image
    if let brightness {
      view = rounded(view * Scalar(Double.random(in: brightness, using: &generator)))
    }
    if let contrast, view.elementCount > 0 {
      let factor = Scalar(Double.random(in: contrast, using: &generator))
      let mean = view.mean().item
      view = rounded(view * factor + (mean - mean * factor))
    }
    if let blur {
      let sigma = Double.random(in: blur, using: &generator)
      view = view.expanded(at: 0).gaussianSmoothed(
        standardDeviations: [Double](repeating: sigma, count: image.rank - 1), radius: .pixels(1),
        border: .reflect
      ).squeezed(at: 0)
    }
    return quantizes ? view.rescaled(to: 1) : view
  }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// `bound (x - min) / (max - min)`; zeros for a constant image.
  func rescaled(to bound: Scalar) -> Tensor {
    guard elementCount > 0 else { return self }
    let low = min().item
    let range = max().item - low
    guard range > 0 else { return Tensor(zeros: shape) }
    return (self - low) * (bound / range)
  }

  /// The elements changed one by one.
  func mapped(_ change: (Scalar) -> Scalar) -> Tensor {
    var result = self
    result.withUnsafeMutableBufferPointer { for index in $0.indices { $0[index] = change($0[index]) } }
    return result
  }
}
