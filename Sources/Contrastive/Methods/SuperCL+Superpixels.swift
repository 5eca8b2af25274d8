import NN
import Superpixel

extension SuperCL {
  /// Sampled pixels of a feature map that a superpixel has in the mean: 10, about the paper's 1,024 pixels for 100. SLIC
  /// keeps no piece below half the mean size, so that each has about 5.
  static let pixelsPerSuperpixel = 10
  /// A level that carries fewer superpixels than this is passed over for a finer one, where there is one.
  static let leastSuperpixels = 25

  /// The method with an explicit level and, where that was automatic, as many superpixels as it carries: the deepest level
  /// with `n / 10 >= 25` superpixels for n sampled pixels, or the finest level there is; at most ``slic``'s own number.
  ///
  /// - Throws: ``SuperCLError/badConfiguration(field:value:reason:)`` for a level that the encoder has not.
  func withSuperpixels(fittedTo encoder: EncoderDescription) throws(SuperCLError) -> SuperCL {
    var method = self
    if intraLevel == .automatic {
      let levels = encoder.levels.indices.reversed()
      let level =
        levels.first { pixels(at: $0, of: encoder) / Self.pixelsPerSuperpixel >= Self.leastSuperpixels } ?? 0
      let carried = pixels(at: level, of: encoder) / Self.pixelsPerSuperpixel
      guard carried >= 2 || weights.intra == 0 else {
        throw .badConfiguration(
          field: "patchSize", value: "\(patchSize)",
          reason: "the finest level of the encoder has \(pixels(at: level, of: encoder)) sampled pixels, "
            + "too few for two superpixels of \(Self.pixelsPerSuperpixel)")
      }
      method.intraLevel = level == encoder.levels.count - 1 ? .bottleneck : .stage(level)
      if case .fixed(let wanted) = slic.segmentCount {
        method.slic.segmentCount = .fixed(min(wanted, max(carried, 1)))
      }
    }
    for (field, level) in [("intraLevel", method.intraLevel), ("interLevel", method.interLevel)] {
      guard encoder.levels.indices.contains(level.index(of: encoder.levels.count)) else {
        throw .badConfiguration(
          field: field, value: "\(level)", reason: "the encoder has \(encoder.levels.count) levels")
      }
    }
    return method
  }

  /// Pixels of an image that ILCP takes at a level.
  private func pixels(at level: Int, of encoder: EncoderDescription) -> Int {
    let sides = encoder.levels[level].stride.map { patchSize / $0 }
    switch pixelSampling {
    case .flat(let stride): return (sides.reduce(1, *) + stride - 1) / stride
    case .grid(let stride): return sides.reduce(1) { $0 * (($1 + stride - 1) / stride) }
    }
  }

  func sampledPixels(_ encoder: EncoderDescription) -> Int {
    pixels(at: intraLevel.index(of: encoder.levels.count), of: encoder)
  }
}

extension SegmentCount {
  var summary: String {
    switch self {
    case .fixed(let count): "\(count)"
    case .size(let size): "of \(size) pixels each"
    case .adaptive: "as many as the image calls for"
    }
  }
}
