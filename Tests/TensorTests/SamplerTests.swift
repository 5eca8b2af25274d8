import Foundation
import Tensor
import Testing

@Suite struct SamplerTests {
  @Test func sequential() {
    #expect(SequentialSampler(count: 3).indices(epoch: 4) == [0, 1, 2])
    #expect(SequentialSampler(count: 0).indices(epoch: 0) == [])
  }

  @Test(arguments: [0, 1, 2, 101]) func shuffledIsAPermutation(count: Int) {
    let sampler = ShuffledSampler(count: count, seed: 3)
    for epoch in 0..<3 { #expect(sampler.indices(epoch: epoch).sorted() == Array(0..<count)) }
    #expect(sampler.indices(epoch: 1) == ShuffledSampler(count: count, seed: 3).indices(epoch: 1))
  }

  @Test func shufflesDiffer() {
    let sampler = ShuffledSampler(count: 50, seed: 3)
    #expect(sampler.indices(epoch: 0) != sampler.indices(epoch: 1))
    #expect(sampler.indices(epoch: 0) != ShuffledSampler(count: 50, seed: 4).indices(epoch: 0))
    // Every place of a shuffle of four is even: 4000 epochs, 1000 +- 27 expected.
    var counts = [Int](repeating: 0, count: 16)
    for epoch in 0..<4000 {
      for (place, index) in ShuffledSampler(count: 4, seed: 9).indices(epoch: epoch).enumerated() {
        counts[place * 4 + index] += 1
      }
    }
    #expect(counts.allSatisfy { abs($0 - 1000) < 140 }, "\(counts)")
  }

  @Test func weightsDecide() {
    let sampler = WeightedSampler(weights: [1, 0, 3], count: 40_000, seed: 5)
    let drawn = sampler.indices(epoch: 0)
    let counts = (0..<3).map { index in drawn.count { $0 == index } }
    #expect(counts[1] == 0 && counts.reduce(0, +) == 40_000)
    #expect(abs(counts[0] - 10_000) < 500, "\(counts)")
    #expect(drawn != sampler.indices(epoch: 1))
  }

  @Test func classesAreBalanced() {
    let classes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    let drawn = WeightedSampler(balancing: classes, count: 20_000, seed: 5).indices(epoch: 2)
    let ones = drawn.count { $0 == 9 }
    #expect(abs(ones - 10_000) < 500, "\(ones)")
    #expect(WeightedSampler(balancing: [], seed: 1).indices(epoch: 0) == [])
  }

  @Test func subsets() {
    #expect(SubsetSampler([7, 3, 5]).indices(epoch: 0) == [7, 3, 5])
    let shuffled = SubsetSampler([7, 3, 5], order: ShuffledSampler(count: 3, seed: 1))
    #expect(Set(shuffled.indices(epoch: 6)) == [3, 5, 7] && shuffled.count == 3)
  }

  @Test func samplersAreStored() throws {
    func restored<Value: Codable>(_ value: Value) throws -> Value {
      try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }
    let weighted = WeightedSampler(weights: [0.1, 0.7, 1 / 3], seed: .max)
    #expect(try restored(weighted) == weighted)
    let subset = SubsetSampler([4, 2], order: ShuffledSampler(count: 2, seed: 8))
    #expect(try restored(subset).indices(epoch: 3) == subset.indices(epoch: 3))
  }

  @Test func weightsWithoutASumTrap() async {
    await #expect(processExitsWith: .failure) { _ = WeightedSampler(weights: [0, 0], seed: 1) }
  }
}
