import Contrastive
import ExampleSupport
import NN
import RunKit

/// How networks are trained on few labels, by name.
public struct FineTuningProtocol: Codable, Hashable, Sendable {
  /// The name in rows and figures.
  public var name: String
  /// The weight of cross-entropy.
  public var crossEntropyWeight: Double
  /// The weight of Dice beside it; 0 for cross-entropy alone.
  public var diceWeight: Double
  /// The schedules that each method tries; the validation side chooses where there are several.
  public var schedules: [FineTuningSchedule]
  /// Steps: a training of its own for each, for schedules go with the length.
  public var budgets: [Int]
  /// Slices a step: 5.
  public var batchSize: Int
  /// L2 decay: 1e-5.
  public var weightDecay: Double
  /// How slices are changed.
  public var augmentation: FineTuningAugmentation

  /// The paper's: cross-entropy alone, Adam with a cosine from 5e-4 that is cut off at 5e-6, five slices a step, mirrors and
  /// the warps of T_var; nothing is searched. The paper trains 100 epochs; 300 and 1,000 steps are our choice.
  public static let paper = paper(budgets: [300, 1000])

  /// The paper's with other numbers of steps.
  static func paper(budgets: [Int]) -> FineTuningProtocol {
    FineTuningProtocol(
      name: "paper", crossEntropyWeight: 1, diceWeight: 0,
      schedules: [FineTuningSchedule(rate: 5e-4, floor: 5e-6)], budgets: budgets, batchSize: 5,
      weightDecay: 1e-5, augmentation: .paper)
  }

  /// Ours: Dice added, no mirrors and no bending, and each method chooses its rate on the validation side from the same
  /// candidates.
  public static let tuned = FineTuningProtocol(
    name: "tuned", crossEntropyWeight: 0.3, diceWeight: 1,
    schedules: [
      FineTuningSchedule(rate: 5e-4, floor: 5e-6), FineTuningSchedule(rate: 1e-3, floor: 1e-5),
      FineTuningSchedule(rate: 2e-3, floor: 2e-5),
    ], budgets: [800], batchSize: 5, weightDecay: 1e-5, augmentation: .turningAndScaling)

  var loss: CombinedLoss {
    CombinedLoss([(crossEntropyWeight, CrossEntropyLoss()), (diceWeight, DiceLoss())])
  }

  func validate(_ path: String) throws(ExampleFailure) {
    func fail(_ field: String, _ reason: String) -> ExampleFailure {
      ExampleFailure(.data, "\(path): protocol '\(name)': \(field): \(reason)")
    }
    guard !name.isEmpty else { throw fail("name", "must not be empty") }
    guard !schedules.isEmpty else { throw fail("schedules", "there must be at least one") }
    guard Set(schedules).count == schedules.count else { throw fail("schedules", "one stands twice") }
    guard !budgets.isEmpty, budgets.allSatisfy({ $0 >= 1 }), Set(budgets).count == budgets.count else {
      throw fail("budgets", "different numbers of steps, at least 1 each")
    }
    guard batchSize >= 1 else { throw fail("batchSize = \(batchSize)", "must be at least 1") }
    for (field, value) in [
      ("crossEntropyWeight", crossEntropyWeight), ("diceWeight", diceWeight), ("weightDecay", weightDecay),
    ] where !(value >= 0 && value.isFinite) {
      throw fail("\(field) = \(value)", "must not be negative")
    }
    guard crossEntropyWeight + diceWeight > 0 else { throw fail("weights", "one must be above 0") }
    for schedule in schedules where !(schedule.rate > 0 && schedule.rate.isFinite && schedule.floor >= 0) {
      throw fail("schedules", "a rate is positive and its floor not negative, not \(schedule)")
    }
  }
}

/// A learning rate over the training: a cosine to 0 that is cut off at a floor.
public struct FineTuningSchedule: Codable, Hashable, Sendable, CustomStringConvertible {
  /// At the first step.
  public var rate: Double
  /// The least.
  public var floor: Double

  public init(rate: Double, floor: Double) { (self.rate, self.floor) = (rate, floor) }

  public var description: String { "rate \(rate), floor \(floor)" }
}

/// How slices are changed in fine-tuning, labels in step.
public enum FineTuningAugmentation: String, Codable, Hashable, Sendable {
  /// T_var's mirrors and warps, as the paper fine-tunes.
  case paper
  /// Turned, scaled and shifted, never mirrored or bent: every body in the volume lies the same way round.
  case turningAndScaling
  case none

  var value: VariedAugmentation? {
    switch self {
    case .none: nil
    case .paper: VariedAugmentation()
    case .turningAndScaling: .turningAndScaling
    }
  }
}
