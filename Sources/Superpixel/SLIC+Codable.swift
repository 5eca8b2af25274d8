// Written out, so that a configuration's file reads like the call: {"segmentCount": {"fixed": 100}, "mode": "standard"}.

extension SLIC: Codable {
  private enum CodingKeys: String, CodingKey {
    case segmentCount, compactness, maximumIterations, mode, variant, colorConversion, sigma, spacing
    case windowInSteps, rowStride, convergence, connectivity, minimumSizeFactor, maximumSizeFactor
    case smallSegmentRule
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      segmentCount: try values.decode(SegmentCount.self, forKey: .segmentCount),
      compactness: try values.decode(Double.self, forKey: .compactness),
      maximumIterations: try values.decode(Int.self, forKey: .maximumIterations))
    mode = try values.decode(named: modeNames, forKey: .mode)
    variant = try values.decode(named: variantNames, forKey: .variant)
    colorConversion = try values.decode(named: colorConversionNames, forKey: .colorConversion)
    sigma = try values.decode(Double.self, forKey: .sigma)
    spacing = try values.decode([Double].self, forKey: .spacing)
    windowInSteps = try values.decode(Double.self, forKey: .windowInSteps)
    rowStride = try values.decode(Int.self, forKey: .rowStride)
    convergence = try values.decode(Convergence.self, forKey: .convergence)
    connectivity = try values.decode(named: connectivityNames, forKey: .connectivity)
    minimumSizeFactor = try values.decode(Double.self, forKey: .minimumSizeFactor)
    maximumSizeFactor = try values.decodeIfPresent(Double.self, forKey: .maximumSizeFactor)
    smallSegmentRule = try values.decode(named: smallSegmentRuleNames, forKey: .smallSegmentRule)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(segmentCount, forKey: .segmentCount)
    try values.encode(compactness, forKey: .compactness)
    try values.encode(maximumIterations, forKey: .maximumIterations)
    try values.encode(mode, named: modeNames, forKey: .mode)
    try values.encode(variant, named: variantNames, forKey: .variant)
    try values.encode(colorConversion, named: colorConversionNames, forKey: .colorConversion)
    try values.encode(sigma, forKey: .sigma)
    try values.encode(spacing, forKey: .spacing)
    try values.encode(windowInSteps, forKey: .windowInSteps)
    try values.encode(rowStride, forKey: .rowStride)
    try values.encode(convergence, forKey: .convergence)
    try values.encode(connectivity, named: connectivityNames, forKey: .connectivity)
    try values.encode(minimumSizeFactor, forKey: .minimumSizeFactor)
    try values.encodeIfPresent(maximumSizeFactor, forKey: .maximumSizeFactor)
    try values.encode(smallSegmentRule, named: smallSegmentRuleNames, forKey: .smallSegmentRule)
  }
}

extension SLIC.Convergence: Codable {
  private enum CodingKeys: CodingKey { case unchangedLabels, changedShare, never }

  public init(from decoder: any Decoder) throws {
    if let values = try? decoder.container(keyedBy: CodingKeys.self) {
      self = .changedShare(atMost: try values.decode(Double.self, forKey: .changedShare))
      return
    }
    let value = try decoder.singleValueContainer()
    switch try value.decode(String.self) {
    case "unchangedLabels": self = .unchangedLabels
    case "never": self = .never
    case let name:
      throw DecodingError.dataCorruptedError(in: value, debugDescription: "there is no convergence '\(name)'")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .unchangedLabels:
      var value = encoder.singleValueContainer()
      try value.encode("unchangedLabels")
    case .never:
      var value = encoder.singleValueContainer()
      try value.encode("never")
    case .changedShare(let share):
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(share, forKey: .changedShare)
    }
  }
}

extension SegmentCount: Codable {
  private enum CodingKeys: CodingKey { case fixed, size, edge, adaptive }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let count = try values.decodeIfPresent(Int.self, forKey: .fixed) {
      self = .fixed(count)
    } else if let size = try values.decodeIfPresent(Int.self, forKey: .size) {
      self = .size(size)
    } else if let length = try values.decodeIfPresent(Double.self, forKey: .edge) {
      self = .edge(millimeters: length)
    } else {
      self = .adaptive(try values.decode(AdaptiveCount.self, forKey: .adaptive))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .fixed(let count): try values.encode(count, forKey: .fixed)
    case .size(let size): try values.encode(size, forKey: .size)
    case .edge(let length): try values.encode(length, forKey: .edge)
    case .adaptive(let adaptive): try values.encode(adaptive, forKey: .adaptive)
    }
  }
}

extension AdaptiveCount: Codable {
  private enum CodingKeys: CodingKey { case finestCount, tolerance, minimumSize }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      finestCount: try values.decode(Int.self, forKey: .finestCount),
      tolerance: try values.decode(Double.self, forKey: .tolerance),
      minimumSize: try values.decodeIfPresent(Int.self, forKey: .minimumSize) ?? 1)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(finestCount, forKey: .finestCount)
    try values.encode(tolerance, forKey: .tolerance)
    try values.encode(minimumSize, forKey: .minimumSize)
  }
}

private let modeNames: KeyValuePairs<String, SLIC.Mode> = [
  "standard": .standard, "skimageCompatible": .skimageCompatible,
]
private let variantNames: KeyValuePairs<String, SLIC.Variant> = ["slic": .slic, "slico": .slico]
private let colorConversionNames: KeyValuePairs<String, SLIC.ColorConversion> = [
  "automatic": .automatic, "lab": .lab, "lightness": .lightness, "unit": .unit,
]
private let connectivityNames: KeyValuePairs<String, SLIC.Connectivity> = [
  "enforced": .enforced, "unenforced": .unenforced,
]
private let smallSegmentRuleNames: KeyValuePairs<String, SLIC.SmallSegmentRule> = [
  "closestMean": .closestMean, "longestBorder": .longestBorder,
]

extension KeyedDecodingContainer {
  fileprivate func decode<Value>(named names: KeyValuePairs<String, Value>, forKey key: Key) throws -> Value {
    let name = try decode(String.self, forKey: key)
    if let entry = names.first(where: { $0.key == name }) { return entry.value }
    throw DecodingError.dataCorruptedError(
      forKey: key, in: self,
      debugDescription: "\(key.stringValue) is '\(name)', not one of \(names.map(\.key))")
  }
}

extension KeyedEncodingContainer {
  fileprivate mutating func encode<Value: Equatable>(
    _ value: Value, named names: KeyValuePairs<String, Value>, forKey key: Key
  ) throws {
    guard let entry = names.first(where: { $0.value == value }) else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: codingPath + [key], debugDescription: "a case without a name"))
    }
    try encode(entry.key, forKey: key)
  }
}
