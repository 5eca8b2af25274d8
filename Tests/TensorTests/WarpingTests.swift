import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct WarpingTests {
  let image = counting([1, 2, 3, 1], as: Double.self)

  @Test func samplesByHand() {
    let at = Tensor<Double>(rows: [[0.5, 1], [0, 2.5], [-1, -1], [1, 0.25]]).reshaped(1, 4, 1, 2)
    // Half of pixel 2 is left at column 2.5; far outside there is the constant alone.
    #expect(image.sampled(at: at).scalars == [2.5, 1, 0, 3.25])
    #expect(image.sampled(at: at, border: .constant(10)).scalars == [2.5, 6, 10, 3.25])
    #expect(image.sampled(at: at, border: .edge).scalars == [2.5, 2, 0, 3.25])
    #expect(image.sampled(at: at, border: .reflect).scalars == [2.5, 1.5, 4, 3.25])
    #expect(image.sampled(at: at, interpolation: .nearest, border: .edge).scalars == [4, 2, 0, 3])
  }

  @Test(arguments: [Interpolation.nearest, .linear, .cubicConvolution(), .cubicSpline])
  func shiftsByWholePixels(interpolation: Interpolation) {
    let x = counting([2, 6, 5, 3], as: Double.self)
    let shift = Tensor<Double>(repeating: 1, shape: [1, 6, 5, 2])
    let result = x.warped(displacement: shift, interpolation: interpolation, border: .constant(0))
    let expected = x.cropped(to: [0..<2, 1..<6, 1..<5, 0..<3]).padded(
      [.none, .init(before: 0, after: 1), .init(before: 0, after: 1), .none], border: .constant(0))
    #expect(result.isClose(to: expected, absoluteTolerance: 1e-4))
  }

  @Test func labelsFollowImages() {
    let labels = Tensor<UInt8>([1, 2, 3, 4, 5, 6], shape: [1, 2, 3, 1])
    let displacement = Tensor<Float>([0.4, -0.4], shape: [1, 1, 1, 2]).broadcast(to: [1, 2, 3, 2])
    #expect(labels.warpedNearest(displacement: displacement, border: .edge) == labels)
    #expect(
      labels.warpedNearest(displacement: displacement * 2, border: .constant(9)).scalars == [
        9, 4, 5, 9, 9, 9,
      ])
    let twice = Tensor(concatenating: [labels, labels], along: 0)
    #expect(twice.warpedNearest(displacement: displacement * 2, border: .edge).shape == [2, 2, 3, 1])
  }

  @Test func everyImageHasItsCoordinates() {
    let x = counting([2, 1, 2, 1], as: Float.self)
    let at = Tensor<Float>([0, 0, 0, 1], shape: [2, 1, 1, 2])
    #expect(x.sampled(at: at).scalars == [0, 3])
    #expect(x.sampledNearest(at: at, border: .edge).scalars == [0, 3])
    #expect(x.sampled(at: at[0..<1]).scalars == [0, 2])
  }

  /// A quarter turn about the center is an exact permutation: clockwise for a positive angle.
  @Test func rotatesAQuarter() {
    let x = Tensor<Double>(rows: [[1, 2, 3], [4, 5, 6], [7, 8, 9]]).reshaped(1, 3, 3, 1)
    let turn = AffinePixelMap.rotation(radians: .pi / 2, center: (row: 1, column: 1))
    let expected = Tensor<Double>(rows: [[7, 4, 1], [8, 5, 2], [9, 6, 3]]).reshaped(1, 3, 3, 1)
    let result = x.warped(by: turn, border: .edge)
    #expect(result.isClose(to: expected, absoluteTolerance: 1e-12))
    #expect(x.warpedNearest(by: turn, border: .edge) == expected)
  }

  /// A size factor of 2 enlarges: a block of 2 x 2 becomes 4 x 4.
  @Test func aSizeFactorAboveOneEnlarges() {
    var x = Tensor<Double>(zeros: [1, 8, 8, 1])
    x.replaceBox(at: [0, 3, 3, 0], with: Tensor(ones: [1, 2, 2, 1]))
    let larger = AffinePixelMap.rotation(radians: 0, sizeFactor: 2, center: (row: 3.5, column: 3.5))
    #expect(x.warped(by: larger, interpolation: .nearest).sum().item == 16)
    let smaller = AffinePixelMap.rotation(radians: 0, sizeFactor: 0.5, center: (row: 3.5, column: 3.5))
    #expect(Tensor<Double>(ones: [1, 8, 8, 1]).warped(by: smaller, interpolation: .nearest).sum().item == 16)
  }

  @Test func aNegativeSizeFactorStops() async {
    await #expect(processExitsWith: .failure) {
      _ = AffinePixelMap.rotation(radians: 0, sizeFactor: -1, center: (row: 0, column: 0))
    }
  }

  @Test func mapsCombine() {
    let a = AffinePixelMap(matrix: [[1, 2], [0, 1]], offset: [3, -1])
    let b = AffinePixelMap(matrix: [[0, 1], [2, 0]], offset: [5, 7])
    let p = [1.5, -2.0]
    #expect(a.after(b).position(of: p) == a.position(of: b.position(of: p)))
    #expect(a.position(of: [1, 1]) == [6, 0])
    #expect(AffinePixelMap(matrix: [[2, 0], [0, 2]], center: [3, 4]).position(of: [3, 4]) == [3, 4])
    let scaled = AffinePixelMap(matrix: [[2, 0, 0], [0, 3, 0], [0, 0, 4]], offset: [0, 0, 1])
    let grid: Tensor<Float> = scaled.coordinates(for: [2, 2, 2])
    #expect(grid.shape == [1, 2, 2, 2, 3])
    #expect(grid[[0, 1, 0, 1, 0]] == 2 && grid[[0, 1, 0, 1, 1]] == 0 && grid[[0, 1, 0, 1, 2]] == 5)
  }

  @Test func notANumberAndInfinity() {
    let at = Tensor<Double>(rows: [[.nan, 0], [.infinity, 0], [0, -.infinity], [1e300, 1e300]]).reshaped(
      1, 4, 1, 2)
    let values = image.sampled(at: at, border: .constant(7)).scalars
    #expect(values[0].isNaN && values[1...] == [7, 7, 7])
    #expect(image.sampled(at: at, border: .edge).scalars[3] == 5)
  }

  @Test func elasticFieldsHaveTheStatedSize() {
    var generator = SplitMix64(seed: 3)
    let field = Tensor<Double>(
      elasticDisplacementFor: [300, 300], magnitude: 100, smoothness: 6, using: &generator)
    #expect(field.shape == [1, 300, 300, 2])
    // Away from the border the standard deviation is magnitude / (2 sigma sqrt(3 pi)) = 2.71.
    let inner = field.cropped(to: [0..<1, 24..<276, 24..<276, 0..<2]).scalars
    let deviation = (inner.reduce(0) { $0 + $1 * $1 } / Double(inner.count)).squareRoot()
    #expect(abs(deviation - 2.714) < 0.25, "\(deviation)")
    var again = SplitMix64(seed: 3)
    #expect(
      field == Tensor(elasticDisplacementFor: [300, 300], magnitude: 100, smoothness: 6, using: &again))
  }

  @Test func threadsDoNotChangeTheBits() {
    var generator = SplitMix64(seed: 5)
    let x = ResamplingReference.image([90, 110])
    let field = Tensor<Double>(
      elasticDisplacementFor: [90, 110], magnitude: 90, smoothness: 5, using: &generator)
    let before = ComputeThreads.count
    defer { ComputeThreads.count = before }
    let results = (1...3).map { threads in
      ComputeThreads.count = threads
      return [
        x.warped(displacement: field, interpolation: .cubicSpline),
        x.resized(to: [77, 201]), x.gaussianSmoothed(standardDeviations: [2, 3]),
      ]
    }
    #expect(results[0] == results[1] && results[1] == results[2])
  }

  @Test func shapesThatDoNotFitTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>(zeros: [2, 3, 4, 1]).warped(displacement: Tensor(zeros: [2, 3, 5, 2]))
    }
  }
}
