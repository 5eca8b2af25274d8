import Contrastive
import Foundation
import NN
import Tensor
import Testing

/// The small presets of SimCLR, BYOL, SimSiam, SimTriplet and DeSD on the slices of a CT.
///
/// Twenty steps each; two hundred with `Tests/run.sh --full`: then the loss must fall, too.
@Suite struct MethodsOnCTTests {
  private func train<Method: PublishedMethod>(
    _ type: Method.Type, on images: some Dataset<PretrainingImage>
  ) throws {
    let steps = trainsInFull ? 200 : 20
    var method = Method.small
    method.recipe.steps = steps
    var history: [[String: Double]] = []
    try TrainingLoop(PretrainingTask(method, encoder: .unet(width: 4)), on: images).run {
      history.append(Dictionary($0.terms.map { ($0.name, $0.value) }) { first, _ in first })
      return .proceed
    }
    func mean(_ name: String, _ part: some Collection<[String: Double]>) -> Double {
      part.reduce(0) { $0 + ($1[name] ?? .nan) } / Double(part.count)
    }
    let (first, last) = (mean("loss", history.prefix(20)), mean("loss", history.suffix(20)))
    let spread = mean("spread", history.suffix(20))
    #expect(last.isFinite && spread >= 0.5, "\(Method.name): loss \(first) to \(last), spread \(spread)")
    print("\(Method.name): loss \(first) -> \(last), spread \(spread)")
    if trainsInFull { #expect(last < first, "\(Method.name): loss \(first) to \(last)") }
  }

  /// The slices as one volume.
  private func slices() throws -> ArrayDataset<PretrainingImage> {
    ArrayDataset(
      try keptSlices().map { PretrainingImage($0.image, position: $0.position, volume: 0) })
  }

  @Test func simCLR() throws { try train(SimCLR.self, on: slices()) }
  @Test func byol() throws { try train(BYOL.self, on: slices()) }
  @Test func simSiam() throws { try train(SimSiam.self, on: slices()) }
  @Test func simTriplet() throws { try train(SimTriplet.self, on: NeighboringSlices(slices())) }
  @Test func deSD() throws { try train(DeSD.self, on: slices()) }
}
