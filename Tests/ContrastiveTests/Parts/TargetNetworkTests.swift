import Autograd
import Contrastive
import NN
import Tensor
import TestSupport
import Testing

/// A linear layer with batch norm: parameters, buffers and a counter.
private final class Block: Layer {
  let linear: Linear<Double>
  let norm = BatchNorm<Double>(channels: 2)

  init(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    linear = Linear(inputFeatures: 3, outputFeatures: 2, using: &generator)
  }

  var members: [ModuleMember<Double>] { [.module("linear", linear), .module("norm", norm)] }
  func callAsFunction(_ input: Variable<Double>) -> Variable<Double> { norm(linear(input)) }
}

@Suite struct TargetNetworkTests {
  @Test func itStartsAsACopy() {
    let source = Block(seed: 1)
    _ = source(Variable(testRows([5, 3])))
    let target = TargetNetwork(following: source, copy: Block(seed: 2))
    #expect(target.state().entries == source.state().entries)
    #expect(
      target.namedParameters.map(\.name) == ["linear.weight", "linear.bias", "norm.weight", "norm.bias"])
  }

  /// (1, -2) towards (.5, 4) with .996, twice: (0.996008, -1.952096).
  @Test func theAverageIsThePublishedOne() {
    let (source, copy) = (Block(seed: 1), Block(seed: 2))
    source.linear.bias?.value = Tensor([1, -2])
    let target = TargetNetwork(following: source, copy: copy)
    source.linear.bias?.value = Tensor([0.5, 4])
    for _ in 0..<2 { target.follow(source, momentum: 0.996) }
    let bias = copy.linear.bias?.value ?? Tensor(zeros: [2])
    #expect(bias.maximumAbsoluteDifference(to: Tensor([0.996008, -1.952096])) <= 1e-12)
  }

  @Test func everyParameterMovesAndNoneTakesAGradient() throws {
    let (source, copy) = (Block(seed: 1), Block(seed: 2))
    let target = TargetNetwork(following: source, copy: copy)
    let before = copy.parameters.map(\.value)
    for parameter in source.parameters { parameter.value = parameter.value + 1 }
    target.follow(source, momentum: 0.75)
    for (parameter, old) in zip(copy.parameters, before) {
      #expect(parameter.value.maximumAbsoluteDifference(to: old + 0.25) <= 1e-12)
    }
    #expect(target.parameters.allSatisfy(\.isFrozen) && !source.parameters.contains(where: \.isFrozen))
    let rows = leaf(testRows([5, 3]))
    let keys = target(rows.value)
    (source(rows) * Variable(keys)).sum().backward()
    #expect(copy.parameters.allSatisfy { $0.gradient == nil })
    #expect(source.parameters.allSatisfy { $0.gradient != nil })
  }

  @Test func momentumOfOneStaysAndOfZeroCopies() {
    let (source, copy) = (Block(seed: 1), Block(seed: 2))
    let target = TargetNetwork(following: source, copy: copy)
    let start = copy.linear.weight.value
    source.linear.weight.value = start * 2
    target.follow(source, momentum: 1)
    #expect(copy.linear.weight.value == start)
    target.follow(source, momentum: 0)
    #expect(copy.linear.weight.value == start * 2)
  }

  @Test func itUsesTheStatisticsOfItsOwnBatchInEveryMode() {
    let source = Block(seed: 1)
    let target = TargetNetwork(following: source, copy: Block(seed: 2))
    let rows = testRows([6, 3]) * 5 + 3
    let expected = source(Variable(rows)).value
    target.setMode(.evaluation)
    #expect(target(rows).maximumAbsoluteDifference(to: expected) <= 1e-12)
    #expect(target.network.norm.mode == .evaluation)
  }

  @Test(arguments: [TargetStatistics.own, .copied, .averaged])
  func runningStatisticsAreWhatTheirNameSays(statistics: TargetStatistics) {
    let (source, copy) = (Block(seed: 1), Block(seed: 2))
    let target = TargetNetwork(following: source, copy: copy, statistics: statistics)
    _ = source(Variable(testRows([6, 3]) + 4))
    _ = source(Variable(testRows([6, 3]) + 4))
    let own = Block(seed: 1)
    _ = own(Variable(testRows([4, 3], seed: 8)))
    _ = target(testRows([4, 3], seed: 8))
    target.follow(source, momentum: 0.5)
    let (mean, seen) = (source.norm.runningMean.value, copy.norm.batchesTracked.value)
    let expected: (mean: Tensor<Double>, seen: Int) =
      switch statistics {
      case .own: (own.norm.runningMean.value, 1)
      case .copied: (mean, 2)
      case .averaged: (mean * 0.5, 2)
      }
    #expect(copy.norm.runningMean.value.maximumAbsoluteDifference(to: expected.mean) <= 1e-12)
    #expect(seen == expected.seen)
  }

  @Test func anotherNetworkStops() async {
    await #expect(processExitsWith: .failure) {
      var generator = SplitMix64(seed: 1)
      let small = Sequential<Double>([Linear(inputFeatures: 2, outputFeatures: 2, using: &generator)])
      let large = Sequential<Double>([
        Linear(inputFeatures: 2, outputFeatures: 2, using: &generator),
        Linear(inputFeatures: 2, outputFeatures: 2, using: &generator),
      ])
      _ = TargetNetwork(following: small, copy: large)
    }
  }
}
