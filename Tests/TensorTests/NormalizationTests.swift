import Tensor
import TestSupport
import Testing

@Suite struct NormalizationTests {
  // MARK: Worked by hand and reference values

  @Test func batchNormOfTwoValues() {
    // Channel 0 holds 1 and 3: mean 2, variance 1; channel 1 is constant.
    let x = Tensor<Double>(rows: [[1, 5], [3, 5]])
    let (output, statistics) = x.batchNorm(
      weight: Tensor([2, 1]), bias: Tensor([1, 7]), epsilon: 3, negativeSlope: 0.5)
    // 2 (-1 / 2) + 1 = 0, 2 (1 / 2) + 1 = 2; the constant channel is its bias.
    #expect(output == Tensor(rows: [[0, 7], [2, 7]]))
    #expect(statistics.mean == Tensor([2, 5]))
    #expect(statistics.variance == Tensor([1, 0]))
    #expect(statistics.count == 2)
    #expect(x.batchNorm(bias: Tensor([-1, 0]), epsilon: 3, negativeSlope: 0.5).output[0, 0] == -0.75)
    #expect(x.batchNorm(bias: Tensor([-1, 0]), epsilon: 3, negativeSlope: 0).output[0, 0] == 0)
  }

  @Test func evaluationUsesGivenStatistics() {
    let x = Tensor<Double>(rows: [[1, 5], [3, 5]])
    let output = x.batchNorm(
      weight: Tensor([2, 1]), bias: Tensor([0, 1]), mean: Tensor([1, 1]), variance: Tensor([3, 15]),
      epsilon: 1, negativeSlope: 1)
    #expect(output == Tensor(rows: [[0, 2], [2, 2]]))
  }

  enum Kind: CaseIterable {
    case batch, instance, group2, layer

    var reference: NormalizationReference {
      switch self {
      case .batch: .batch
      case .instance: .instance
      case .group2: .group2
      case .layer: .layer
      }
    }

    func forward<Scalar>(
      _ x: Tensor<Scalar>, _ weight: Tensor<Scalar>?, _ bias: Tensor<Scalar>?, slope: Scalar = 0.01
    ) -> (output: Tensor<Scalar>, statistics: NormalizationStatistics<Scalar>) {
      switch self {
      case .batch: x.batchNorm(weight: weight, bias: bias, negativeSlope: slope)
      case .instance: x.instanceNorm(weight: weight, bias: bias, negativeSlope: slope)
      case .group2: x.groupNorm(groupCount: 2, weight: weight, bias: bias, negativeSlope: slope)
      case .layer: x.layerNorm(weight: weight, bias: bias)
      }
    }

    func gradients<Scalar>(
      _ x: Tensor<Scalar>, _ weight: Tensor<Scalar>?, _ bias: Tensor<Scalar>?, _ gradient: Tensor<Scalar>,
      _ statistics: NormalizationStatistics<Scalar>, slope: Scalar = 0.01
    ) -> NormalizationGradients<Scalar> {
      switch self {
      case .batch:
        x.batchNormGradients(
          outputGradient: gradient, weight: weight, bias: bias, statistics: statistics, negativeSlope: slope)
      case .instance, .group2:
        x.groupNormGradients(
          outputGradient: gradient, groupCount: self == .instance ? x.shape[-1] : 2, weight: weight,
          bias: bias, statistics: statistics, negativeSlope: slope)
      case .layer:
        x.layerNormGradients(outputGradient: gradient, weight: weight, statistics: statistics)
      }
    }
  }

  @Test(arguments: Kind.allCases) func agreesWithReference(_ kind: Kind) {
    let (x, weight, bias, gradient) = NormalizationReference.inputs(Double.self)
    let (output, statistics) = kind.forward(x, weight, bias)
    let gradients = kind.gradients(x, weight, bias, gradient, statistics)
    let reference = kind.reference
    #expect(output.isClose(to: Tensor(reference.output, shape: x.shape), absoluteTolerance: 1e-13))
    #expect(gradients.input.isClose(to: Tensor(reference.input, shape: x.shape), absoluteTolerance: 1e-12))
    #expect(gradients.weight.isClose(to: Tensor(reference.weight), absoluteTolerance: 1e-12))
    #expect(gradients.bias.isClose(to: Tensor(reference.bias), absoluteTolerance: 1e-12))
  }

  // MARK: Properties

  /// Shifting and stretching the input changes nothing but through epsilon.
  @Test(arguments: Kind.allCases) func outputIgnoresScaleAndShift(_ kind: Kind) {
    let x: Tensor<Double> = Differences.tensor([2, 3, 5, 4], seed: 1)
    let moved = x * 1000 + 17
    let first = kind.forward(x * 1000, nil, nil).output
    #expect(kind.forward(moved, nil, nil).output.isClose(to: first, absoluteTolerance: 1e-9))
  }

  /// The float path against the exact one, on shapes that no vector width divides.
  @Test(
    arguments: Kind.allCases,
    [
      [2, 2, 1, 4], [1, 1, 1, 2], [3, 7, 5, 6], [2, 9, 11, 34], [1, 33, 17, 64], [5, 1, 1, 130],
      [2, 3, 4, 5, 16],
    ])
  func floatAgreesWithExact(_ kind: Kind, _ shape: [Int]) {
    let shape = TensorShape(shape)
    let x: Tensor<Float> = Differences.tensor(shape, seed: 3) + 2
    let weight: Tensor<Float> = Differences.tensor([shape[-1]], seed: 4)
    let bias: Tensor<Float> = Differences.tensor([shape[-1]], seed: 5)
    let gradient: Tensor<Float> = Differences.tensor(shape, seed: 6)
    let (output, statistics) = kind.forward(x, weight, bias)
    let gradients = kind.gradients(x, weight, bias, gradient, statistics)
    let (exactX, exactWeight) = (Tensor<Double>(converting: x), Tensor<Double>(converting: weight))
    let (exactBias, exactGradient) = (Tensor<Double>(converting: bias), Tensor<Double>(converting: gradient))
    let exact = kind.forward(exactX, exactWeight, exactBias)
    let exactGradients = kind.gradients(exactX, exactWeight, exactBias, exactGradient, exact.statistics)
    #expect(Differences.relativeDistance(statistics.mean, exact.statistics.mean) < 3e-7)
    // One value has variance 0, two close ones lose digits to the shift by 2.
    guard statistics.count > 2 else { return }
    #expect(Differences.relativeDistance(output, exact.output) < 2e-6)
    #expect(Differences.relativeDistance(gradients.input, exactGradients.input) < 2e-5)
    #expect(Differences.relativeDistance(gradients.weight, exactGradients.weight) < 2e-5)
    #expect(Differences.relativeDistance(gradients.bias, exactGradients.bias) < 2e-6)
  }

  @Test(arguments: Kind.allCases, [[2, 3, 3, 4], [1, 5, 2, 2], [4, 1, 1, 6]])
  func gradientsFollowDifferences(_ kind: Kind, _ shape: [Int]) {
    let shape = TensorShape(shape)
    // With one value behind a mean the output is constant, and so are the differences.
    guard kind != .instance || shape[1] > 1 else { return }
    let x: Tensor<Double> = Differences.tensor(shape, seed: 11)
    let weight: Tensor<Double> = Differences.tensor([shape[-1]], seed: 12)
    let bias: Tensor<Double> = Differences.tensor([shape[-1]], seed: 13)
    let cotangent: Tensor<Double> = Differences.tensor(shape, seed: 14)
    let statistics = kind.forward(x, weight, bias).statistics
    let gradients = kind.gradients(x, weight, bias, cotangent, statistics)
    func value(_ x: Tensor<Double>, _ weight: Tensor<Double>, _ bias: Tensor<Double>) -> Double {
      Differences.dot(kind.forward(x, weight, bias).output, cotangent)
    }
    #expect(
      Differences.relativeError(of: gradients.input, at: x, step: 1e-5) { value($0, weight, bias) } < 1e-6)
    #expect(
      Differences.relativeError(of: gradients.weight, at: weight, step: 1e-5) { value(x, $0, bias) } < 1e-6)
    #expect(
      Differences.relativeError(of: gradients.bias, at: bias, step: 1e-5) { value(x, weight, $0) } < 1e-6)
  }

  @Test func evaluationGradientFollowsDifferences() {
    let x: Tensor<Double> = Differences.tensor([2, 3, 3, 2], seed: 21)
    let (weight, bias) = (Tensor<Double>([0.5, -2]), Tensor<Double>([0.1, 0.2]))
    let cotangent: Tensor<Double> = Differences.tensor(x.shape, seed: 22)
    let statistics = NormalizationStatistics<Double>(
      mean: Tensor([0.3, -0.1]), variance: Tensor([0.5, 2]), epsilon: 1e-5, count: 0)
    let gradients = x.batchNormGradients(
      outputGradient: cotangent, weight: weight, bias: bias, statistics: statistics, negativeSlope: 0.01,
      origin: .fixed)
    func value(_ x: Tensor<Double>, _ weight: Tensor<Double>) -> Double {
      Differences.dot(
        x.batchNorm(
          weight: weight, bias: bias, mean: statistics.mean, variance: statistics.variance,
          negativeSlope: 0.01), cotangent)
    }
    #expect(Differences.relativeError(of: gradients.input, at: x, step: 1e-5) { value($0, weight) } < 1e-7)
    #expect(Differences.relativeError(of: gradients.weight, at: weight, step: 1e-5) { value(x, $0) } < 1e-7)
  }

  // MARK: Extremes

  @Test func constantImageGivesBias() {
    let x = Tensor<Float>(repeating: 12345.678, shape: [2, 8, 8, 3])
    let bias = Tensor<Float>([1, 2, 3])
    let (output, statistics) = x.batchNorm(bias: bias)
    #expect(output == Tensor(zeros: x.shape) + bias)
    #expect(statistics.variance == Tensor(zeros: [3]))
  }

  @Test func largeMeanKeepsTheVariance() {
    // 1000 +- 0.5: the mean of squares would lose the variance of 0.25 in single precision.
    let x = Tensor<Float>(shape: [4, 64, 64, 2]) { buffer in
      for index in buffer.indices { buffer[index] = 1000 + (index / 2 % 2 == 0 ? 0.5 : -0.5) }
    }
    let statistics = x.batchNorm().statistics
    #expect(statistics.mean == Tensor([1000, 1000]))
    #expect(statistics.variance.isClose(to: Tensor([0.25, 0.25]), absoluteTolerance: 1e-6))
  }

  @Test func emptyBatchHasNoMean() {
    let (output, statistics) = Tensor<Float>(zeros: [0, 4, 4, 3]).batchNorm()
    #expect(output.shape == [0, 4, 4, 3])
    #expect(statistics.mean.scalars.allSatisfy { $0.isNaN })
    #expect(Tensor<Float>(zeros: [0, 4, 4, 3]).groupNorm(groupCount: 3).statistics.mean.shape == [0, 3])
    #expect(Tensor<Float>(zeros: [2, 0]).layerNorm().output.shape == [2, 0])
  }

  @Test func nanSpreadsOverItsStatisticsOnly() {
    var x = Tensor<Float>(repeating: 1, shape: [2, 4, 4, 2])
    x[0, 0, 0, 1] = .nan
    let output = x.instanceNorm().output
    #expect(output[1] == Tensor(zeros: [4, 4, 2]))
    let first = output[0].reshaped(16, 2)
    #expect((0..<16).allSatisfy { first[$0, 0] == 0 && first[$0, 1].isNaN })
  }

  @Test func layerNormOverTwoAxes() {
    let x: Tensor<Double> = Differences.tensor([3, 4, 5], seed: 31)
    let (output, statistics) = x.layerNorm(axisCount: 2)
    #expect(statistics.mean.shape == [3])
    let flat = x.reshaped(3, 20).layerNorm().output
    #expect(output == flat.reshaped(3, 4, 5))
  }

  @Test func bitsDoNotDependOnThreads() {
    let x: Tensor<Float> = Differences.tensor([3, 31, 29, 40], seed: 41)
    let gradient: Tensor<Float> = Differences.tensor(x.shape, seed: 42)
    let before = ComputeThreads.count
    defer { ComputeThreads.count = before }
    func run(_ kind: Kind) -> [Tensor<Float>] {
      let (output, statistics) = kind.forward(x, nil, nil)
      let gradients = kind.gradients(x, nil, nil, gradient, statistics)
      return [output, statistics.variance, gradients.input, gradients.weight, gradients.bias]
    }
    for kind in Kind.allCases {
      ComputeThreads.count = 1
      let one = run(kind)
      for count in [2, 3] {
        ComputeThreads.count = count
        #expect(zip(one, run(kind)).allSatisfy { $0.isIdentical(to: $1) })
      }
    }
  }

  @Test func parametersThatDoNotFitTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>(zeros: [2, 4, 3]).batchNorm(weight: Tensor([1, 2]))
    }
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>(zeros: [2, 4, 3]).groupNorm(groupCount: 2)
    }
  }
}
