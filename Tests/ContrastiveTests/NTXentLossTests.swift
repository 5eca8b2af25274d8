import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct NTXentLossTests {
  @Test(arguments: [("t0_1noBase", 0.1), ("t0_01", 0.01)])
  func itIsTheReference(_ name: String, _ temperature: Double) throws {
    let reference = try lossReferences()
    let rows = try reference.tensor("rows", as: Double.self)
    let (first, second) = (leaf(rows[0..<6]), leaf(rows[6..<12]))
    let loss = NTXentLoss(temperature: temperature)(first, second)
    loss.backward()
    #expect(abs(loss.item - (try reference.number("ntXent.\(name).value"))) <= 1e-10)
    let gradient = Tensor(
      concatenating: [try #require(first.gradient), try #require(second.gradient)], along: 0)
    #expect(gradient.relativeError(to: try reference.tensor("ntXent.\(name).gradient")) <= 1e-10)
  }

  @Test func gradientsAgreeWithFiniteDifferences() {
    let result = checkGradient(at: [testRows([5, 3]), testRows([5, 3], seed: 8)]) {
      NTXentLoss(temperature: 0.5)($0[0], $0[1])
    }
    #expect(result.passes, "\(result)")
  }

  @Test func theOrderOfTheViewsDoesNotMatter() {
    let (a, b) = (Variable(testRows([5, 3])), Variable(testRows([5, 3], seed: 8)))
    #expect(abs(NTXentLoss()(a, b).item - NTXentLoss()(b, a).item) <= 1e-12)
  }

  @Test func oneImageByHand() {
    // Each row's only other row is its positive: the loss is 0.
    let loss = NTXentLoss()(Variable(testRows([1, 3])), Variable(testRows([1, 3], seed: 8)))
    #expect(abs(loss.item) <= 1e-12)
  }

  @Test func equalRowsGiveTheLogarithmOfTheOthers() {
    let rows = Variable(Tensor<Double>(ones: [4, 3]))
    #expect(abs(NTXentLoss(temperature: 0.01)(rows, rows).item - log(7)) <= 1e-10)
  }
}
