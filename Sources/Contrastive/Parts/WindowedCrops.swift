public import Tensor

/// Two crops of one window of an image `[H, W, C]`, so that they show much of the same: DeSD's views, on slices.
///
/// The window's sides are ``window`` times the crop's, drawn for each axis, at a random place; where that is not below the image's side,
/// the window has the crop's. In it each crop has ``scale`` times the sides, with the same exception, mirrored along each axis by
/// chance and resized linearly to a square. Then intensities, for each crop its own.
///
/// Source: the released loader of DeSD (Ye et al., MICCAI 2022), for volumes of 16 slices, whose depth is not scaled.
public struct WindowedCrops: Sendable, Hashable, Codable {
  /// Side of the square crops, in pixels: 96.
  public var size: Int
  /// Sides of the window, in those of a crop: 1.4...1.8.
  public var window: ClosedRange<Double>
  /// Sides of a crop before it is resized, in those after: .8...1.2.
  public var scale: ClosedRange<Double>
  /// The chance that an axis is mirrored: .8.
  public var mirrorProbability: Double
  /// How the intensities of each crop change; there are as many crops.
  public var intensities: [IntensityChanges]

  /// Crops; what is left out has the value above.
  public init(
    size: Int = 96, window: ClosedRange<Double> = 1.4...1.8, scale: ClosedRange<Double> = 0.8...1.2,
    mirrorProbability: Double = 0.8, intensities: [IntensityChanges]
  ) {
    self.size = size
    self.window = window
    self.scale = scale
    self.mirrorProbability = mirrorProbability
    self.intensities = intensities
  }

  /// DeSD's.
  public static let deSD = WindowedCrops(intensities: [.deSDFirst, .deSDSecond])

  /// The crops `[size, size, C]` of an image.
  ///
  /// - Precondition: no side of the image is below ``size``.
  public func callAsFunction(
    _ image: Tensor<Float>, using generator: inout some RandomNumberGenerator
  ) -> [Tensor<Float>] {
    stages(of: image, using: &generator).map(\.view)
  }

  /// The crops with what they were before.
  func stages(of image: Tensor<Float>, using generator: inout some RandomNumberGenerator) -> [ViewStages] {
    shapePrecondition(
      image.rank == 3 && image.shape[0] >= size && image.shape[1] >= size,
      "crops of \(size) are cut from an image [H, W, C] of at least that, not \(image.shape)")
    let field = part(of: image, scale: window, using: &generator)
    return intensities.map { intensity in
      let crop = part(of: field, scale: scale, using: &generator)
      let cut = crop.expanded(at: 0).resized(to: [size, size]).squeezed(at: 0)
      let axes = [0, 1].filter { _ in generator.chance(mirrorProbability) }
      let moved = axes.isEmpty ? cut : cut.flipped(along: axes)
      return ViewStages(cut: cut, moved: moved, view: intensity(moved, using: &generator))
    }
  }

  /// A window at a random place, its sides so many times the crop's.
  private func part(
    of image: Tensor<Float>, scale: ClosedRange<Double>, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Float> {
    let lengths = [0, 1].map { axis in
      let length = Int(Double(size) * generator.uniform(in: scale))
      return length < image.shape[axis] ? max(length, 1) : size
    }
    let ranges = [0, 1].map { axis in
      let first = generator.integer(below: image.shape[axis] - lengths[axis] + 1)
      return first..<first + lengths[axis]
    }
    return image.cropped(to: ranges + [0..<image.shape[2]])
  }

  func validate(_ check: SettingCheck, _ field: String) throws(PretrainingError) {
    try check.positive("\(field).size", size)
    try check.require(window.lowerBound >= 1, "\(field).window", window, "must be at least 1")
    try check.require(scale.lowerBound > 0, "\(field).scale", scale, "must be positive")
    try check.probability("\(field).mirrorProbability", mirrorProbability)
    for (index, intensity) in intensities.enumerated() {
      try intensity.validate(check, "\(field).intensities[\(index)]")
    }
  }
}
