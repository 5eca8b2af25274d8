import NN
import Superpixel
import Tensor

extension SuperCL {
  /// Checks every field: for volumes where the patch has three sides, otherwise for images.
  ///
  /// - Throws: ``PretrainingError/badSetting(method:field:value:reason:)``, naming the first that is out of range.
  public func validate() throws(PretrainingError) {
    try validate(axes: patchSize.sides.count == 3 ? 3 : 2)
  }

  func validate(axes: Int) throws(PretrainingError) {
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
    for (index, further) in furtherIntraLevels.enumerated() {
      let field = "furtherIntraLevels[\(index)]"
      try check.require(
        further.weight >= 0 && further.weight.isFinite, "\(field).weight", further.weight,
        "must not be negative")
      try check.require(
        further.level != .automatic, "\(field).level", further.level, "only intraLevel can be automatic")
    }
    try validateSuperpixels(axes: axes)
    try check.require(
      fixedViewMirrors == .none || fixedViewGeometry == .still, "fixedViewMirrors", fixedViewMirrors,
      "fixed views that are mirrored do not move besides")
    try check.require(
      fixedViewMirrors == .none || variedSource == .fixedViews, "fixedViewMirrors", fixedViewMirrors,
      "needs varied views that are made of the fixed views")
    for (field, motion) in [
      ("variedAugmentation", variedAugmentation), ("fixedViewGeometry", fixedViewGeometry.motion),
    ] {
      guard let sizes = motion?.sizeFactor else { continue }
      try check.require(
        sizes.range.lowerBound > 0 && sizes.range.upperBound.isFinite, "\(field).sizeFactor", sizes,
        "must lie above 0")
    }
    try check.patch("patchSize", patchSize)
    try check.require(recipe.batchSize >= 1, "recipe.batchSize", recipe.batchSize, "must be at least 1")
    try check.require(recipe.steps >= 0, "recipe.steps", recipe.steps, "must not be negative")
    try check.require(
      learningRate > 0 && learningRate.isFinite, "learningRate", learningRate, "must be positive")
    try check.require((0..<1).contains(momentum), "momentum", momentum, "must be at least 0 and below 1")
    try check.require(
      weightDecay >= 0 && weightDecay.isFinite, "weightDecay", weightDecay, "must not be negative")
  }

  /// Asks SLIC itself, on a blank image or volume: its own rules, with a spacing of 1 mm where images bring theirs.
  private func validateSuperpixels(axes: Int) throws(PretrainingError) {
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
    var slic = slic
    if case .edge = slic.segmentCount, slic.spacing.isEmpty {
      slic.spacing = [Double](repeating: 1, count: axes)
    }
    do {
      if axes == 3 {
        _ = try slic.segment(volume: Tensor<Float>(zeros: [4, 4, 4, channels]))
      } else {
        _ = try slic.segment(Tensor<Float>(zeros: [4, 4, channels]))
      }
    } catch {
      switch error.code {
      case .badSetting(let field, let value, let reason), .badShape(let field, let value, let reason):
        throw .badSetting(method: Self.name, field: "slic.\(field)", value: value, reason: reason)
      default: throw .badSetting(method: Self.name, field: "slic", value: "\(slic)", reason: error.context)
      }
    }
  }
}
