import Tensor
import TestSupport
import Testing

/// Every variant of the kernels against the exact form in double precision. The choice holds for a process,
/// so each runs in a process of its own.
@Suite struct InstructionSetTests {
  @Test func portableVariants() async {
    await #expect(processExitsWith: .success) { KernelChecks.run(.portable) }
  }

  @Test(.enabled(if: InstructionSet.avx2.isAvailable)) func avx2Variants() async {
    await #expect(processExitsWith: .success) { KernelChecks.run(.avx2) }
  }

  @Test(.enabled(if: InstructionSet.avx512.isAvailable)) func avx512Variants() async {
    await #expect(processExitsWith: .success) { KernelChecks.run(.avx512) }
  }
}

enum KernelChecks {
  static func run(_ set: InstructionSet) {
    set.select()
    #expect(InstructionSet.active == set)
    for shape in [[2, 5, 7, 3], [1, 9, 6, 16], [3, 4, 4, 35], [2, 20, 12, 64], [1, 30, 31, 130]] {
      normalization(TensorShape(shape))
      pooling(TensorShape(shape))
    }
  }

  static func normalization(_ shape: TensorShape) {
    let x: Tensor<Float> = Differences.tensor(shape, seed: 3) + 2
    let weight: Tensor<Float> = Differences.tensor([shape[-1]], seed: 4)
    let bias: Tensor<Float> = Differences.tensor([shape[-1]], seed: 5)
    let gradient: Tensor<Float> = Differences.tensor(shape, seed: 6)
    for slope in [Float(0), 0.01, 1] {
      let fast = x.batchNorm(weight: weight, bias: bias, negativeSlope: slope)
      let fastGradients = x.batchNormGradients(
        outputGradient: gradient, weight: weight, bias: bias, statistics: fast.statistics,
        negativeSlope: slope)
      let (wideX, wideWeight) = (Tensor<Double>(converting: x), Tensor<Double>(converting: weight))
      let wideBias = Tensor<Double>(converting: bias)
      let exact = wideX.batchNorm(weight: wideWeight, bias: wideBias, negativeSlope: Double(slope))
      let exactGradients = wideX.batchNormGradients(
        outputGradient: Tensor(converting: gradient), weight: wideWeight, bias: wideBias,
        statistics: exact.statistics, negativeSlope: Double(slope))
      #expect(Differences.relativeDistance(fast.output, exact.output) < 2e-6)
      #expect(Differences.relativeDistance(fastGradients.input, exactGradients.input) < 2e-5)
      #expect(Differences.relativeDistance(fastGradients.weight, exactGradients.weight) < 2e-5)
    }
    let fast = x.layerNorm(weight: weight, bias: bias)
    let exact = Tensor<Double>(converting: x).layerNorm(
      weight: Tensor(converting: weight), bias: Tensor(converting: bias))
    #expect(Differences.relativeDistance(fast.output, exact.output) < 5e-6)
    let fastGradients = x.layerNormGradients(
      outputGradient: gradient, weight: weight, statistics: fast.statistics)
    let exactGradients = Tensor<Double>(converting: x).layerNormGradients(
      outputGradient: Tensor(converting: gradient), weight: Tensor(converting: weight),
      statistics: exact.statistics)
    #expect(Differences.relativeDistance(fastGradients.input, exactGradients.input) < 2e-5)
    #expect(Differences.relativeDistance(fastGradients.bias, exactGradients.bias) < 1e-6)
  }

  static func pooling(_ shape: TensorShape) {
    let x: Tensor<Float> = Differences.tensor(shape, seed: 7)
    for window in [PoolingWindow([2, 2]), PoolingWindow([3, 3], stride: [2, 2], padding: [1, 1])] {
      let fast = x.maxPoolWithSelection(window)
      let exact = Tensor<Double>(converting: x).maxPoolWithSelection(window)
      #expect(Tensor<Double>(converting: fast.output) == exact.output)
      let gradient: Tensor<Float> = Differences.tensor(fast.output.shape, seed: 8)
      let fastBack = Tensor<Float>.maxPoolGradient(
        outputGradient: gradient, selection: fast.selection, inputShape: shape, window: window)
      let exactBack = Tensor<Double>.maxPoolGradient(
        outputGradient: Tensor(converting: gradient), selection: exact.selection, inputShape: shape,
        window: window)
      #expect(Differences.relativeDistance(fastBack, exactBack) < 1e-6)
      let average = x.averagePool(window, divisor: .coveredPixels)
      let exactAverage = Tensor<Double>(converting: x).averagePool(window, divisor: .coveredPixels)
      #expect(Differences.relativeDistance(average, exactAverage) < 1e-6)
    }
  }
}
