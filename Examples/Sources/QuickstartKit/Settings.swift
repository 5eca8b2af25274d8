public import Contrastive
public import ExampleSupport
public import Foundation
import RunKit

/// What a run is asked to do, as on its command line.
public struct RunRequest: Sendable, Equatable {
  public var image: URL
  public var labels: URL
  /// Names and the labels merged into each, or `nil` for every label with enough voxels.
  public var classes: [TargetClass]?
  /// Intensities that become 0 and 1, or `nil` for percentiles of the training slices.
  public var window: ClosedRange<Double>?
  public var nonFiniteVoxels = NonFiniteVoxels.background
  public var fractions: [Double] = [0.1, 0.25]
  public var seeds: [UInt64] = [1, 2, 3]
  public var methods: [Method] = [.scratch, .supercl]
  public var output: URL
  /// How the axial pictures lie.
  public var view = AnatomicalView.radiological
  public var isQuick = false
  /// Fields of ``Settings`` to replace, as JSON.
  public var settings: Data?
  /// The file that they stand in, for messages.
  public var settingsPath = "settings"

  public init(image: URL, labels: URL, output: URL) {
    self.image = image
    self.labels = labels
    self.output = output
  }
}

/// Where the encoder's weights come from before fine-tuning.
public enum Method: String, Sendable, Codable, CaseIterable {
  /// Random weights.
  case scratch
  /// SuperCL on the training slices without their labels.
  case supercl
}

/// A class to segment: a name, and the labels of the file that are merged into it.
public struct TargetClass: Sendable, Equatable, Codable {
  public let name: String
  public let labels: [Int32]

  public init(name: String, labels: [Int32]) {
    self.name = name
    self.labels = labels
  }

  /// Ten organs and bones of the CT in Examples/Data.
  public static let abdomen: [TargetClass] = [
    TargetClass(name: "liver", labels: [5]), TargetClass(name: "colon", labels: [20]),
    TargetClass(name: "small bowel", labels: [18]), TargetClass(name: "bladder", labels: [21]),
    TargetClass(name: "gluteus maximus", labels: [80, 81]),
    TargetClass(name: "gluteus medius", labels: [82, 83]),
    TargetClass(name: "autochthon", labels: [86, 87]), TargetClass(name: "iliopsoas", labels: [88, 89]),
    TargetClass(name: "kidneys", labels: [2, 3]), TargetClass(name: "hips", labels: [77, 78]),
  ]
}

/// Every number of the training that the command line does not set.
public struct Settings: Sendable, Equatable, Codable {
  /// Channels of the first stage; the released code's network has 32.
  public var width = 16
  /// The longest side that slices are worked on at; larger ones are resampled.
  public var longestSide = 128
  /// Voxels that each class must have in every part.
  public var minimumVoxels = 300
  /// Slices in a slab, about.
  public var slabLength = 8
  /// Slices dropped at every border between slabs.
  public var droppedSlices = 2
  /// Steps of the pre-training of each seed.
  public var pretrainingSteps = 200
  public var pretrainingBatch = 8
  /// Below the released code's .01, with which this small network's image features died in the first steps; with .003 those
  /// of one seed in three did where percentiles make the window.
  public var pretrainingRate = 0.001
  /// Sampled pixels that a superpixel has in the mean on the level that ILCP reads; SLIC keeps no piece below half of it.
  public var pixelsPerSegment = 10
  /// The released code's batch for most sets.
  public var fineTuningBatch = 5
  /// The weight of cross-entropy beside Dice, whose weight is 1.
  public var crossEntropyWeight = 0.3
  /// How images are changed during fine-tuning, labels in step: turned, scaled and shifted, never mirrored or bent,
  /// for every body in the volume lies the same way round.
  public var augmentation = VariedAugmentation.turningAndScaling
  /// The schedules that each method tries with the first seed; the validation part chooses.
  public var candidates: [Candidate] = [
    Candidate(learningRate: 1e-3, steps: 550), Candidate(learningRate: 2e-3, steps: 550),
  ]

  /// These settings with the fields that a JSON file names replaced.
  ///
  /// - Parameter path: The file's name, for messages.
  /// - Throws: ``ExampleFailure``: the file is no JSON object, or a field at any depth stands twice, does not exist, has another
  ///   type, or a value with which nothing can be trained.
  public func replacing(from json: Data, path: String) throws -> Settings {
    let settings = try StrictSettings.replacing(self, with: json, from: path)
    try settings.validate(path)
    return settings
  }

  private func validate(_ path: String) throws(ExampleFailure) {
    let counts = [
      ("width", width, 1), ("longestSide", longestSide, 16), ("minimumVoxels", minimumVoxels, 1),
      ("slabLength", slabLength, 1), ("droppedSlices", droppedSlices, 0),
      ("pretrainingSteps", pretrainingSteps, 1), ("pretrainingBatch", pretrainingBatch, 1),
      ("pixelsPerSegment", pixelsPerSegment, 1), ("fineTuningBatch", fineTuningBatch, 1),
    ]
    let steps = candidates.enumerated().map { ("candidates.\($0).steps", $1.steps, 1) }
    if let (name, value, least) = (counts + steps).first(where: { $0.1 < $0.2 }) {
      throw ExampleFailure(.data, "\(path): \(name) = \(value): must be at least \(least)")
    }
    if candidates.isEmpty { throw ExampleFailure(.data, "\(path): candidates = []: must hold at least one") }
    let rates =
      [("pretrainingRate", pretrainingRate), ("crossEntropyWeight", crossEntropyWeight)]
      + candidates.enumerated().map { ("candidates.\($0).learningRate", $1.learningRate) }
    if let (name, value) = rates.first(where: { !($0.1 > 0 && $0.1.isFinite) }) {
      throw ExampleFailure(.data, "\(path): \(name) = \(value): must be positive and finite")
    }
    let chances = [
      ("mirrorProbability", augmentation.mirrorProbability),
      ("warpProbability", augmentation.warpProbability),
    ]
    if let (name, value) = chances.first(where: { !(0...1).contains($0.1) }) {
      throw ExampleFailure(.data, "\(path): augmentation.\(name) = \(value): must lie in 0...1")
    }
    let sizes =
      switch augmentation.sizeFactor {
      case .uniform(let range), .reciprocal(of: let range): range
      }
    guard sizes.lowerBound > 0, sizes.upperBound.isFinite else {
      throw ExampleFailure(.data, "\(path): augmentation.sizeFactor = \(sizes): must lie above 0")
    }
  }

  /// One schedule of fine-tuning.
  public struct Candidate: Sendable, Equatable, Codable, CustomStringConvertible {
    public var learningRate: Double
    public var steps: Int

    public init(learningRate: Double, steps: Int) {
      self.learningRate = learningRate
      self.steps = steps
    }

    public var description: String { "rate \(learningRate), \(steps) steps" }
  }

  public init() {}

  /// The same road in little time: for a first look and for continuous integration.
  public static var quick: Settings {
    var settings = Settings()
    settings.width = 8
    settings.longestSide = 64
    settings.pretrainingSteps = 20
    settings.pretrainingBatch = 4
    settings.candidates = [Candidate(learningRate: 2e-3, steps: 40)]
    return settings
  }
}
