import Foundation
import Tensor
import Testing

@Suite struct RandomKeyTests {
  private func first(_ key: RandomKey) -> UInt64 {
    var generator = key.generator
    return generator.next()
  }

  /// Purposes, steps and places that trainings use together must not share numbers.
  @Test func noTwoStreamsShareNumbers() {
    var seen: Set<UInt64> = []
    var count = 0
    for seed in [0, 1, 2, 1234, UInt64.max] {
      let root = RandomKey(seed: seed)
      for purpose in [RandomPurpose.weights, .order, .examples, .batches, .steps, "mine", "mine2"] {
        for step in [0, 1, 2, 16, 1 << 20] {
          for place in [0, 1, 2, 16] {
            seen.insert(first(root.stream(for: purpose).at(step: step).at(place: place)))
            count += 1
          }
        }
      }
    }
    #expect(seen.count == count)
  }

  /// Philox under the seed, of a counter that holds the 64-bit FNV-1a hash of the name.
  @Test func aPurposeIsMixedInByOneBlockOfPhilox() {
    func hash(_ name: String) -> UInt64 {
      name.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    }
    // A generator's position counts numbers, two a block, and so reaches the blocks of small hashes alone.
    for name in (0..<20).map({ "purpose\($0)" }) where hash(name) < 1 << 63 {
      var generator = PhiloxGenerator(seed: 7)
      generator.position = hash(name) * 2
      #expect(RandomKey(seed: 7).stream(for: RandomPurpose(name)).seed == generator.next())
    }
  }

  @Test func aNestedPurposeKnowsItsStepAndPlace() {
    let key = RandomKey(seed: 3).stream(for: "patients").at(step: 2).at(place: 5)
    let nested = [key, key.at(place: 6), key.at(step: 3)].map { $0.stream(for: "warp").seed }
    #expect(Set(nested).count == 3)
    #expect(
      key.at(step: 9).at(place: 1) == RandomKey(seed: 3).stream(for: "patients").at(step: 9).at(place: 1))
  }

  @Test func keysAreCodable() throws {
    let key = RandomKey(seed: 9).stream(for: .batches).at(step: 4)
    #expect(try JSONDecoder().decode(RandomKey.self, from: JSONEncoder().encode(key)) == key)
  }

  @Test func wholeNumbersAreEven() {
    var generator = RandomKey(seed: 1).generator
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[generator.integer(below: 7)] += 1 }
    // Five deviations of a binomial count of 10,000.
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 }, "\(counts)")
    #expect(generator.integer(below: 1) == 0)
  }

  @Test func permutationsAreEven() {
    var generator = RandomKey(seed: 2).generator
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[generator.permutation(of: 4), default: 0] += 1 }
    #expect(counts.count == 24)
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 160 }, "\(counts.values)")
    #expect(generator.permutation(of: 0) == [])
    #expect(generator.permutation(of: 1) == [0])
  }

  @Test func uniformDrawsAndChances() {
    var generator = RandomKey(seed: 3).generator
    let draws = (0..<10_000).map { _ in generator.uniform(in: -2...6) }
    #expect(draws.allSatisfy { -2..<6 ~= $0 })
    let mean = draws.reduce(0, +) / 10_000
    // The mean of 10,000 draws deviates by 8 / sqrt(12) / 100.
    #expect(abs(mean - 2) < 5 * 0.0231, "\(mean)")
    #expect(!(0..<1000).contains { _ in generator.chance(0) })
    #expect((0..<1000).allSatisfy { _ in generator.chance(1) })
    let hits = (0..<10_000).count { _ in generator.chance(0.3) }
    #expect(abs(hits - 3000) < 230, "\(hits)")
    #expect(generator.uniform(in: 4...4) == 4)
  }
}
