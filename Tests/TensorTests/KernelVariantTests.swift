import Tensor
import Testing

/// The choice belongs to the process: every test here has a process of its own, in which it goes through all
/// instruction sets that the processor has.
@Suite struct KernelVariantTests {
  @Test func everyProcessorHasThePortableVariant() {
    #expect(InstructionSet.available.contains(.portable))
    #expect(InstructionSet.available.contains(InstructionSet.active))
  }

  @Test func theChoiceIsKept() async {
    await #expect(processExitsWith: .success) {
      for variant in InstructionSet.available {
        variant.select()
        #expect(InstructionSet.active == variant)
      }
    }
  }

  /// Arithmetic and roots are correctly rounded, so every variant gives the bits of Swift's own operators.
  @Test func arithmeticIsExactInEveryVariant() async {
    await #expect(processExitsWith: .success) {
      var generator = PhiloxGenerator(seed: 21)
      let a = Tensor<Float>(uniform: -3..<3, shape: [3, 67], using: &generator)
      let b = Tensor<Float>(uniform: -3..<3, shape: [3, 67], using: &generator)
      func pairs(_ function: (Float, Float) -> Float) -> Tensor<Float> {
        Tensor(zip(a.scalars, b.scalars).map { function($0, $1) }, shape: a.shape)
      }
      let expected = [
        pairs(+), pairs(-), pairs(*), pairs(/), pairs { max($0, $1) }, pairs { min($0, $1) },
        pairs { a, _ in a > 0 ? a : a * 0.2 }, pairs { a, _ in a.magnitude.squareRoot() },
        pairs { a, _ in 2 - a },
      ]
      for variant in InstructionSet.available {
        variant.select()
        let results = [
          a + b, a - b, a * b, a / b, a.maximum(b), a.minimum(b), a.leakyReLU(negativeSlope: 0.2),
          a.magnitude.sqrt(), 2 - a,
        ]
        for (index, (result, expected)) in zip(results, expected).enumerated() {
          #expect(result.isIdentical(to: expected), "operator \(index), \(variant)")
        }
      }
    }
  }

  @Test func functionsKeepTheirErrorsInEveryVariant() async {
    await #expect(processExitsWith: .success) {
      for function in ElementaryTests.functions {
        var generator = PhiloxGenerator(seed: 22)
        let x = Tensor<Float>(
          uniform: function.range.lowerBound..<function.range.upperBound, shape: [20_011], using: &generator)
        let exact = function.exact(Tensor(converting: x)).scalars
        for variant in InstructionSet.available {
          variant.select()
          let worst = zip(function.single(x).scalars, exact).map { ulps($0, $1) }.max() ?? 0
          #expect(worst <= function.ulps, "\(function.testDescription), \(variant)")
        }
      }
    }
  }

  @Test func endsOfTheRangeInEveryVariant() async {
    await #expect(processExitsWith: .success) {
      let ends = Tensor<Float>([-.infinity, .infinity, .nan, 0, 0x1p-140, 200, -200])
      for variant in InstructionSet.available {
        variant.select()
        func check(_ result: Tensor<Float>, _ expected: [Float], _ name: String) {
          let agrees = zip(result.scalars, expected).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
          #expect(agrees, "\(name) gave \(result), \(variant)")
        }
        check(ends.exp(), [0, .infinity, .nan, 1, 1, .infinity, 0], "exp")
        check(ends.expm1(), [-1, .infinity, .nan, 0, 0x1p-140, .infinity, -1], "expm1")
        check(ends.tanh(), [-1, 1, .nan, 0, 0x1p-140, 1, -1], "tanh")
        check(ends.sigmoid(), [0, 1, .nan, 0.5, 0.5, 1, 0], "sigmoid")
        check(ends.maximum(0), [0, .infinity, .nan, 0, 0x1p-140, 200, 0], "maximum")
        check(ends.log1p()[1..<5], [.infinity, .nan, 0, 0x1p-140], "log1p")
        check(ends.log()[0..<4], [.nan, .infinity, .nan, -.infinity], "log")
        check(
          Tensor([ends.max().item, ends[3..<7].max().item, ends[3..<7].min().item]), [.nan, 200, -200], "max")
      }
    }
  }

  /// Sums are added in one order by all variants, so their bits agree; maxima are exact anyway.
  @Test func reductionsHaveTheSameBitsInEveryVariant() async {
    await #expect(processExitsWith: .success) {
      var generator = PhiloxGenerator(seed: 23)
      let inputs = ([[1], [17], [70_003], [1000, 3], [131, 65], [70, 16], [5, 4, 31]] as [TensorShape]).map {
        Tensor<Float>(uniform: -1..<1, shape: $0, using: &generator)
      }
      func results() -> [Tensor<Float>] {
        inputs.flatMap { x in
          [x.sum(), x.max(), x.min()]
            + (0..<x.rank).flatMap { [x.sum(along: $0), x.max(along: $0), x.min(along: $0)] }
        }
      }
      InstructionSet.portable.select()
      let expected = results()
      for variant in InstructionSet.available {
        variant.select()
        #expect(zip(results(), expected).map { $0.isIdentical(to: $1) }.allSatisfy { $0 }, "\(variant)")
      }
    }
  }

  @Test func softmaxInEveryVariant() async {
    await #expect(processExitsWith: .success) {
      var generator = PhiloxGenerator(seed: 24)
      for length in [1, 2, 7, 8, 9, 15, 16, 17, 33, 100] {
        let x = Tensor<Float>(
          normalWithMean: 0, standardDeviation: 4, shape: [37, length], using: &generator)
        let exact = Tensor<Double>(converting: x)
        for variant in InstructionSet.available {
          variant.select()
          #expect(
            Tensor<Double>(converting: x.softmax(along: 1)).isClose(
              to: exact.softmax(along: 1), absoluteTolerance: 1e-30, relativeTolerance: 5e-6),
            "\(length), \(variant)")
          #expect(
            Tensor<Double>(converting: x.logSoftmax(along: 1)).isClose(
              to: exact.logSoftmax(along: 1), absoluteTolerance: 1e-6, relativeTolerance: 1e-6),
            "\(length), \(variant)")
        }
      }
    }
  }

  /// The fused derivatives against their definitions in double precision.
  @Test func derivativesInEveryVariant() async {
    await #expect(processExitsWith: .success) {
      var generator = PhiloxGenerator(seed: 25)
      let x = Tensor<Float>(uniform: -4..<4, shape: [53], using: &generator)
      let g = Tensor<Float>(uniform: -1..<1, shape: [53], using: &generator)
      let (xExact, gExact) = (Tensor<Double>(converting: x), Tensor<Double>(converting: g))
      let kinds: [(ElementwiseDerivative<Float>, ElementwiseDerivative<Double>)] = [
        (.relu, .relu), (.leakyReLU(negativeSlope: 0.25), .leakyReLU(negativeSlope: 0.25)),
        (.hyperbolicTangent, .hyperbolicTangent), (.sigmoid, .sigmoid), (.softplus, .softplus),
      ]
      for variant in InstructionSet.available {
        variant.select()
        for (single, exact) in kinds {
          let result = Tensor<Double>(converting: g.backpropagated(through: single, saved: x))
          #expect(
            result.isClose(
              to: gExact.backpropagated(through: exact, saved: xExact), absoluteTolerance: 1e-6,
              relativeTolerance: 1e-5), "\(single), \(variant)")
        }
      }
    }
  }
}
