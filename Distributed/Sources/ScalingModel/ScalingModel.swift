#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How long a training step takes over n ranks that each have the same number of images (weak scaling), and what takes it.
///
/// A step is the computation of the slowest rank, the losses' comparison of all rows with all, the messages of norms and
/// rows, which are waited for, and the part of the gradients' messages that does not travel beside the backward pass.
///
///     let model = ScalingModel(figures, .tenGigabit)
///     model.simulatedStep(ranks: 64).efficiency
public struct ScalingModel: Sendable {
  /// The step of one rank.
  public let figures: StepFigures
  /// What ranks speak over.
  public let network: Network

  /// A model of a step over a network.
  public init(_ figures: StepFigures, _ network: Network) {
    (self.figures, self.network) = (figures, network)
  }

  /// The mean step of a simulation of `steps` steps, in which the slowest rank's computation is drawn each time.
  ///
  /// With computations that are normal about their mean, the slowest of n is the quantile `u^(1/n)` of one, u uniform: exact, and
  /// no n draws. Buckets become complete at even distances over the backward share, and a card sends one after another.
  /// Complexity: O(steps buckets).
  public func simulatedStep(ranks: Int, steps: Int = 200, seed: UInt64 = 1) -> StepCost {
    precondition(ranks >= 1 && steps >= 1, "\(steps) steps over \(ranks) ranks cannot be simulated")
    var random = SplitMix(state: seed)
    var (waiting, exposed) = (0.0, 0.0)
    let pairs = figures.pairSeconds * (Double(ranks) * Double(ranks) - 1)
    for _ in 0..<steps {
      let slowest = normalQuantile(pow(random.uniform(), 1 / Double(ranks))) * figures.deviationSeconds
      // One rank's own noise is part of its mean.
      let wait = ranks == 1 ? 0 : max(slowest, -figures.computeSeconds / 2)
      waiting += wait
      exposed += exposedGradientSeconds(ranks: ranks, compute: figures.computeSeconds + pairs + wait)
    }
    let parts = Double(figures.accumulation)
    let (norms, rows) = (normSeconds(ranks: ranks), rowSeconds(ranks: ranks))
    return StepCost(
      ranks: ranks, images: ranks * figures.images * figures.accumulation,
      compute: figures.computeSeconds * parts, pairs: pairs * parts,
      waiting: max(waiting / Double(steps), 0) * parts, norms: norms * parts, rows: rows * parts,
      gradients: exposed / Double(steps))
  }

  /// Seconds of norms' messages in one batch.
  func normSeconds(ranks: Int) -> Double {
    2 * Double(figures.normMessages) * network.sumSeconds(bytes: figures.normBytes, ranks: ranks)
  }

  /// Seconds of rows and of their gradients in one batch.
  func rowSeconds(ranks: Int) -> Double {
    guard figures.rowMessages > 0 else { return 0 }
    let bytes = figures.rowBytes / Double(figures.rowMessages)
    return Double(figures.rowMessages)
      * (network.gatherSeconds(bytes: bytes, ranks: ranks)
        + network.scatterSumSeconds(bytes: bytes, ranks: ranks))
  }

  /// Seconds of gradients' messages that the ranks wait for, behind a computation of the last batch of a step.
  private func exposedGradientSeconds(ranks: Int, compute: Double) -> Double {
    guard ranks > 1, figures.gradientBytes > 0 else { return 0 }
    let buckets = max(1, Int((figures.gradientBytes / figures.bucketBytes).rounded(.up)))
    let message = network.sumSeconds(bytes: figures.gradientBytes / Double(buckets), ranks: ranks)
    guard network.transport == .card else { return Double(buckets) * message }
    let backward = compute * figures.backwardShare
    var free = 0.0
    for bucket in 1...buckets {
      let complete = compute - backward + backward * Double(bucket) / Double(buckets)
      free = max(free, complete) + message
    }
    return max(free - compute, 0)
  }
}

/// Where the seconds of a step go.
public struct StepCost: Codable, Hashable, Sendable {
  /// How many ranks.
  public let ranks: Int
  /// Images of all ranks in a step.
  public let images: Int
  /// Computation, as on one rank.
  public let compute: Double
  /// What comparing all ranks' rows costs more than comparing one's own.
  public let pairs: Double
  /// Waiting for the slowest rank.
  public let waiting: Double
  /// Messages of norms.
  public let norms: Double
  /// Messages of rows.
  public let rows: Double
  /// Messages of gradients that do not travel beside the backward pass.
  public let gradients: Double

  /// Seconds of the step.
  public var seconds: Double { compute + pairs + waiting + norms + rows + gradients }
  /// Images a second of all ranks.
  public var imagesPerSecond: Double { Double(images) / seconds }
  /// The speed against that of as many ranks that do not speak.
  public var efficiency: Double { compute / seconds }

  /// What costs the most beside the computation.
  public var limit: Limit {
    let costs: [(Limit, Double)] = [
      (.pairs, pairs), (.waiting, waiting), (.norms, norms), (.rows, rows), (.gradients, gradients),
    ]
    guard efficiency < 0.95, let most = costs.max(by: { $0.1 < $1.1 }) else { return .computation }
    return most.0
  }

  /// What holds a training back, and what to change there.
  public enum Limit: String, Codable, Sendable, CaseIterable {
    /// Nothing but the computation itself.
    case computation
    /// Losses that compare all rows with all.
    case pairs
    /// The slowest rank.
    case waiting
    /// Norms' messages: their number, not their size.
    case norms
    /// Rows of all ranks.
    case rows
    /// Gradients.
    case gradients

    /// What to change.
    public var advice: String {
      switch self {
      case .computation: "nothing: more ranks are worth their price"
      case .pairs: "compare own rows with a queue's, or with those of a group of ranks (local negatives)"
      case .waiting: "more images a rank, equal machines, views made ahead (--workers)"
      case .norms: "--norms ofEachRank, or more images a rank"
      case .rows: "shorter rows, or negatives of a group of ranks (local negatives)"
      case .gradients:
        "accumulate batches (recipe.accumulation), more images a rank; larger buckets where latency counts"
      }
    }
  }
}

/// A small generator with a seed (Steele, Lea and Flood, OOPSLA 2014).
private struct SplitMix {
  var state: UInt64

  /// In (0, 1).
  mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return (Double((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53
  }
}

/// The x below which a standard normal number lies with probability p, by bisection of `erfc`.
func normalQuantile(_ p: Double) -> Double {
  var (low, high) = (-40.0, 40.0)
  for _ in 0..<100 {
    let middle = (low + high) / 2
    // Above the median through the other tail, where 1 - p keeps its digits.
    let isBelow =
      middle < 0 ? erfc(-middle / 2.0.squareRoot()) / 2 < p : erfc(middle / 2.0.squareRoot()) / 2 > 1 - p
    if isBelow { low = middle } else { high = middle }
  }
  return (low + high) / 2
}
