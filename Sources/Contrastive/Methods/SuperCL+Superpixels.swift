import NN
import Superpixel

extension SuperCL {
  /// The method with an explicit level and, where that was automatic, as many superpixels as it carries, at most
  /// ``slic``'s own number; the finest level when none carries enough. An adaptive number is bounded by what ILCP needs.
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
    try method.checkLevels(of: encoder)
    if case .adaptive(var adaptive) = slic.segmentCount, weights.intra > 0 {
      // A superpixel with as many pixels has, in the mean, half of the sampled pixels that one of the mean size has.
      let patch = sides(for: encoder).reduce(1, *)
      let least = (pixelsPerSuperpixel + 1) / 2
      adaptive.minimumSize = max(adaptive.minimumSize, least * patch / max(method.sampledPixels(encoder), 1))
      method.slic.segmentCount = .adaptive(adaptive)
    }
    return method
  }

  private func checkLevels(of encoder: EncoderDescription) throws(PretrainingError) {
    let check = SettingCheck(method: SuperCL.name)
    let further = furtherIntraLevels.enumerated().map {
      ("furtherIntraLevels[\($0.offset)]", $0.element.level)
    }
    for (field, level) in [("intraLevel", intraLevel), ("interLevel", interLevel)] + further {
      let count = encoder.levels.count
      if let index = level.decoderLevel {
        try check.require(field != "interLevel", field, level, "ASP reads levels of the encoder")
        try check.require(
          (0..<count - 1).contains(index), field, level,
          "a decoder has the sizes of the encoder's levels but the deepest, 0...\(count - 2)")
        try check.require(
          encoder.dividesAtEachLevel, field, level,
          "a decoder expands levels that begin at the image's size and shrink by whole factors, not strides "
            + "\(encoder.levels.map(\.stride))")
      }
      try check.require(
        encoder.levels.indices.contains(level.index(of: count)), field, level,
        "the encoder has \(count) levels")
    }
  }

  /// The sides of a patch for an encoder.
  func sides(for encoder: EncoderDescription) -> [Int] {
    patchSize.sides(axes: encoder.spatialAxes) ?? patchSize.sides
  }

  /// Pixels of an image that ILCP takes at a level.
  private func pixels(at level: Int, of encoder: EncoderDescription) -> Int {
    let sides = zip(sides(for: encoder), encoder.levels[level].stride).map { $0 / $1 }
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
    case .edge(let length): "of \(length) mm each"
    case .adaptive(let adaptive):
      "as many as the image calls for, each of at least \(adaptive.minimumSize) pixels"
    }
  }
}
