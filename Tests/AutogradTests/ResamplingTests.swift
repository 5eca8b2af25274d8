import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct ResamplingGradientTests {
  static let interpolations: [Interpolation] = [.nearest, .linear, .cubicConvolution(), .cubicSpline]
  static let borders: [BorderMode<Double>] = [.constant(0.7), .edge, .reflect, .symmetric]

  @Test(
    arguments: interpolations + [.area],
    [.halfPixelCenters, .alignedCorners, .cornerOrigin] as [CoordinateConvention])
  func resized(interpolation: Interpolation, coordinates: CoordinateConvention) {
    for (shape, size) in [([2, 3, 5, 2], [7, 2]), ([1, 1, 4, 1], [3, 4]), ([1, 4, 4, 3], [1, 1])]
      as [(TensorShape, [Int])]
    {
      expectGradient(of: "resized", at: [testTensor(shape)]) {
        $0[0].resized(to: size, interpolation: interpolation, coordinates: coordinates)
      }
    }
    expectGradient(of: "resized", at: [testTensor([1, 2, 3, 2, 1])]) {
      $0[0].resized(to: [3, 2, 5], interpolation: interpolation, coordinates: coordinates)
    }
  }

  @Test(arguments: interpolations, borders)
  func resampled(interpolation: Interpolation, border: BorderMode<Double>) {
    expectGradient(of: "resampled", at: [testTensor([2, 5, 3])]) {
      $0[0].resampled(along: 1, to: 9, scale: 0.8, offset: -1.3, interpolation: interpolation, border: border)
    }
  }

  @Test func upsampledNearest() {
    expectGradient(of: "upsampledNearest", at: [testTensor([2, 3, 1, 2])]) { $0[0].upsampledNearest() }
    expectGradient(of: "upsampledNearest", at: [testTensor([1, 2, 1, 3, 1])]) {
      $0[0].upsampledNearest(by: 3)
    }
  }

  @Test(arguments: borders) func gaussianSmoothed(border: BorderMode<Double>) {
    expectGradient(of: "gaussianSmoothed", at: [testTensor([2, 4, 3, 2])]) {
      $0[0].gaussianSmoothed(standardDeviations: [0.7, 1.4], border: border)
    }
    expectGradient(of: "gaussianSmoothed", at: [testTensor([1, 1, 5, 1])]) {
      $0[0].gaussianSmoothed(standardDeviations: [1, 2], radius: .pixels(1), border: border)
    }
  }

  @Test(arguments: interpolations, borders)
  func sampled(interpolation: Interpolation, border: BorderMode<Double>) {
    // Some of the positions lie outside.
    let image = testTensor([2, 3, 4, 2])
    let shared = testTensor([1, 5, 1, 2], seed: 4) * 2 + 1
    expectGradient(of: "sampled", at: [image]) {
      $0[0].sampled(at: shared, interpolation: interpolation, border: border)
    }
    let own = testTensor([2, 2, 3, 2], seed: 5) * 2 + 1
    expectGradient(of: "sampled", at: [image]) {
      $0[0].sampled(at: own, interpolation: interpolation, border: border)
    }
    let inVolume = testTensor([1, 4, 1, 1, 3], seed: 6)
    expectGradient(of: "sampled", at: [testTensor([1, 2, 1, 3, 1])]) {
      $0[0].sampled(at: inVolume, interpolation: interpolation, border: border)
    }
    expectGradient(of: "warped", at: [image]) {
      $0[0].warped(
        displacement: testTensor([1, 3, 4, 2], seed: 5), interpolation: interpolation, border: border)
    }
    expectGradient(of: "warped", at: [image]) {
      $0[0].warped(
        by: .rotation(radians: 0.4, sizeFactor: 1 / 1.2, center: (row: 1, column: 1.5)), to: [2, 5],
        interpolation: interpolation, border: border)
    }
  }
}
