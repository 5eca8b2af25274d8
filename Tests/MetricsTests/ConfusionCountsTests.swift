import Metrics
import Tensor
import Testing

@Suite struct ConfusionCountsTests {
  @Test(arguments: [0, 1, 31, 32, 33, 8159, 8160, 8161, 20_000])
  func countsEveryElement(count: Int) {
    var generator = SeededGenerator(seed: 5)
    let first = randomMask([1, count], density: 0.9, using: &generator)
    let second = randomMask([1, count], density: 0.6, using: &generator)
    let pairs = zip(first.values.scalars, second.values.scalars)
    let expected = ConfusionCounts(
      truePositives: pairs.count { $0 && $1 }, falsePositives: pairs.count { $0 && !$1 },
      falseNegatives: pairs.count { !$0 && $1 }, trueNegatives: pairs.count { !$0 && !$1 })
    let counts = ConfusionCounts(prediction: first, reference: second)
    #expect(counts == expected)
    #expect(counts.total == count)
  }

  @Test func addsUp() {
    let one = ConfusionCounts(truePositives: 1, falsePositives: 2, falseNegatives: 3, trueNegatives: 4)
    #expect(
      one + one + .zero
        == ConfusionCounts(truePositives: 2, falsePositives: 4, falseNegatives: 6, trueNegatives: 8))
    #expect(one.predictedPositives == 3 && one.referencePositives == 4 && one.total == 10)
  }

  @Test func shapesThatDifferTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = ConfusionCounts(prediction: mask([2, 3], at: []), reference: mask([3, 2], at: []))
    }
  }
}

@Suite struct LabelMapComparisonTests {
  private func randomLabels(_ shape: TensorShape, _ labels: [Int32], _ generator: inout SeededGenerator)
    -> LabelMap
  {
    LabelMap(
      Tensor(shape: shape) { buffer in
        for index in buffer.indices {
          buffer[index] = labels[Int.random(in: labels.indices, using: &generator)]
        }
      })
  }

  @Test(arguments: [[5, 7], [3, 4, 9], [1, 1]])
  func agreesWithMasks(shape: [Int]) {
    var generator = SeededGenerator(seed: 9)
    let labels: [Int32] = [0, 1, 2, 255, 256, -3, .max, .min]
    let first = randomLabels(TensorShape(shape), labels, &generator)
    let second = randomLabels(TensorShape(shape), labels, &generator)
    let comparison = LabelMapComparison(prediction: first, reference: second)
    let spacing = VoxelSpacing(Array([3.0, 1, 2].suffix(shape.count)))
    #expect(comparison.labels == Set(first.labels.scalars + second.labels.scalars).sorted())
    for label in labels + [77] {
      let (a, b) = (first.mask(of: label), second.mask(of: label))
      #expect(comparison.counts(of: label) == ConfusionCounts(prediction: a, reference: b))
      let distances = comparison.surfaceDistances(
        of: label, prediction: first, reference: second, spacing: spacing)
      let expected = SurfaceDistances(prediction: a, reference: b, spacing: spacing)
      #expect(distances.predictionToReference == expected.predictionToReference)
      #expect(distances.referenceToPrediction == expected.referenceToPrediction)
      #expect(distances.emptiness == expected.emptiness)
    }
  }

  @Test func emptyMaps() {
    let nothing = LabelMap(Tensor(zeros: [0, 4]))
    let comparison = LabelMapComparison(prediction: nothing, reference: nothing)
    #expect(comparison.labels.isEmpty && comparison.counts(of: 1).total == 0)
  }
}
