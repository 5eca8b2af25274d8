import ExampleSupport
import Foundation
import PretrainKit

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
    settings.pretrainingSteps = 4
    settings.curvePoints = 2
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
    for method in methods { _ = try MethodRegistry.method(named: method.type) }
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

  public init(name: String, method: String? = nil, settings: JSONTree? = nil) {
    (self.name, self.method, self.settings) = (name, method, settings)
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
