public import Tensor

/// Predicts an image or a volume of any size by windows of one size that overlap: what a network was trained on is what it
/// sees, and memory does not grow with the number of windows.
///
///     var windows = SlidingWindowInference(windowSize: [64, 128, 128])
///     windows.mirrors = [.row, .column]
///     let labels = try windows.labels(of: volume, by: network) { print($0); return .proceed }     // [D, H, W]
///
/// At a pixel x the probability of class k is the weighted mean over the windows W that hold it,
///
///     p_k(x) = sum_W w(x - W) softmax_k(f(window W))(x) / sum_W w(x - W)
///
/// with f the network's scores and w the weights of ``blending``. Any ``Layer`` that maps `[N, spatial..., C]` to scores
/// `[N, spatial..., K]` will do. Windows of three axes go over a volume `[D, H, W, C]`; windows of two over an image
/// `[H, W, C]`, and over a volume plane by plane.
///
/// The defaults are nnU-Net's: an overlap of one half, Gaussian weights of an eighth of the window, windows evenly spaced
/// from border to border. MONAI's sliding windows have an overlap of a quarter and equal weights:
///
///     SlidingWindowInference(windowSize: [96, 96, 96], overlap: 0.25, blending: .constant)
///
/// Both of them average scores; here probabilities are averaged, which one confident window cannot outvote.
///
/// Source: Isensee et al., "nnU-Net", Nature Methods 18, 2021, and its code's `sliding_window_prediction.py`; MONAI's
/// `sliding_window_inference`.
public struct SlidingWindowInference: Sendable, Hashable {
  /// The sides of a window: `[depth, height, width]`, or `[height, width]`.
  public var windowSize: [Int]
  /// The share of a window that the next one covers, in 0..<1: 0.5. Windows overlap by at least so much, rounded up to
  /// whole pixels.
  public var overlap: Double
  /// How much a window counts at each of its pixels.
  public var blending: WindowBlending
  /// Axes along which windows are also seen mirrored, in all combinations, and averaged: none. n axes cost `2^n` passes.
  public var mirrors: Set<SpatialAxis>
  /// Windows in one pass of the network: 1.
  public var batchSize: Int
  /// What stands around an image that is smaller than the window, by half of what is missing on each side (of an odd
  /// number the larger part behind): zeros, as in MONAI and nnU-Net.
  public var border: BorderMode<Float>

  /// Windows of a size; what is left out has the value above.
  public init(
    windowSize: [Int], overlap: Double = 0.5, blending: WindowBlending = .gaussian(),
    mirrors: Set<SpatialAxis> = [], batchSize: Int = 1, border: BorderMode<Float> = .constant(0)
  ) {
    self.windowSize = windowSize
    self.overlap = overlap
    self.blending = blending
    self.mirrors = mirrors
    self.batchSize = batchSize
    self.border = border
  }
}

/// How much a window counts at each of its pixels.
public enum WindowBlending: Sendable, Hashable {
  /// Everywhere the same.
  case constant
  /// `exp(-(i - (n - 1) / 2)^2 / (2 s^2))` along each axis of n pixels, with `s = sigmaScale n`, multiplied over the axes:
  /// near the edge of a window a network lacks half of the surroundings that it learned from.
  ///
  /// An eighth (MONAI's and nnU-Net's) leaves `exp(-8)` at an edge. No weight along an axis is below 1e-9, so that a pixel
  /// that one window alone holds has a probability however narrow the curve is.
  case gaussian(sigmaScale: Double = 0.125)

  /// The weights along an axis of `length` pixels.
  func weights(length: Int) -> [Double] {
    switch self {
    case .constant: return Array(repeating: 1, count: length)
    case .gaussian(let sigmaScale):
      let (center, sigma) = (Double(length - 1) / 2, sigmaScale * Double(length))
      return (0..<length).map { max(Self.least, bellCurve((Double($0) - center) / sigma)) }
    }
  }

  private static let least = 1e-9
}

extension SlidingWindowInference {
  /// Refuses what no image can be predicted with.
  func validate(_ image: TensorShape, _ input: InputDescription?) throws(InferenceError) {
    func require(_ condition: Bool, _ field: String, _ value: Any, _ reason: String) throws(InferenceError) {
      if !condition { throw InferenceError(.badSetting(field: field, value: "\(value)", reason: reason)) }
    }
    let axes = windowSize.count
    try require(
      (2...3).contains(axes) && windowSize.allSatisfy { $0 >= 1 }, "windowSize", windowSize,
      "a window has two or three sides of at least one pixel")
    try require(overlap >= 0 && overlap < 1, "overlap", overlap, "must be in 0..<1")
    try require(batchSize >= 1, "batchSize", batchSize, "must be at least 1")
    if case .gaussian(let scale) = blending {
      try require(scale > 0 && scale.isFinite, "blending.sigmaScale", scale, "must be positive")
    }
    let missing = mirrors.first { $0.place(amongAxes: axes) == nil }
    try require(
      missing == nil, "mirrors", missing?.rawValue ?? "", "windows of \(axes) sides have no such axis")
    try require(
      image.rank == axes + 1 || (image.rank == 4 && axes == 2), "windowSize", windowSize,
      "such windows do not go over an image of shape \(image)")
    guard image.elementCount > 0 else { throw InferenceError(.imageIsEmpty(shape: image)) }
    guard let input else { return }
    try require(
      input.spatialAxes == axes, "windowSize", windowSize,
      "the network takes images of \(input.spatialAxes) spatial axes")
    guard zip(windowSize, input.sizeMultiple).allSatisfy({ $0 % $1 == 0 }) else {
      throw InferenceError(.windowIsNoMultiple(window: windowSize, multiple: input.sizeMultiple))
    }
    guard image[-1] == input.channels else {
      throw InferenceError(.channelsDoNotFit(found: image[-1], expected: input.channels))
    }
  }
}
