import Superpixel
import Tensor

extension SuperCLConfiguration {
  /// Checks every field.
  ///
  /// - Throws: ``SuperCLError/badConfiguration(field:value:reason:)``, naming the first that is out of range.
  public func validate() throws(SuperCLError) {
    func require(_ isGood: Bool, _ field: String, _ value: Any, _ reason: String) throws(SuperCLError) {
      guard isGood else { throw .badConfiguration(field: field, value: "\(value)", reason: reason) }
    }
    try require(temperature > 0 && temperature.isFinite, "temperature", temperature, "must be positive")
    try require(
      baseTemperature.map { $0 > 0 && $0.isFinite } ?? true, "baseTemperature", baseTemperature ?? 0,
      "must be positive")
    for (name, weight) in [
      ("instance", weights.instance), ("intra", weights.intra), ("inter", weights.inter),
    ] {
      try require(weight >= 0 && weight.isFinite, "weights.\(name)", weight, "must not be negative")
    }
    try require(
      weights.instance + weights.intra + weights.inter > 0, "weights", weights, "one must be positive")
    try require(
      positionThreshold.map { $0 > 0 } ?? true, "positionThreshold", positionThreshold ?? 0,
      "must be positive")
    try require(pixelSampling.stride >= 1, "pixelSampling", pixelSampling, "the stride must be at least 1")
    try validateSuperpixels()
    try require(
      fixedViewMirrors == .none || variedSource == .fixedViews, "fixedViewMirrors", fixedViewMirrors,
      "needs varied views that are made of the fixed views")
    let sizes = variedAugmentation.sizeFactor
    try require(
      sizes.range.lowerBound > 0 && sizes.range.upperBound.isFinite, "variedAugmentation.sizeFactor", sizes,
      "must lie above 0")
    try require(patchSize >= 1, "patchSize", patchSize, "must be at least 1")
    try require(batchSize >= 1, "batchSize", batchSize, "must be at least 1")
    try require(steps >= 0, "steps", steps, "must not be negative")
    try require(learningRate > 0 && learningRate.isFinite, "learningRate", learningRate, "must be positive")
    try require((0..<1).contains(momentum), "momentum", momentum, "must be at least 0 and below 1")
    try require(weightDecay >= 0 && weightDecay.isFinite, "weightDecay", weightDecay, "must not be negative")
  }

  /// Asks SLIC itself, on a blank image: its own rules, in two dimensions.
  private func validateSuperpixels() throws(SuperCLError) {
    var channels = slic.colorConversion == .lab ? 3 : 1
    switch superpixelChannels {
    case .all: break
    case .one(let channel), .repeatedAsColor(let channel):
      guard channel >= 0 else {
        throw .badConfiguration(
          field: "superpixelChannels", value: "\(superpixelChannels)", reason: "channels count from 0")
      }
      if case .one = superpixelChannels { channels = 1 } else { channels = 3 }
    }
    do {
      _ = try slic.segment(Tensor<Float>(zeros: [4, 4, channels]))
    } catch {
      throw .badConfiguration(field: "slic.\(error.parameter)", value: error.value, reason: error.reason)
    }
  }
}
