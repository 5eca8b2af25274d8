import Foundation
import Tensor
import Testing

/// The distance of `value` from `exact` in units of the last place of `value`'s type at `exact`.
func ulps(_ value: Float, _ exact: Double) -> Double {
  if value.isNaN || exact.isNaN { return value.isNaN && exact.isNaN ? 0 : .infinity }
  if Double(value) == exact || value == Float(exact) { return 0 }
  return (Double(value) - exact).magnitude / Double(Float(exact).ulp)
}

/// A function of one element under a name, in both precisions.
struct NamedFunction: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let single: @Sendable (Tensor<Float>) -> Tensor<Float>
  let exact: @Sendable (Tensor<Double>) -> Tensor<Double>
  /// The arguments that are sampled.
  let range: ClosedRange<Float>
  /// The largest error that is documented, in units of the last place.
  let ulps: Double
}

@Suite struct ElementaryTests {
  /// Known values: powers and logarithms by definition, the others from Abramowitz and Stegun's tables
  /// (4.5, 7.1, 26.1) to sixteen digits.
  @Test func knownValues() {
    func check(_ result: Tensor<Double>, _ expected: [Double], _ comment: Comment) {
      #expect(
        result.isClose(to: Tensor(expected), absoluteTolerance: 1e-300, relativeTolerance: 4e-16), comment)
    }
    let x = Tensor<Double>([0, 1, -1])
    check(x.exp(), [1, 2.718281828459045, 0.36787944117144233], "exp")
    check(x.expm1(), [0, 1.718281828459045, -0.6321205588285577], "expm1")
    check(Tensor<Double>([1, 2, 10]).log(), [0, 0.6931471805599453, 2.302585092994046], "log")
    check(Tensor<Double>([0, 1, 9]).log1p(), [0, 0.6931471805599453, 2.302585092994046], "log1p")
    check(Tensor<Double>([0, 2, 9]).sqrt(), [0, 1.4142135623730951, 3], "sqrt")
    check(Tensor<Double>([1, 4, -0.5]).reciprocal(), [1, 0.25, -2], "reciprocal")
    check(x.sin(), [0, 0.8414709848078965, -0.8414709848078965], "sin")
    check(x.cos(), [1, 0.5403023058681398, 0.5403023058681398], "cos")
    check(x.tanh(), [0, 0.7615941559557649, -0.7615941559557649], "tanh")
    check(x.sigmoid(), [0.5, 0.7310585786300049, 0.2689414213699951], "sigmoid")
    check(x.erf(), [0, 0.8427007929497149, -0.8427007929497149], "erf")
    check(x.gelu(), [0, 0.8413447460685429, -0.15865525393145707], "gelu")
    check(x.softplus(), [0.6931471805599453, 1.3132616875182228, 0.31326168751822286], "softplus")
    check(x.squared(), [0, 1, 1], "squared")
  }

  @Test func piecewiseFunctions() {
    let x = Tensor<Float>([-2, -0.5, 0, 0.5, 3])
    #expect(x.relu() == Tensor([0, 0, 0, 0.5, 3]))
    #expect(x.leakyReLU(negativeSlope: 0.5) == Tensor([-1, -0.25, 0, 0.5, 3]))
    #expect(x.leakyReLU() == Tensor([-0.02, -0.005, 0, 0.5, 3]))
    #expect(x.magnitude == Tensor([2, 0.5, 0, 0.5, 3]))
    #expect(x.sign() == Tensor([-1, -1, 0, 1, 1]))
    #expect(x.clamped(to: -1...1) == Tensor([-1, -0.5, 0, 0.5, 1]))
    #expect(Tensor<Int32>([-3, 0, 4]).magnitude == Tensor([3, 0, 4]))
    #expect(Tensor<Int32>([-3, 0, 4]).sign() == Tensor([-1, 0, 1]))
    #expect(Tensor<Int32>([-3, 0, 4]).squared() == Tensor([9, 0, 16]))
    #expect(Tensor<Int32>([-3, 0, 4]).clamped(to: -1...2) == Tensor([-1, 0, 2]))
  }

  @Test func smallArgumentsKeepTheirDigits() {
    let x = Tensor<Float>([1e-10, -1e-10])
    #expect(x.expm1() == x && x.log1p() == x && x.sin() == x && x.tanh() == x)
    #expect(
      Tensor<Float>([-20]).sigmoid().isClose(
        to: Tensor([2.0611537e-9]), absoluteTolerance: 0, relativeTolerance: 3e-7))
    #expect(
      Tensor<Float>([-20]).softplus().isClose(
        to: Tensor([2.0611537e-9]), absoluteTolerance: 0, relativeTolerance: 3e-7))
  }

  @Test func endsOfTheRange() {
    let ends = Tensor<Float>([-.infinity, .infinity])
    #expect(ends.exp() == Tensor([0, .infinity]))
    #expect(ends.tanh() == Tensor([-1, 1]))
    #expect(ends.sigmoid() == Tensor([0, 1]))
    #expect(ends.softplus() == Tensor([0, .infinity]))
    #expect(ends.erf() == Tensor([-1, 1]))
    #expect(ends.relu() == Tensor([0, .infinity]))
    #expect(ends.expm1() == Tensor([-1, .infinity]))
    #expect(Tensor<Float>([0, .infinity]).log() == Tensor([-.infinity, .infinity]))
    #expect(Tensor<Float>([-1, .infinity]).log1p() == Tensor([-.infinity, .infinity]))
    #expect(Tensor<Float>([-1e-20, -1, -.infinity]).log().isNaN().all())
    #expect(Tensor<Float>([89, 1000]).exp() == Tensor([.infinity, .infinity]))
    #expect(Tensor<Float>([-104, -1000]).exp() == Tensor([0, 0]))
    #expect(Tensor<Float>([-100, 100]).sigmoid().scalars[1] == 1)
    #expect(Tensor<Float>([-1]).sqrt().isNaN().all())
    #expect(Tensor<Float>([0, -0.0]).reciprocal() == Tensor([.infinity, -.infinity]))
  }

  static let functions: [NamedFunction] = [
    NamedFunction(
      testDescription: "exp", single: { $0.exp() }, exact: { $0.exp() }, range: -87...88, ulps: 2),
    NamedFunction(
      testDescription: "expm1", single: { $0.expm1() }, exact: { $0.expm1() }, range: -20...88, ulps: 2),
    NamedFunction(
      testDescription: "log", single: { $0.log() }, exact: { $0.log() }, range: 1e-30...1e30, ulps: 2),
    NamedFunction(
      testDescription: "log near 1", single: { $0.log() }, exact: { $0.log() }, range: 0.5...2, ulps: 2),
    NamedFunction(
      testDescription: "log1p", single: { $0.log1p() }, exact: { $0.log1p() }, range: -0.99...10, ulps: 2),
    NamedFunction(
      testDescription: "sqrt", single: { $0.sqrt() }, exact: { $0.sqrt() }, range: 0...1e6, ulps: 0.5),
    NamedFunction(
      testDescription: "reciprocal", single: { $0.reciprocal() }, exact: { $0.reciprocal() },
      range: 0.1...100, ulps: 0.5),
    NamedFunction(
      testDescription: "sin", single: { $0.sin() }, exact: { $0.sin() }, range: -100...100, ulps: 1),
    NamedFunction(
      testDescription: "cos", single: { $0.cos() }, exact: { $0.cos() }, range: -100...100, ulps: 1),
    NamedFunction(
      testDescription: "tanh", single: { $0.tanh() }, exact: { $0.tanh() }, range: -10...10, ulps: 3),
    NamedFunction(
      testDescription: "sigmoid", single: { $0.sigmoid() }, exact: { $0.sigmoid() }, range: -80...20, ulps: 3),
    NamedFunction(testDescription: "erf", single: { $0.erf() }, exact: { $0.erf() }, range: -5...5, ulps: 2),
    NamedFunction(
      testDescription: "softplus", single: { $0.softplus() }, exact: { $0.softplus() }, range: -80...50,
      ulps: 4),
  ]

  @Test(arguments: functions) func singlePrecisionIsAsCloseAsDocumented(_ function: NamedFunction) {
    var generator = PhiloxGenerator(seed: 11)
    let x = Tensor<Float>(
      uniform: function.range.lowerBound..<function.range.upperBound, shape: [100_003], using: &generator)
    // A second sample that is dense near 0.
    let arguments =
      x.scalars + x.scalars.prefix(1000).map { $0 * 1e-3 }.filter { function.range.contains($0) }
    let single = function.single(Tensor(arguments)).scalars
    let exact = function.exact(Tensor(arguments.map(Double.init))).scalars
    let worst = zip(single, exact).map { ulps($0, $1) }.max() ?? 0
    #expect(worst <= function.ulps)
  }

  @Test(arguments: functions) func shapesAndTailsDoNotChangeAResult(_ function: NamedFunction) {
    var generator = PhiloxGenerator(seed: 12)
    let x = Tensor<Float>(
      uniform: function.range.lowerBound..<function.range.upperBound, shape: [67], using: &generator)
    let whole = function.single(x)
    for count in [0, 1, 2, 7, 15, 16, 17, 31, 33, 66] {
      #expect(function.single(x[0..<count]).isIdentical(to: whole[0..<count]))
      #expect(function.single(x[count..<67]).isIdentical(to: whole[count..<67]))
    }
  }

  @Test func geluInSinglePrecision() {
    // Left of about -5 the two terms cancel: the error there is absolute.
    var generator = PhiloxGenerator(seed: 13)
    let x = Tensor<Double>(converting: Tensor<Float>(uniform: -8..<8, shape: [10_001], using: &generator))
    let single = Tensor<Double>(converting: Tensor<Float>(converting: x).gelu())
    #expect(single.isClose(to: x.gelu(), absoluteTolerance: 2e-7, relativeTolerance: 3e-7))
  }
}
