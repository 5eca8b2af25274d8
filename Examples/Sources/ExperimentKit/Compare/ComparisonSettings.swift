import ExampleSupport
import Foundation
import PretrainKit
public import QuickstartKit
public import RunKit

/// What `compare` runs: methods x shares of labelled patients x seeds x protocols.
public struct ComparisonSettings: Codable, Hashable, Sendable {
  public var methods = [
    MethodChoice(name: "Scratch"), MethodChoice(name: "SimCLR"), MethodChoice(name: "PCL"),
    MethodChoice(name: "SuperCL"),
  ]
  /// Methods that every other one is compared with, where they take part: each difference is a claim.
  public var baselines = ["Scratch", "PCL"]
  /// Shares of the training patients that carry labels: .1.
  public var fractions = [0.1]
  public var protocols: [FineTuningProtocol] = [.paper, .tuned]
  /// Steps of pre-training of every method; unless given, each method's own for a few dozen slices.
  public var pretrainingSteps: Int?
  /// The side of the views that every method trains on, a multiple of 16: 128, as large as the slices, for the paper trains on
  /// whole ones. 64 is each method's own for a few dozen slices, and takes a quarter of the time.
  public var viewSize = 128
  /// The side that is scored: the test side, once all settings are chosen; the validation side while they are.
  public var scored = SlabSplit.Part.test
  /// Points of a learning curve beside its beginning: 20.
  public var curvePoints = 20
  /// Seeds that search a schedule, the first so many: 1.
  public var searchSeeds = 1
  public var probe = ProbeSettings()

  public init() {}

  static var quick: ComparisonSettings {
    var settings = ComparisonSettings()
    settings.methods = [MethodChoice(name: "Scratch"), MethodChoice(name: "SuperCL")]
    settings.fractions = [0.5]
    settings.pretrainingSteps = 2
    settings.viewSize = 32
    settings.curvePoints = 1
    settings.protocols[0].budgets = [4]
    settings.protocols[1].budgets = [4]
    settings.protocols[1].schedules.removeLast()
    settings.probe.epochs = 2
    settings.probe.rates = [0.1]
    return settings
  }

  func validate(_ path: String) throws {
    guard !methods.isEmpty, Set(methods.map(\.name)).count == methods.count else {
      throw ExampleFailure(.data, "\(path): compare.methods: different names, at least one")
    }
    for method in methods {
      _ = try MethodRegistry.method(named: method.type)
      if let count = method.imageCount, count < 1 {
        throw ExampleFailure(
          .data, "\(path): compare.methods '\(method.name)': imageCount = \(count): must be at least 1")
      }
    }
    if let lost = baselines.first(where: { $0.isEmpty }) {
      throw ExampleFailure(.data, "\(path): compare.baselines: '\(lost)' is no name")
    }
    guard !fractions.isEmpty, Set(fractions).count == fractions.count,
      fractions.allSatisfy({ $0 > 0 && $0 <= 1 })
    else {
      throw ExampleFailure(
        .data, "\(path): compare.fractions = \(fractions): different shares above 0 and at most 1")
    }
    guard !protocols.isEmpty, Set(protocols.map(\.name)).count == protocols.count else {
      throw ExampleFailure(.data, "\(path): compare.protocols: different names, at least one")
    }
    for item in protocols { try item.validate(path) }
    for (name, value) in [
      ("pretrainingSteps", pretrainingSteps ?? 1), ("curvePoints", curvePoints), ("searchSeeds", searchSeeds),
    ] where value < 1 {
      throw ExampleFailure(.data, "\(path): compare.\(name) = \(value): must be at least 1")
    }
    guard viewSize >= 16, viewSize % 16 == 0 else {
      throw ExampleFailure(.data, "\(path): compare.viewSize = \(viewSize): must be a multiple of 16")
    }
    guard scored != .train else {
      throw ExampleFailure(.data, "\(path): compare.scored = train: must be validation or test")
    }
    try probe.validate(path)
  }
}

/// A method with settings, under a name of its own.
public struct MethodChoice: Codable, Hashable, Sendable {
  /// The name in rows and figures; variants of one method have different ones.
  public var name: String
  /// The method, as `pretrain --list` names it; `name` unless given.
  public var method: String?
  /// Fields to replace in the method's numbers for a few dozen slices; `pretrain METHOD --show-settings` prints them all.
  public var settings: JSONTree?
  /// The data set whose training side it is pre-trained on; that which is segmented unless given.
  public var pretrainedOn: String?
  /// How many images it is pre-trained on, drawn by the seed; all unless given.
  public var imageCount: Int?
  /// How the intensities of these images are brought to those of the set that is segmented; not at all unless given.
  public var intensities: IntensityMatching?

  public init(
    name: String, method: String? = nil, settings: JSONTree? = nil, pretrainedOn: String? = nil,
    imageCount: Int? = nil, intensities: IntensityMatching? = nil
  ) {
    (self.name, self.method, self.settings) = (name, method, settings)
    (self.pretrainedOn, self.imageCount, self.intensities) = (pretrainedOn, imageCount, intensities)
  }

  var type: String { method ?? name }
}

/// A linear classifier of pixels on the frozen encoder.
public struct ProbeSettings: Codable, Hashable, Sendable {
  /// The level of the encoder that is read, from 0, the finest: 2, a quarter of the image's size.
  public var level = 2
  /// The most pixels of a class and slice that are trained on: 50.
  public var pixelsPerClass = 50
  /// Passes over them: 30.
  public var epochs = 30
  /// Rates, of which the validation side chooses.
  public var rates = [0.01, 0.1, 1]

  public init() {}

  func validate(_ path: String) throws(ExampleFailure) {
    guard (0..<5).contains(level) else {
      throw ExampleFailure(.data, "\(path): compare.probe.level = \(level): must be in 0...4")
    }
    for (name, value) in [("pixelsPerClass", pixelsPerClass), ("epochs", epochs)] where value < 1 {
      throw ExampleFailure(.data, "\(path): compare.probe.\(name) = \(value): must be at least 1")
    }
    guard !rates.isEmpty, rates.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw ExampleFailure(.data, "\(path): compare.probe.rates = \(rates): positive, at least one")
    }
  }
}
