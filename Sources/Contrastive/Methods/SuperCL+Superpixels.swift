import NN
import Superpixel

extension SuperCL {
  /// The method with an explicit level and, where that was automatic, as many superpixels as it carries, at most
  /// ``slic``'s own number; the finest level when none carries enough.
  ///
  /// - Throws: ``PretrainingError/badSetting(method:field:value:reason:)`` for a level that the encoder has not.
  func withSuperpixels(fittedTo encoder: EncoderDescription) throws(PretrainingError) -> SuperCL {
    var method = self
    if intraLevel == .automatic {
      let levels = encoder.levels.indices.reversed()
      let level =
        levels.first { pixels(at: $0, of: encoder) / pixelsPerSuperpixel >= leastSuperpixels } ?? 0
      let carried = pixels(at: level, of: encoder) / pixelsPerSuperpixel
      guard carried >= 2 || weights.intra == 0 else {
        throw .badSetting(
          method: SuperCL.name, field: "patchSize", value: "\(patchSize)",
          reason: "the finest level of the encoder has \(pixels(at: level, of: encoder)) sampled pixels, "
            + "too few for two superpixels of \(pixelsPerSuperpixel)")
      }
      method.intraLevel = level == encoder.levels.count - 1 ? .bottleneck : .stage(level)
      if case .fixed(let wanted) = slic.segmentCount {
        method.slic.segmentCount = .fixed(min(wanted, max(carried, 1)))
      }
    }
    for (field, level) in [("intraLevel", method.intraLevel), ("interLevel", method.interLevel)] {
      guard encoder.levels.indices.contains(level.index(of: encoder.levels.count)) else {
        throw .badSetting(
          method: SuperCL.name, field: field, value: "\(level)",
          reason: "the encoder has \(encoder.levels.count) levels")
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
