import Foundation
public import Tensor

/// Crops of an image `[H, W, C]` at random places and sizes, resized to a square each: random resized crops, several sizes
/// of them as SwAV has them, two of one size for MoCo.
///
/// Every crop draws its share of the image's area and, evenly in the logarithm, its ratio of width to height; a draw that
/// does not fit into the image is repeated up to 10 times, then the largest crop of an allowed ratio is cut from the middle.
/// Then a mirror, and intensities. Where a crop shrinks by a factor s, it is first smoothed with sigma (s - 1) / 2
/// (scikit-image's rule), because linear interpolation skips pixels.
///
/// Sources: torchvision's `RandomResizedCrop`; Caron et al., NeurIPS 2020, section 3.4 (multi-crop).
public struct MultiCrop: Sendable, Hashable, Codable {
  /// The crops, those of one size together; methods that tell large from small take the first as large.
  public var crops: [Crops]
  /// The chance that columns are mirrored: .5.
  public var mirrorProbability: Double
  /// How intensities change, drawn for each crop; `nil` for not at all.
  public var intensity: IntensityJitter?

  /// Crops of one size.
  public struct Crops: Sendable, Hashable, Codable {
    /// How many.
    public var count: Int
    /// Side of the square that they are resized to, in pixels.
    public var size: Int
    /// The share of the image's area, in (0, 1].
    public var area: ClosedRange<Double>
    /// Width over height: 3/4...4/3.
    public var ratio: ClosedRange<Double>
    /// How the intensities of these crops change in place of the recipe's; `nil` for as the recipe says.
    public var intensity: IntensityJitter?

    /// Crops of one size.
    public init(
      count: Int, size: Int, area: ClosedRange<Double>, ratio: ClosedRange<Double> = 3.0 / 4...4.0 / 3,
      intensity: IntensityJitter? = nil
    ) {
      self.count = count
      self.size = size
      self.area = area
      self.ratio = ratio
      self.intensity = intensity
    }
  }

  /// Crops with changes of intensity.
  public init(_ crops: [Crops], mirrorProbability: Double = 0.5, intensity: IntensityJitter?) {
    self.crops = crops
    self.mirrorProbability = mirrorProbability
    self.intensity = intensity
  }

  /// The side of every crop, in order.
  public var sizes: [Int] { crops.flatMap { Array(repeating: $0.size, count: max($0.count, 0)) } }

  /// The crops `[size, size, C]` of an image `[H, W, C]` of any size, in order.
  ///
  /// - Precondition: the image has pixels.
  public func callAsFunction(
    _ image: Tensor<Float>, using generator: inout some RandomNumberGenerator
  ) -> [Tensor<Float>] {
    stages(of: image, using: &generator).map(\.view)
  }

  /// The crops with what they were before.
  func stages(of image: Tensor<Float>, using generator: inout some RandomNumberGenerator) -> [ViewStages] {
    shapePrecondition(
      image.rank == 3 && image.elementCount > 0, "a crop is cut from an image [H, W, C], not \(image.shape)")
    return crops.flatMap { kind in
      (0..<kind.count).map { _ in
        let window = kind.window(in: image.shape, using: &generator)
        let cut = Self.resized(image.cropped(to: window + [0..<image.shape[2]]), to: kind.size)
        let moved = generator.chance(mirrorProbability) ? cut.flipped(along: 1) : cut
        let jitter = kind.intensity ?? intensity
        return ViewStages(cut: cut, moved: moved, view: jitter?(moved, using: &generator) ?? moved)
      }
    }
  }

  /// The largest square from the middle of an image, resized: what a crop of it would be without chance.
  static func middle(of image: Tensor<Float>, size: Int) -> Tensor<Float> {
    let side = min(image.shape[0], image.shape[1])
    let window = [0, 1].map { axis in
      let first = (image.shape[axis] - side) / 2
      return first..<first + side
    }
    return resized(image.cropped(to: window + [0..<image.shape[2]]), to: size)
  }

  private static func resized(_ crop: Tensor<Float>, to size: Int) -> Tensor<Float> {
    let sigmas = [0, 1].map { max(0, (Double(crop.shape[$0]) / Double(size) - 1) / 2) }
    var batch = crop.expanded(at: 0)
    if sigmas != [0, 0] { batch = batch.gaussianSmoothed(standardDeviations: sigmas) }
    return batch.resized(to: [size, size]).squeezed(at: 0)
  }

  func validate(_ check: SettingCheck, _ field: String) throws(PretrainingError) {
    try check.require(!crops.isEmpty, "\(field).crops", crops, "there must be at least one")
    for (index, kind) in crops.enumerated() {
      let place = "\(field).crops[\(index)]"
      try check.positive("\(place).count", kind.count)
      try check.positive("\(place).size", kind.size)
      try check.require(
        kind.area.lowerBound > 0 && kind.area.upperBound <= 1, "\(place).area", kind.area,
        "must be a share of the image, above 0 and at most 1")
      try check.require(
        kind.ratio.lowerBound > 0 && kind.ratio.upperBound.isFinite, "\(place).ratio", kind.ratio,
        "must be positive")
      try kind.intensity?.validate(check, "\(place).intensity")
    }
    try check.probability("\(field).mirrorProbability", mirrorProbability)
    try intensity?.validate(check, "\(field).intensity")
  }
}

extension MultiCrop.Crops {
  /// Rows and columns of a crop.
  func window(in shape: TensorShape, using generator: inout some RandomNumberGenerator) -> [Range<Int>] {
    let (height, width) = (shape[0], shape[1])
    let pixels = Double(height * width)
    for _ in 0..<10 {
      let target = pixels * generator.uniform(in: area)
      let ratio = exp(generator.uniform(in: log(ratio.lowerBound)...log(ratio.upperBound)))
      let rows = Int((target / ratio).squareRoot().rounded())
      let columns = Int((target * ratio).squareRoot().rounded())
      guard (1...height).contains(rows), (1...width).contains(columns) else { continue }
      let top = generator.integer(below: height - rows + 1)
      let left = generator.integer(below: width - columns + 1)
      return [top..<top + rows, left..<left + columns]
    }
    // The largest that fits, from the middle.
    let own = Double(width) / Double(height)
    let allowed = min(max(own, ratio.lowerBound), ratio.upperBound)
    let rows = own < ratio.lowerBound ? Int((Double(width) / allowed).rounded()) : height
    let columns = own > ratio.upperBound ? Int((Double(height) * allowed).rounded()) : width
    let (cutRows, cutColumns) = (min(max(rows, 1), height), min(max(columns, 1), width))
    let (top, left) = ((height - cutRows) / 2, (width - cutColumns) / 2)
    return [top..<top + cutRows, left..<left + cutColumns]
  }
}

extension MultiCrop {
  /// MoCo v2's two crops of 224, area .2...1, without the parts that need colour.
  public static let moCo = MultiCrop([Crops(count: 2, size: 224, area: 0.2...1)], intensity: .moCo)

  /// SwAV's two large crops of 224, area .14...1, and six small ones of 96, area .05....14, without the parts that need
  /// colour.
  public static let swAV = MultiCrop(
    [Crops(count: 2, size: 224, area: 0.14...1), Crops(count: 6, size: 96, area: 0.05...0.14)],
    intensity: .simCLR)

  /// BYOL's two crops of 224, area .08...1: the first always blurred, the second with a chance of .1; without the parts that
  /// need colour.
  public static let byol = byol(size: 224, area: 0.08...1)

  /// The same with another side and area.
  public static func byol(size: Int, area: ClosedRange<Double>) -> MultiCrop {
    MultiCrop(
      [1, 0.1].map { chance in
        var intensity = IntensityJitter.moCo
        intensity.blurProbability = chance
        return Crops(count: 1, size: size, area: area, intensity: intensity)
      }, intensity: nil)
  }
}
