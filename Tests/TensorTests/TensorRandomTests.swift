import Tensor
import TestSupport
import Testing

@Suite struct TensorRandomTests {
  private let count = 200_000

  @Test func uniformNumbersFillTheirRange() {
    var generator = PhiloxGenerator(seed: 1)
    let x = Tensor<Float>(uniform: -2..<3, shape: [count], using: &generator)
    #expect(x.min().item >= -2 && x.max().item < 3)
    // Mean 1/2 and variance 25/12; five standard errors.
    #expect(abs(x.mean().item - 0.5) < 5 * (25.0 / 12 / 200_000).squareRoot())
    #expect(abs(x.variance().item - 25.0 / 12) < 0.03)
    #expect(x.min().item < -1.999 && x.max().item > 2.999)
  }

  @Test func theUpperBoundIsNeverReached() {
    var generator = PhiloxGenerator(seed: 2)
    let tiny = Tensor<Float>(uniform: 1..<(1 as Float).nextUp, shape: [1000], using: &generator)
    #expect(tiny == Tensor(ones: [1000]))
  }

  @Test func normalNumbersHaveTheirMoments() {
    var generator = PhiloxGenerator(seed: 3)
    let x = Tensor<Double>(normalWithMean: 3, standardDeviation: 2, shape: [count], using: &generator)
    let z = (x - 3) / 2
    #expect(abs(z.mean().item) < 0.0112)
    #expect(abs(z.squared().mean().item - 1) < 0.016)
    #expect(abs((z.squared() * z).mean().item) < 0.044)
    #expect(abs(z.squared().squared().mean().item - 3) < 0.11)
    // 68.27 % within one standard deviation, 95.45 % within two.
    #expect(abs(Double((z.magnitude .< 1).trueCount) / Double(count) - 0.6827) < 0.006)
    #expect(abs(Double((z.magnitude .< 2).trueCount) / Double(count) - 0.9545) < 0.003)
  }

  @Test func oddCountsAndScalars() {
    var generator = PhiloxGenerator(seed: 4)
    let x = Tensor<Float>(normalWithMean: 0, standardDeviation: 1, shape: [3, 3], using: &generator)
    #expect(x.isFinite().all() && Set(x.scalars).count == 9)
    #expect(Tensor<Float>(normalWithMean: 5, standardDeviation: 0, shape: [], using: &generator).item == 5)
    #expect(Tensor<Float>(uniform: 0..<1, shape: [0], using: &generator).elementCount == 0)
  }

  @Test func integersAreEvenlyLikely() {
    var generator = PhiloxGenerator(seed: 5)
    let x = Tensor<Int32>(uniform: -3..<4, shape: [70_000], using: &generator)
    let counts = (-3...3).map { (x .== $0).trueCount }
    #expect(counts.reduce(0, +) == 70_000)
    // Five standard deviations of a binomial count with mean 10,000.
    #expect(counts.allSatisfy { abs($0 - 10_000) < 463 })
    #expect(Tensor<UInt8>(uniform: 7..<8, shape: [5], using: &generator) == Tensor(repeating: 7, shape: [5]))
    let wide = Tensor<Int64>(uniform: .min ..< .max, shape: [100], using: &generator)
    #expect(wide.min().item < 0 && wide.max().item > 0)
  }

  @Test func coinsFallByTheirProbability() {
    var generator = PhiloxGenerator(seed: 6)
    #expect(abs(Tensor<Bool>(bernoulli: 0.3, shape: [count], using: &generator).trueCount - 60_000) < 1025)
    #expect(!Tensor<Bool>(bernoulli: 0, shape: [1000], using: &generator).any())
    #expect(Tensor<Bool>(bernoulli: 1, shape: [1000], using: &generator).all())
  }

  @Test func permutationsHoldEveryIndexOnce() {
    var generator = PhiloxGenerator(seed: 7)
    let x = Tensor<Int32>(permutation: 1000, using: &generator)
    #expect(x.sorted(along: 0) == Tensor(arange: 0, to: 1000))
    #expect(x != Tensor(arange: 0, to: 1000))
    #expect(Tensor<Int32>(permutation: 0, using: &generator).elementCount == 0)
    #expect(Tensor<UInt8>(permutation: 256, using: &generator).max().item == 255)
    // Each of the six orders of three, 6,000 times: within five standard deviations of 1,000.
    var counts: [[Int32]: Int] = [:]
    for _ in 0..<6000 { counts[Tensor<Int32>(permutation: 3, using: &generator).scalars, default: 0] += 1 }
    #expect(counts.count == 6 && counts.values.allSatisfy { abs($0 - 1000) < 145 })
  }

  @Test func oneSeedGivesOneTensorWithAnyGenerator() {
    func draw(_ generator: some RandomNumberGenerator) -> [Float] {
      var generator = generator
      return Tensor<Float>(normalWithMean: 0, standardDeviation: 1, shape: [5], using: &generator).scalars
    }
    #expect(draw(PhiloxGenerator(seed: 1)) == draw(PhiloxGenerator(seed: 1)))
    #expect(draw(PhiloxGenerator(seed: 1)) != draw(PhiloxGenerator(seed: 2)))
    #expect(draw(SplitMix64(seed: 1)) == draw(SplitMix64(seed: 1)))
  }

  @Test func impossibleDistributionsTrap() async {
    await #expect(processExitsWith: .failure) {
      var generator = PhiloxGenerator(seed: 1)
      _ = Tensor<Float>(uniform: 1..<1, shape: [1], using: &generator)
    }
    await #expect(processExitsWith: .failure) {
      var generator = PhiloxGenerator(seed: 1)
      _ = Tensor<Float>(normalWithMean: 0, standardDeviation: -1, shape: [1], using: &generator)
    }
    await #expect(processExitsWith: .failure) {
      var generator = PhiloxGenerator(seed: 1)
      _ = Tensor<Bool>(bernoulli: 1.5, shape: [1], using: &generator)
    }
    await #expect(processExitsWith: .failure) {
      var generator = PhiloxGenerator(seed: 1)
      _ = Tensor<Int8>(permutation: 200, using: &generator)
    }
  }
}
