import ExampleSupport
public import Foundation
import PretrainKit
import RunKit

/// All that decides what experiments run: one JSON file.
public struct ExperimentSettings: Codable, Equatable, Sendable {
  /// The sets of labelled images.
  public var data: [DataSettings] = [.ct]
  /// How virtual patients are made.
  public var cohort = CohortSettings()
  /// Channels of the network's first level: 16; the released code's network has 32.
  public var width = 16
  /// The longest side that slices are worked on at; larger ones are averaged down: 128.
  public var longestSide = 128
  /// Seeds: of a pre-training, of its fine-tunings' first weights, and of the patients that carry labels.
  public var seeds: [UInt64] = [1, 2, 3]
  public var compare = ComparisonSettings()
  public var superpixels = SuperpixelSettings()
  public var ablations = AblationSettings()
  public var failures = FailureSettings()
  public var volumes = VolumeSettings()
  public var paper = PaperSettings()

  public init() {}

  /// Every number small, so that all experiments together take less than a minute: they show that each part works, and
  /// their scores mean nothing.
  public static var quick: ExperimentSettings {
    var settings = ExperimentSettings()
    settings.width = 8
    settings.longestSide = 64
    settings.seeds = [1, 2]
    settings.data[0].minimumVoxels = 50
    settings.cohort.trainingPatientsPerSlab = 1
    settings.cohort.validationPatientsPerSlab = 1
    settings.cohort.testPatientsPerSlab = 1
    settings.compare = .quick
    settings.superpixels = .quick
    settings.ablations = .quick
    settings.failures = .quick
    settings.volumes = .quick
    settings.paper = .quick
    return settings
  }

  /// These settings with the fields of a JSON file in place.
  ///
  /// - Throws: ``ExampleFailure`` (65), naming file, field and value.
  public func replacing(with json: Data, from path: String) throws -> ExperimentSettings {
    let settings = try StrictSettings.replacing(self, with: json, from: path)
    try settings.validate(path)
    return settings
  }

  /// - Throws: ``ExampleFailure``: the first value with which nothing can be run (65), a method that does not exist (64).
  func validate(_ path: String) throws {
    for (name, value, least) in [("width", width, 1), ("longestSide", longestSide, 16)] where value < least {
      throw ExampleFailure(.data, "\(path): \(name) = \(value): must be at least \(least)")
    }
    guard !data.isEmpty, Set(data.map(\.name)).count == data.count else {
      throw ExampleFailure(.data, "\(path): data: sets with different names, at least one")
    }
    guard !seeds.isEmpty, Set(seeds).count == seeds.count else {
      throw ExampleFailure(.data, "\(path): seeds = \(seeds): different seeds, at least one")
    }
    // Rows hold numbers as doubles, in which larger seeds are no longer told apart.
    if let seed = seeds.first(where: { $0 > 1 << 53 }) {
      throw ExampleFailure(.data, "\(path): seeds: \(seed): must be at most 2^53")
    }
    guard cohort.seed <= 1 << 53 else {
      throw ExampleFailure(.data, "\(path): cohort.seed = \(cohort.seed): must be at most 2^53")
    }
    for set in data { try set.validate(path) }
    try cohort.validate(path)
    try compare.validate(path)
    try superpixels.validate(path)
    try ablations.validate(path)
    try failures.validate(path)
    try volumes.validate(path)
    try paper.validate(path)
  }

  /// As JSON, in the form that is read.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}
