import Autograd
import Foundation
import NN
import Tensor
import TestSupport
import Testing

/// Terms of weight 0, and 0 / 0, in the losses for labels.
@Suite struct ZeroWeightTests {
  private func evaluate<Scalar: TensorFloatingPointScalar>(
    _ loss: any SegmentationLoss, _ logits: [Scalar], _ labels: [Int32], classes: Int
  ) throws -> (value: Scalar, gradient: [Scalar]) {
    let logits = leaf(Tensor(logits, shape: [1, labels.count, classes]))
    let value = loss(logits, Tensor(labels, shape: [1, labels.count]))
    if value.tracksGradient { value.backward() }
    return (value.item, logits.gradient?.scalars ?? [Scalar](repeating: 0, count: labels.count * classes))
  }

  /// 0 log 0 is its limit: an impossible class of weight 0 does not count.
  @Test func anImpossibleClassOfWeightZero() throws {
    let loss = CrossEntropyLoss(classWeights: [0, 1, 1], labelSmoothing: 0.1)
    let masked = try evaluate(loss, [-Double.infinity, 0, 0], [1], classes: 3)
    #expect((masked.value - 0.9666666666666667 * log(2)).magnitude < 1e-14, "\(masked.value)")
    #expect(zip(masked.gradient, [0, -0.45, 0.45]).allSatisfy { ($0 - $1).magnitude < 1e-14 })
    // As with a logit so low that its exponential is 0.
    let low = try evaluate(loss, [-1e30, 0, 0] as [Double], [1], classes: 3)
    #expect(masked.value == low.value && masked.gradient == low.gradient)
  }

  @Test func aPixelOfWeightZero() throws {
    let loss = CrossEntropyLoss(classWeights: [0, 1, 1])
    let both = try evaluate(loss, [-Double.infinity, 0, 0, -.infinity, 0, 0], [0, 1], classes: 3)
    #expect((both.value - log(2)).magnitude < 1e-14)
    #expect(zip(both.gradient, [0, 0, 0, 0, -0.5, 0.5]).allSatisfy { ($0 - $1).magnitude < 1e-14 })
    // Full smoothing leaves the own class without weight.
    let smooth = try evaluate(
      CrossEntropyLoss(classWeights: [0, 1, 1], labelSmoothing: 1),
      [-Double.infinity, 0, 0, -.infinity, 0, 0],
      [0, 1], classes: 3)
    #expect((smooth.value - 4 * log(2) / 3).magnitude < 1e-14, "\(smooth.value)")
    #expect(smooth.gradient.allSatisfy { $0.magnitude < 1e-14 })
    // Nothing but such pixels: 0.
    let none = try evaluate(loss, [Double.nan, 0, 0], [0], classes: 3)
    #expect(none.value == 0 && none.gradient == [0, 0, 0])
  }

  @Test(arguments: [0, 0.5, 2.0]) func focally(_ gamma: Double) throws {
    let loss = FocalLoss(gamma: gamma, classWeights: [0, 1, 1])
    let both = try evaluate(loss, [-Double.infinity, 0, 0, -.infinity, 0, 0], [0, 1], classes: 3)
    #expect((both.value - pow(0.5, gamma) * log(2) / 2).magnitude < 1e-14, "\(both.value)")
    #expect(both.gradient.allSatisfy(\.isFinite) && both.gradient[0..<3] == [0, 0, 0])
    #expect(try evaluate(loss, [] as [Double], [], classes: 3).value == 0)
  }

  static var withoutSmoothing: [any SegmentationLoss] {
    [
      DiceLoss(smoothing: 0), DiceLoss(smoothing: 0, denominator: .squared),
      DiceLoss(smoothing: 0, scope: .image), DiceLoss(smoothing: 0, denominator: .squared, scope: .image),
      DiceLoss(smoothing: 0, classes: .foreground), TverskyLoss(smoothing: 0),
      TverskyLoss(alpha: 0, beta: 0, smoothing: 0), TverskyLoss(smoothing: 0, scope: .image),
      TverskyLoss(smoothing: 0, classes: .foreground),
    ]
  }

  /// (0 + s) / (0 + s) is 1 for every s above 0, so the loss is 0 at 0 too, and nothing pulls.
  @Test(arguments: 0..<9) func aClassThatIsNowhere(_ index: Int) throws {
    let loss = Self.withoutSmoothing[index]
    let absent = try evaluate(loss, [100, -100, 100, -100, 100, -100] as [Float], [0, 0, 0], classes: 2)
    #expect(absent.value == 0, "\(loss): \(absent.value)")
    #expect(absent.gradient == [0, 0, 0, 0, 0, 0], "\(loss)")
  }

  @Test func withoutPixelsThereIsNoLoss() throws {
    for loss in Self.withoutSmoothing + [CrossEntropyLoss(), FocalLoss()] {
      #expect(try evaluate(loss, [] as [Float], [], classes: 2).value == 0, "\(loss)")
    }
  }

  @Test func aTermOfWeightZeroIsNotComputed() throws {
    // Class 1 is impossible, and a pixel bears it: the cross-entropy is infinite.
    let (logits, labels): ([Double], [Int32]) = ([0, -.infinity, 0, -.infinity], [1, 0])
    let dice = try evaluate(DiceLoss(), logits, labels, classes: 2)
    for terms: [(weight: Double, loss: any SegmentationLoss)] in [
      [(0, CrossEntropyLoss()), (1, DiceLoss())], [(1, DiceLoss()), (0, CrossEntropyLoss())],
    ] {
      let combined = try evaluate(CombinedLoss(terms), logits, labels, classes: 2)
      #expect(combined.value == dice.value && combined.gradient == dice.gradient)
    }
    #expect(
      try evaluate(CombinedLoss([(0, CrossEntropyLoss())]), logits, labels, classes: 2).value == 0)
  }

  @Test func aCombinationLeavesOutWhatAllItsLossesDo() {
    let ignoring = CrossEntropyLoss(ignoredLabel: 255)
    #expect(CombinedLoss([(1, ignoring), (0, DiceLoss())]).ignoredLabel == 255)
    #expect(CombinedLoss([(1, ignoring), (1, DiceLoss())]).ignoredLabel == nil)
    #expect(CombinedLoss([(1, CrossEntropyLoss()), (1, DiceLoss())]).ignoredLabel == nil)
  }
}
