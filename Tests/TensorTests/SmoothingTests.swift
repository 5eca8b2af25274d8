import Tensor
import Testing

@Suite struct SmoothingTests {
  @Test func filtersByHand() {
    let x = Tensor<Double>([0, 0, 1, 0, 0], shape: [1, 5, 1])
    // exp(-1/2) = 0.60653; weights 0.60653 / (1 + 2 * 0.60653) and 1 / 2.21306
    let y = x.gaussianSmoothed(standardDeviations: [1], radius: .pixels(1))
    let expected = Tensor<Double>([0, 0.274069, 0.451863, 0.274069, 0], shape: [1, 5, 1])
    #expect(y.isClose(to: expected, absoluteTolerance: 1e-6))
    #expect(x.gaussianSmoothed(standardDeviations: [0]) == x)
  }

  @Test func keepsConstantsAndSums() {
    let flat = Tensor<Double>(repeating: 2, shape: [1, 4, 3, 2])
    #expect(flat.gaussianSmoothed(standardDeviations: [3, 1]).isClose(to: flat, absoluteTolerance: 1e-12))
    // Symmetric borders lose nothing.
    let x = ResamplingReference.image([6, 5])
    let y = x.gaussianSmoothed(standardDeviations: [1.3, 0.7])
    #expect(abs(x.scalars.reduce(0, +) - y.scalars.reduce(0, +)) < 1e-9)
  }

  @Test func wrongCountsTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>(zeros: [1, 3, 4, 1]).gaussianSmoothed(standardDeviations: [1])
    }
  }
}
