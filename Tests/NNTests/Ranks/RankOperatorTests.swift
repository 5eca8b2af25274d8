import Autograd
import NN
import Tensor
import TestSupport
import Testing

/// Operators and norms over ranks against one process with the whole batch, in double precision.
@Suite struct RankOperatorTests {
  private let rows: Tensor<Double> = testTensor([8, 3], seed: 1)
  private let weight: Tensor<Double> = testTensor([3, 4], seed: 2)

  /// The average of the ranks' gradients by a parameter, and the mean of their losses.
  private func average(
    _ count: Int, _ loss: @escaping @Sendable (Variable<Double>, Tensor<Double>, Ranks) -> Variable<Double>
  ) throws -> (loss: Double, gradient: Tensor<Double>) {
    let (rows, weight) = (rows, weight)
    let results = try InProcessRanks.run(count) { communicator -> (Double, Tensor<Double>) in
      let ranks = Ranks(communicator)
      let parameter = Variable(weight, requiresGradient: true)
      let value = loss(parameter, ranks.ownRows(of: rows), ranks)
      value.backward()
      try ranks.check()
      return (value.item, parameter.gradient ?? Tensor(zeros: [3, 4]))
    }
    let gradients = results.map(\.1)
    return (
      results.map(\.0).reduce(0, +) / Double(count),
      gradients.dropFirst().reduce(gradients[0]) { $0 + $1 } / Double(count)
    )
  }

  private func whole(
    _ loss: (Variable<Double>) -> Variable<Double>
  ) -> (loss: Double, gradient: Tensor<Double>) {
    let parameter = Variable(weight, requiresGradient: true)
    let value = loss(parameter)
    value.backward()
    return (value.item, parameter.gradient ?? Tensor(zeros: [3, 4]))
  }

  private func expectEqual(
    _ found: (loss: Double, gradient: Tensor<Double>), _ expected: (loss: Double, gradient: Tensor<Double>)
  ) {
    #expect(abs(found.loss - expected.loss) <= 1e-12 * max(1, abs(expected.loss)))
    let error = (found.gradient - expected.gradient).euclideanNorm
    #expect(error <= 1e-12 * max(1, expected.gradient.euclideanNorm), "off by \(error)")
  }

  /// Every rank computes the same loss of all rows.
  @Test(arguments: [2, 4]) func aLossOfAllRowsHasItsGradient(_ count: Int) throws {
    @Sendable func loss(_ z: Variable<Double>) -> Variable<Double> {
      z.matmul(z, transposing: .right).tanh().logSumExp(along: 1).mean() + z.exp().mean()
    }
    let rows = rows
    expectEqual(
      try average(count) { loss(Variable($1).matmul($0).gathered(across: $2)) },
      whole { loss(Variable(rows).matmul($0)) })
  }

  /// Every rank's rows are anchors against those of all; parameters enter beside the rows, too.
  @Test(arguments: [2, 4]) func aLossOfOwnAnchorsHasItsGradient(_ count: Int) throws {
    @Sendable func loss(_ anchors: Variable<Double>, _ all: Variable<Double>, _ w: Variable<Double>)
      -> Variable<Double>
    {
      anchors.matmul(all, transposing: .right).logSumExp(along: 1).mean() + (w * w).sum()
    }
    let rows = rows
    expectEqual(
      try average(count) { w, own, ranks in
        let z = Variable(own).matmul(w)
        return loss(z, z.gathered(across: ranks), w)
      },
      whole { w in
        let z = Variable(rows).matmul(w)
        return loss(z, z, w)
      })
  }

  @Test(arguments: [2, 4]) func aRatioOfSumsHasItsGradient(_ count: Int) throws {
    @Sendable func loss(_ z: Variable<Double>, _ total: (Variable<Double>) -> Variable<Double>) -> Variable<
      Double
    > {
      let (a, b) = (total(z.exp().sum(along: 0)), total((z * z).sum(along: 0)))
      return (a / (b + 1)).sum()
    }
    let rows = rows
    expectEqual(
      try average(count) { w, own, ranks in
        loss(Variable(own).matmul(w)) { $0.summed(across: ranks) }
      },
      whole { w in loss(Variable(rows).matmul(w)) { $0 } })
  }

  @Test(arguments: [2, 4], [1.0, 0.01]) func synchronizedNormsAreThoseOfTheWholeBatch(
    _ count: Int, _ slope: Double
  )
    throws
  {
    let images: Tensor<Double> = testTensor([8, 3, 2, 3], seed: 3) * 2 + 5
    let target: Tensor<Double> = testTensor([8, 3, 2, 3], seed: 4)
    @Sendable func pass(_ images: Tensor<Double>, _ target: Tensor<Double>, _ ranks: Ranks?) -> [Tensor<
      Double
    >] {
      let norm = BatchNorm<Double>(channels: 3, negativeSlope: slope)
      norm.weight?.value = Tensor([0.5, 2, -1])
      norm.bias?.value = Tensor([0.1, -0.2, 0.3])
      norm.shareNorms(across: ranks)
      let input = Variable(images, requiresGradient: true)
      let output = norm(input)
      let difference = (output - Variable(target)).tanh()
      (difference * difference).mean().backward()
      return [output.value, input.gradient, norm.weight?.gradient, norm.bias?.gradient].compactMap(\.self)
        + [norm.runningMean.value, norm.runningVariance.value, Tensor([Double(norm.batchesTracked.value)])]
    }
    let expected = pass(images, target, nil)
    let found = try InProcessRanks.run(count) { communicator in
      let ranks = Ranks(communicator)
      let values = pass(ranks.ownRows(of: images), ranks.ownRows(of: target), ranks)
      try ranks.check()
      return values
    }
    func expectNear(_ found: Tensor<Double>, _ expected: Tensor<Double>, _ what: String) {
      let error = (found - expected).euclideanNorm
      #expect(error <= 1e-12 * max(1, expected.euclideanNorm), "\(what) is off by \(error)")
    }
    expectNear(Tensor(concatenating: found.map { $0[0] }, along: 0), expected[0], "output")
    // A rank's mean divides by its own values: its gradient of the input is as many times larger.
    expectNear(
      Tensor(concatenating: found.map { $0[1] }, along: 0) / Double(count), expected[1], "input gradient")
    for (place, what) in [(2, "weight gradient"), (3, "bias gradient")] {
      let sum = found.dropFirst().reduce(found[0][place]) { $0 + $1[place] }
      expectNear(sum / Double(count), expected[place], what)
    }
    for values in found {
      for place in 4...6 { expectNear(values[place], expected[place], "statistic \(place)") }
    }
  }

  /// Off by name: each rank's own statistics.
  @Test func ownNormsMeasureTheRankAlone() throws {
    let images: Tensor<Float> = Tensor(converting: testTensor([4, 2, 2, 3], seed: 5) as Tensor<Double>)
    let outputs = try InProcessRanks.run(2) { communicator -> [Tensor<Float>] in
      let ranks = Ranks(communicator)
      let norm = BatchNorm<Float>(channels: 3)
      norm.shareNorms(across: ranks)
      let own = ranks.ownRows(of: images)
      let alone = norm.withOwnNorms { norm(Variable(own)).value }
      let shared = norm(Variable(own)).value
      return [alone, shared]
    }
    for (rank, output) in outputs.enumerated() {
      let norm = BatchNorm<Float>(channels: 3)
      #expect(output[0] == norm(Variable(images[2 * rank..<2 * rank + 2])).value)
      #expect(output[0] != output[1])
    }
  }
}
