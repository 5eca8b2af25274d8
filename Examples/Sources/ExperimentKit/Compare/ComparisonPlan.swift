import Contrastive
import ExampleSupport
import Foundation
import NN
import QuickstartKit
import RunKit

/// The runs of `compare` on one data set, in the order in which they depend on each other.
struct ComparisonPlan {
  private let settings: ExperimentSettings
  private let rows: RowStore
  private let folder: ExperimentFolder
  /// Of each method and seed.
  private let prepared: [(choice: MethodChoice, seed: UInt64, item: PretrainingStage.Prepared)]
  /// All work, done or not.
  let jobs: [WorkProgress.Job]

  private var compare: ComparisonSettings { settings.compare }
  private var stage: PretrainingStage {
    PretrainingStage(
      width: settings.width, viewSize: settings.compare.viewSize, folder: folder, rows: rows)
  }

  /// - Parameter all: The data sets that methods may be pre-trained on.
  init(
    _ settings: ExperimentSettings, _ data: ExperimentData, of all: [ExperimentData], rows: RowStore,
    in folder: ExperimentFolder
  ) throws {
    (self.settings, self.rows, self.folder) = (settings, rows, folder)
    let stage = PretrainingStage(
      width: settings.width, viewSize: settings.compare.viewSize, folder: folder, rows: rows)
    let compare = settings.compare
    var prepared: [(choice: MethodChoice, seed: UInt64, item: PretrainingStage.Prepared)] = []
    for choice in compare.methods {
      let source = choice.pretrainedOn ?? data.identity.name
      guard let seen = all.first(where: { $0.identity.name == source }) else {
        throw ExampleFailure(
          .data, "compare.methods '\(choice.name)': pretrainedOn = '\(source)': there is no such data set")
      }
      for seed in settings.seeds {
        let item = try stage.prepare(
          choice, steps: compare.pretrainingSteps, data: seen, target: data, seed: seed)
        prepared.append((choice, seed, item))
      }
    }
    self.prepared = prepared
    var jobs = prepared.map(\.item.job)
    let cells = compare.methods.count * compare.fractions.count * settings.seeds.count
    jobs += [WorkProgress.Job](repeating: Self.probeJob, count: cells)
    for training in compare.protocols {
      for budget in training.budgets {
        let job = Self.tuningJob(training, budget)
        jobs += [WorkProgress.Job](repeating: job, count: cells)
        if training.schedules.count > 1 {
          let searches = compare.methods.count * training.schedules.count * Self.searchSeeds(settings).count
          jobs += [WorkProgress.Job](repeating: job, count: searches)
        }
      }
    }
    self.jobs = jobs
  }

  private static let probeJob = WorkProgress.Job("probe")
  private static func tuningJob(_ training: FineTuningProtocol, _ budget: Int) -> WorkProgress.Job {
    WorkProgress.Job("fine-tuning by \(training.name)", images: Double(budget * training.batchSize))
  }
  private static func searchSeeds(_ settings: ExperimentSettings) -> ArraySlice<UInt64> {
    settings.seeds.prefix(settings.compare.searchSeeds)
  }

  /// Does what is not done.
  func run(_ data: ExperimentData, _ work: WorkProgress) throws -> ComparisonOutcome {
    var outcome = ComparisonOutcome(data: data)
    for (choice, seed, item) in prepared {
      let name = "\(data.identity.name): pre-training \(choice.name), seed \(seed)"
      let row = try stage.row(of: item, name, work)
      outcome.pretrainings.append((choice.name, seed, row))
    }
    for (choice, seed, item) in prepared {
      for fraction in compare.fractions {
        let row = try probe(choice.name, item, fraction, data, work)
        outcome.probes.append((choice.name, fraction, seed, row))
      }
    }
    for training in compare.protocols {
      for budget in training.budgets {
        for choice in compare.methods {
          let tuning = Tuning(plan: self, data: data, work: work, training: training, budget: budget)
          let runs = prepared.filter { $0.choice == choice }.map(\.item)
          let found = try tuning.chosenSchedule(choice.name, runs, seeds: Self.searchSeeds(settings))
          outcome.choices += found.choices
          for fraction in compare.fractions {
            for item in runs {
              let row = try tuning.row(
                choice.name, item, fraction, schedule: found.schedule, scored: compare.scored)
              outcome.tunings.append(
                .init(
                  name: choice.name, training: training.name, budget: budget, fraction: fraction,
                  seed: item.run.seed, row: row))
            }
          }
        }
      }
    }
    return outcome
  }

  private func probe(
    _ name: String, _ item: PretrainingStage.Prepared, _ fraction: Double,
    _ data: ExperimentData, _ work: WorkProgress
  ) throws -> ExperimentRow<ProbeRun> {
    let (pretraining, seed) = (item.run, item.run.seed)
    let run = ProbeRun(
      pretraining: pretraining, data: pretraining.data == data.identity ? nil : data.identity,
      fraction: fraction, seed: seed,
      labelled: data.labelledPatients(fraction: fraction, seed: seed).map(\.identifier), probe: compare.probe,
      scored: compare.scored)
    return try work.row(
      of: run, in: rows, "\(data.identity.name): probe of \(name), \(fraction), seed \(seed)", Self.probeJob,
      beginningWith: weights(of: item, name, data, work)
    ) { weights, _ in
      let network = try FineTuningStage.network(
        width: pretraining.width, classCount: data.classNames.count, seed: seed, weights: weights)
      return try FrozenProbe(data: data).result(of: run, encoder: network.encoder)
    }
  }

  /// What a network begins with. Scratch keeps the U-Net's own first weights, as the released code trains it: they are
  /// wider than those that pre-training begins with.
  private func weights(
    of item: PretrainingStage.Prepared, _ name: String, _ data: ExperimentData, _ work: WorkProgress
  ) throws -> PretrainedWeights? {
    if item.run.method == Scratch.name { return nil }
    return try stage.weights(
      of: item, "\(data.identity.name): pre-training \(name), seed \(item.run.seed)", work)
  }

  /// The fine-tunings of one protocol with one length.
  private struct Tuning {
    let plan: ComparisonPlan
    let data: ExperimentData
    let work: WorkProgress
    let training: FineTuningProtocol
    let budget: Int

    /// The schedule with the best validation Dice at the end, mean over the search seeds with the fewest labels; of equally
    /// good ones the first. Where there is one schedule, nothing is searched.
    func chosenSchedule(
      _ name: String, _ items: [PretrainingStage.Prepared], seeds: ArraySlice<UInt64>
    ) throws -> (schedule: FineTuningSchedule, choices: [ComparisonOutcome.Choice]) {
      guard training.schedules.count > 1 else { return (training.schedules[0], []) }
      let fraction = plan.compare.fractions.min() ?? 1
      let scores = try training.schedules.map { schedule in
        try items.filter { seeds.contains($0.run.seed) }.reduce(0.0) { sum, item in
          let found = try row(
            name, item, fraction, schedule: schedule, scored: .validation)
          return sum + found.result.curve.last / Double(seeds.count)
        }
      }
      let best = scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
      return (
        training.schedules[best],
        scores.indices.map {
          .init(
            name: name, training: training.name, budget: budget, schedule: training.schedules[$0],
            dice: scores[$0], isChosen: $0 == best)
        }
      )
    }

    /// One fine-tuning, done now unless its row is kept.
    func row(
      _ name: String, _ item: PretrainingStage.Prepared, _ fraction: Double,
      schedule: FineTuningSchedule, scored: SlabSplit.Part
    ) throws -> ExperimentRow<FineTuningRun> {
      var training = training
      (training.schedules, training.budgets) = ([schedule], [budget])
      let (pretraining, seed) = (item.run, item.run.seed)
      let run = FineTuningRun(
        pretraining: pretraining, data: pretraining.data == data.identity ? nil : data.identity,
        fraction: fraction, seed: seed,
        labelled: data.labelledPatients(fraction: fraction, seed: seed).map(\.identifier), training: training,
        scored: scored, curvePoints: plan.compare.curvePoints)
      let job = ComparisonPlan.tuningJob(training, budget)
      let purpose = scored == .test ? "" : ", validation"
      let title =
        "\(data.identity.name): \(name), \(training.name) \(budget), \(fraction), seed \(seed), \(schedule)\(purpose)"
      return try work.row(
        of: run, in: plan.rows, title, job, beginningWith: plan.weights(of: item, name, data, work)
      ) { weights, report in
        try FineTuningStage(data: data, folder: plan.folder).result(
          of: run, weights: weights, report: report)
      }
    }
  }
}
