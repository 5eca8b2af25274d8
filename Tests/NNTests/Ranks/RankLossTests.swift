import Autograd
import NN
import Tensor
import TestSupport
import Testing

/// Losses of labels over ranks against one process with the whole batch, in double precision.
@Suite struct RankLossTests {
  /// A loss of one's own, which knows nothing of ranks: not the mean of parts.
  struct Worst: SegmentationLoss {
    func callAsFunction<Scalar: TensorFloatingPointScalar>(
      _ logits: Variable<Scalar>, _ labels: Tensor<Int32>
    ) -> Variable<Scalar> { (logits * logits).mean(along: -1).flattened().logSumExp(along: 0) }
  }

  static let losses: [(name: String, loss: any SegmentationLoss)] = [
    ("cross-entropy", CrossEntropyLoss()),
    (
      "weights, ignored, smoothing",
      CrossEntropyLoss(classWeights: [0.2, 1, 3], ignoredLabel: 2, labelSmoothing: 0.1)
    ),
    ("dice", DiceLoss()), ("dice of images", DiceLoss(scope: .image, classes: .foreground)),
    ("squared dice", DiceLoss(smoothing: 0, denominator: .squared)), ("tversky", TverskyLoss()),
    ("focal", FocalLoss(classWeights: [0.5, 1, 2])), ("both", CombinedLoss.crossEntropyAndDice),
    ("one's own", Worst()),
  ]

  @Test(arguments: losses.indices, [2, 4]) func ranksAreOneProcess(_ place: Int, _ count: Int) throws {
    let (name, loss) = Self.losses[place]
    let logits: Tensor<Double> = testTensor([4, 3, 3, 3], seed: 1)
    // The ignored label lies unevenly: most of it in the first image.
    let labels = Tensor<Int32>(
      (0..<36).map { Int32($0 < 7 ? 2 : $0 * 7 % 5 % 3) }, shape: [4, 3, 3])
    let whole = Variable(logits, requiresGradient: true)
    let expected = loss(whole, labels)
    expected.backward()
    let found = try InProcessRanks.run(count) { communicator -> (Double, Tensor<Double>) in
      let ranks = Ranks(communicator)
      let own = Variable(ranks.ownRows(of: logits), requiresGradient: true)
      let value = loss(own, ranks.ownRows(of: labels), across: ranks)
      value.backward()
      try ranks.check()
      return (value.item, try #require(own.gradient))
    }
    let mean = found.map(\.0).reduce(0, +) / Double(count)
    #expect(abs(mean - expected.item) <= 1e-12, "\(name): \(mean), not \(expected.item)")
    let gradient = Tensor(concatenating: found.map(\.1), along: 0) / Double(count)
    let error = (gradient - (try #require(whole.gradient))).euclideanNorm
    #expect(error <= 1e-12, "\(name): off by \(error)")
  }
}
