import NN
import Superpixel
import Tensor

extension SuperCL {
  /// Checks every field.
  ///
  /// - Throws: ``PretrainingError/badSetting(method:field:value:reason:)``, naming the first that is out of range.
  public func validate() throws(PretrainingError) {
    let check = SettingCheck(method: Self.name)
    try check.require(temperature > 0 && temperature.isFinite, "temperature", temperature, "must be positive")
    try check.require(
      baseTemperature.map { $0 > 0 && $0.isFinite } ?? true, "baseTemperature", baseTemperature ?? 0,
      "must be positive")
    for (name, weight) in [
      ("instance", weights.instance), ("intra", weights.intra), ("inter", weights.inter),
    ] {
      try check.require(weight >= 0 && weight.isFinite, "weights.\(name)", weight, "must not be negative")
    }
    try check.require(
      weights.instance + weights.intra + weights.inter > 0, "weights", weights, "one must be positive")
    try check.require(
      positionThreshold.map { $0 > 0 } ?? true, "positionThreshold", positionThreshold ?? 0,
      "must be positive")
    try check.require(
      pixelSampling.stride >= 1, "pixelSampling", pixelSampling, "the stride must be at least 1")
    try check.require(
      pixelsPerSuperpixel >= 1, "pixelsPerSuperpixel", pixelsPerSuperpixel, "must be at least 1")
    try check.require(leastSuperpixels >= 1, "leastSuperpixels", leastSuperpixels, "must be at least 1")
    try validateSuperpixels()
    try check.require(
      fixedViewMirrors == .none || variedSource == .fixedViews, "fixedViewMirrors", fixedViewMirrors,
      "needs varied views that are made of the fixed views")
    let sizes = variedAugmentation.sizeFactor
    try check.require(
      sizes.range.lowerBound > 0 && sizes.range.upperBound.isFinite, "variedAugmentation.sizeFactor", sizes,
      "must lie above 0")
    try check.require(patchSize >= 1, "patchSize", patchSize, "must be at least 1")
    try check.require(recipe.batchSize >= 1, "recipe.batchSize", recipe.batchSize, "must be at least 1")
    try check.require(recipe.steps >= 0, "recipe.steps", recipe.steps, "must not be negative")
    try check.require(
      learningRate > 0 && learningRate.isFinite, "learningRate", learningRate, "must be positive")
    try check.require((0..<1).contains(momentum), "momentum", momentum, "must be at least 0 and below 1")
    try check.require(
      weightDecay >= 0 && weightDecay.isFinite, "weightDecay", weightDecay, "must not be negative")
  }

  /// Asks SLIC itself, on a blank image: its own rules, in two dimensions.
  private func validateSuperpixels() throws(PretrainingError) {
    var channels = slic.colorConversion == .lab ? 3 : 1
    switch superpixelChannels {
    case .all: break
    case .one(let channel), .repeatedAsColor(let channel):
      guard channel >= 0 else {
        throw .badSetting(
          method: SuperCL.name, field: "superpixelChannels", value: "\(superpixelChannels)",
          reason: "channels count from 0")
      }
      if case .one = superpixelChannels { channels = 1 } else { channels = 3 }
    }
    do {
      _ = try slic.segment(Tensor<Float>(zeros: [4, 4, channels]))
    } catch {
      switch error.code {
      case .badSetting(let field, let value, let reason), .badShape(let field, let value, let reason):
        throw .badSetting(method: Self.name, field: "slic.\(field)", value: value, reason: reason)
      default: throw .badSetting(method: Self.name, field: "slic", value: "\(slic)", reason: error.context)
      }
    }
  }
}
