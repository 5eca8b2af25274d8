import Foundation
import ScalingModel
import Testing

@Suite struct ScalingModelTests {
  private let network = Network(
    name: "test", latency: 1e-3, bandwidth: 1e6, addition: 1e9, transport: .processor)

  private func figures(_ change: (inout StepFigures) -> Void = { _ in }) -> StepFigures {
    var figures = StepFigures(
      name: "test", images: 8, computeSeconds: 1, deviationSeconds: 0, gradientBytes: 1e6, bucketBytes: 1e6,
      rowBytes: 1000, rowMessages: 1, normMessages: 5, normBytes: 0, pairSeconds: 0.001)
    change(&figures)
    return figures
  }

  /// By hand: 4 ranks, a = 1 ms, b = 1 MB/s, c = 1 GB/s.
  @Test func messagesCostWhatTheFormulasSay() {
    // Long: 2 * 2 ms + 3/4 s * (2 + .001).
    #expect(abs(network.sumSeconds(bytes: 1e6, ranks: 4) - (0.004 + 0.75 * 2.001)) < 1e-12)
    // Short: 2 ms + 2 * 10 bytes.
    #expect(abs(network.sumSeconds(bytes: 10, ranks: 4) - (0.002 + 20e-6 + 20e-9)) < 1e-12)
    #expect(abs(network.gatherSeconds(bytes: 1000, ranks: 4) - 0.005) < 1e-12)
    #expect(abs(network.scatterSumSeconds(bytes: 1000, ranks: 4) - 0.005003) < 1e-12)
    #expect(network.sumSeconds(bytes: 1e6, ranks: 1) == 0 && network.gatherSeconds(bytes: 1e6, ranks: 1) == 0)
  }

  @Test func aStepIsTheSumOfItsParts() {
    let step = ScalingModel(figures(), network).simulatedStep(ranks: 2)
    // 2 ranks: pairs 3 ms, 10 messages of norms of 1 ms, a gather of 2 ms and its way back; for 2 ranks the
    // short sum is the faster one: 1 ms + 1 s + 1 ms.
    #expect(step.compute == 1 && abs(step.pairs - 0.003) < 1e-12 && step.waiting == 0)
    #expect(abs(step.norms - 0.01) < 1e-12 && abs(step.rows - 0.004001) < 1e-9)
    #expect(abs(step.gradients - 1.002) < 1e-9)
    #expect(step.images == 16 && step.limit == .gradients)
    #expect(abs(step.efficiency - 1 / step.seconds) < 1e-12)
    let alone = ScalingModel(figures(), network).simulatedStep(ranks: 1)
    #expect(alone.seconds == 1 && alone.efficiency == 1 && alone.limit == .computation)
  }

  /// A card sends what is complete: of four buckets the last alone is waited for where the backward pass is long.
  @Test func gradientsTravelBesideTheBackwardPass() {
    var card = network
    (card.transport, card.bandwidth, card.latency) = (.card, 1e9, 0)
    let model = ScalingModel(figures { $0.bucketBytes = 250_000 }, card)
    let one = card.sumSeconds(bytes: 250_000, ranks: 8)
    #expect(abs(model.simulatedStep(ranks: 8).gradients - one) < 1e-12)
    let slow = ScalingModel(figures { ($0.bucketBytes, $0.backwardShare) = (250_000, 0) }, card)
    #expect(abs(slow.simulatedStep(ranks: 8).gradients - 4 * one) < 1e-12)
  }

  /// The mean of the largest of n normal numbers: n 2: 1/sqrt(pi), n 4: 1.02938 (Harter, Biometrika 1961).
  @Test func theSlowestRankIsWaitedFor() {
    let model = ScalingModel(figures { $0.deviationSeconds = 0.1 }, network)
    for (ranks, expected) in [(2, 0.0564190), (4, 0.102938)] {
      let waiting = model.simulatedStep(ranks: ranks, steps: 20_000).waiting
      #expect(abs(waiting - expected) < 0.003, "\(ranks): \(waiting)")
    }
  }

  @Test func accumulationSendsGradientsOnce() {
    let once = ScalingModel(figures(), network).simulatedStep(ranks: 4)
    let four = ScalingModel(figures { $0.accumulation = 4 }, network).simulatedStep(ranks: 4)
    #expect(
      four.gradients == once.gradients && four.compute == 4 * once.compute && four.norms == 4 * once.norms)
    #expect(four.efficiency > once.efficiency && four.images == 4 * once.images)
  }

  /// Each cost grows until it is the limit, and is named.
  @Test func theLimitIsNamed() {
    let cheap = Network(name: "cheap", latency: 1e-9, bandwidth: 1e12, addition: 1e12, transport: .processor)
    func limit(_ ranks: Int, _ network: Network, _ change: (inout StepFigures) -> Void) -> StepCost.Limit {
      ScalingModel(figures(change), network).simulatedStep(ranks: ranks).limit
    }
    #expect(limit(4, cheap) { _ in } == .computation)
    #expect(limit(64, cheap) { _ in } == .pairs)
    #expect(limit(4, cheap) { $0.deviationSeconds = 0.3 } == .waiting)
    #expect(limit(4, network) { ($0.gradientBytes, $0.normMessages) = (0, 500) } == .norms)
    #expect(limit(16, network) { ($0.gradientBytes, $0.rowBytes, $0.pairSeconds) = (0, 1e6, 0) } == .rows)
  }

  @Test func theTableSaysThatItIsSimulated() {
    let table = ScalingTable(figures())
    #expect(table.text.hasPrefix("**Simulated**"))
    #expect(table.rows.map(\.network.name) == ["10 Gbit/s", "100 Gbit/s"])
    #expect(table.rows[0].steps.map(\.ranks) == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    #expect(table.text.contains("- pairs: "))
    #expect(table.svg.hasPrefix("<svg") && table.svg.hasSuffix("</svg>\n") && table.svg.contains("Simulated"))
    #expect(table.svg.components(separatedBy: "<polyline").count == 3)
  }

  @Test func figuresOutOfRangeAreNamed() throws {
    #expect(figures().fault == nil && Network.tenGigabit.fault == nil)
    #expect(figures { $0.computeSeconds = 0 }.fault?.hasPrefix("computeSeconds = 0.0") == true)
    #expect(figures { $0.backwardShare = .nan }.fault?.hasPrefix("backwardShare") == true)
    #expect(figures { $0.pairSeconds = 2 }.fault?.hasPrefix("pairSeconds") == true)
    var broken = network
    broken.bandwidth = -1
    #expect(broken.fault == "bandwidth = -1.0 must be positive")
    let json = try JSONEncoder().encode(figures())
    #expect(try JSONDecoder().decode(StepFigures.self, from: json) == figures())
  }
}
