import Contrastive
import ExampleSupport
import Foundation
public import RunKit

/// What the studies of SuperCL's parts share: variants of one method, with few labels and one protocol, so that each takes a
/// fraction of `compare`'s time. Steps of pre-training, size of views, points of curves and probe are `compare`'s.
public struct AblationSettings: Codable, Hashable, Sendable {
  /// Fields to replace in SuperCL's numbers, in every variant.
  public var settings: JSONTree?
  /// Shares of the training patients that carry labels: .1.
  public var fractions = [0.1]
  /// How fine-tuning trains: the paper's way, 1,000 steps.
  public var protocols: [FineTuningProtocol] = [.paper(budgets: [1000])]
  /// Strides of `stride`: those of the paper's Table IV.
  public var strides = [1, 2, 4, 8, 16]
  /// Numbers of images of `unlabelled`, beside all that there are.
  public var imageCounts = [44, 110, 220, 440]
  /// Superpixels asked for, of `counts`.
  public var segmentCounts = [25, 50, 100, 200, 400]
  /// Pairs of pixels of each kind and patient that `pairs` measures.
  public var pairsPerPatient = 2000

  public init() {}

  static var quick: AblationSettings {
    var settings = AblationSettings()
    settings.fractions = [0.5]
    settings.protocols = [.paper(budgets: [2])]
    settings.strides = [1, 16]
    settings.imageCounts = [8]
    settings.segmentCounts = [25]
    settings.pairsPerPatient = 100
    return settings
  }

  func validate(_ path: String) throws(ExampleFailure) {
    for (name, values) in [
      ("strides", strides), ("imageCounts", imageCounts), ("segmentCounts", segmentCounts),
    ] where values.isEmpty || values.contains(where: { $0 < 1 }) || Set(values).count != values.count {
      throw ExampleFailure(
        .data, "\(path): ablations.\(name) = \(values): different numbers of at least 1, and at least one")
    }
    guard pairsPerPatient >= 1 else {
      throw ExampleFailure(
        .data, "\(path): ablations.pairsPerPatient = \(pairsPerPatient): must be at least 1")
    }
    guard !fractions.isEmpty, Set(fractions).count == fractions.count,
      fractions.allSatisfy({ $0 > 0 && $0 <= 1 })
    else {
      throw ExampleFailure(
        .data, "\(path): ablations.fractions = \(fractions): different shares above 0 and at most 1")
    }
    for item in protocols { try item.validate(path) }
  }
}

extension ExperimentSettings {
  /// The design of a study of SuperCL's parts: who takes part, what each is compared with, and all else as `ablations` and
  /// `compare` say.
  func ablation(_ methods: [MethodChoice], baselines: [String]) -> ComparisonSettings {
    var design = compare
    (design.methods, design.baselines) = (methods, baselines)
    (design.fractions, design.protocols) = (ablations.fractions, ablations.protocols)
    return design
  }

  /// SuperCL as every variant begins: the numbers for a few dozen slices, with views and fields as the settings say.
  func superCL() throws -> SuperCL {
    do {
      var method = try SuperCL.small.withViews(ofSize: compare.viewSize)
      if let changes = ablations.settings {
        method = try method.replacingSettings(from: CanonicalJSON.data(of: changes))
      }
      return method
    } catch let error as PretrainingError {
      throw ExampleFailure(.data, "ablations.settings: \(error)")
    }
  }

  /// SuperCL itself, which other studies in the same folder share.
  var superCLItself: MethodChoice {
    MethodChoice(name: SuperCL.name, settings: ablations.settings)
  }

  /// A variant of SuperCL that differs in what `change` does to it.
  func variant(_ name: String, _ change: (inout SuperCL) -> Void) throws -> MethodChoice {
    var method = try superCL()
    change(&method)
    let all = try method.settingsTree()
    return MethodChoice(name: name, method: SuperCL.name, settings: all)
  }

  /// ILCP at the level whose map has 32 pixels a side, 1,024 in all, as the paper's bottleneck at 512 px has, with all superpixels that
  /// are asked for: so that counts and strides differ in nothing else.
  func withThePapersMap(_ method: inout SuperCL) {
    let side = method.patchSize.sides.max() ?? 32
    var level = 0
    while side >> (level + 1) >= 32 { level += 1 }
    method.intraLevel = .stage(level)
  }

  static let scratch = MethodChoice(name: Scratch.name)
}
