import Contrastive
import Foundation
import NN
import Tensor
import Testing

/// The small presets of PCL, WCL, GCL and DiRA on the kept CT: 200 steps with `Tests/run.sh --full`, 20 otherwise.
@Suite struct VolumeMethodsOnCTTests {
  /// Trains, and expects the mean of a term over the last 20 of 200 steps below that of the first 20 and a spread of .5; of 20
  /// steps finite terms.
  @discardableResult
  private func expectLearning<Method: PretrainingMethod>(
    _ method: Method, term: String = "loss", startingFrom weights: Safetensors? = nil
  ) throws -> PretrainingTask<Method> {
    var method = method
    method.recipe.steps = trainsInFull ? 200 : 20
    let task = try PretrainingTask(method, encoder: .unet(width: 8))
    if let weights { try task.encoder.load(weights) }
    var history: [[LossTerm]] = []
    try TrainingLoop(task, on: keptSlices()).run {
      history.append($0.terms)
      return .proceed
    }
    #expect(history.joined().allSatisfy { $0.value.isFinite })
    func values(_ name: String) -> [Double] {
      history.map { terms in terms.first { $0.name == name }?.value ?? .nan }
    }
    let (losses, spreads) = (values(term), values("spread"))
    func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(values.count) }
    let (first, last, spread) = (mean(losses.prefix(20)), mean(losses.suffix(20)), mean(spreads.suffix(20)))
    if trainsInFull {
      #expect(last < first, "\(Method.name): \(term) from \(first) to \(last)")
      #expect(spread >= 0.5, "\(Method.name): spread \(spread)")
    } else {
      #expect(spread > 0, "\(Method.name): spread \(spread)")
    }
    print("\(Method.name): \(term) \(first) -> \(last), spread \(spread)")
    return task
  }

  @Test func pclLearns() throws { try expectLearning(PCL.small) }
  @Test func wclLearns() throws { try expectLearning(WCL.small) }
  @Test func diraLearnsToRestore() throws { try expectLearning(DiRA.small, term: "restoration") }

  @Test func bothStagesOfGCLLearn() throws {
    let first = try expectLearning(GCL.small)
    let second = try expectLearning(GCLLocal.small, startingFrom: first.encoder.state())
    #expect(second.encoder.state().entries == first.encoder.state().entries)
  }
}
