import Tensor
import Testing

@Suite struct ResizingTests {
  let image = counting([1, 3, 4, 1], as: Float.self)

  /// Reference values of MONAI's `Resize` from 3x4 to 5x6.
  @Test func agreesWithMONAI() {
    func check(_ result: Tensor<Float>, _ columns: [Float], _ rows: [Float], _ name: String) {
      let expected = Tensor(rows: rows.map { row in columns.map { row + $0 } }).reshaped(1, 5, 6, 1)
      #expect(result.isClose(to: expected, absoluteTolerance: 3e-6), "\(name)")
    }
    let size = [5, 6]
    check(
      image.resizedNearest(to: size, coordinates: .cornerOrigin), [0, 0, 1, 2, 2, 3], [0, 0, 4, 4, 8],
      "nearest")
    check(
      image.resized(to: size), [0, 0.5, 1.1666667, 1.8333333, 2.5, 3], [0, 1.6, 4, 6.4, 8], "linear")
    check(
      image.resized(to: size, interpolation: .area), [0, 0.5, 1, 2, 2.5, 3], [0, 2, 4, 6, 8], "area")
    check(
      image.resized(to: size, coordinates: .alignedCorners), [0, 0.6, 1.2, 1.8, 2.4, 3], [0, 2, 4, 6, 8],
      "aligned corners")
  }

  @Test func nearestConventionsOfWholeFactors() {
    let labels = counting([1, 8, 8, 1], as: UInt8.self)
    #expect(labels.resizedNearest(to: [2, 2], coordinates: .cornerOrigin).scalars == [0, 4, 32, 36])
    #expect(labels.resizedNearest(to: [2, 2]).scalars == [18, 22, 50, 54])
    #expect(labels.resizedNearest(to: [2, 2], coordinates: .alignedCorners).scalars == [0, 7, 56, 63])
  }

  @Test(arguments: [Interpolation.nearest, .linear, .area, .cubicConvolution(), .cubicSpline])
  func keepsConstantsAndIdentities(interpolation: Interpolation) {
    let flat = Tensor<Double>(repeating: 3.25, shape: [2, 5, 3, 2])
    for size in [[7, 2], [1, 1], [5, 3], [10, 9]] {
      let result = flat.resized(to: size, interpolation: interpolation)
      #expect(
        result.isClose(
          to: Tensor(repeating: 3.25, shape: [2, size[0], size[1], 2]), absoluteTolerance: 1e-12))
    }
    let x = counting([2, 3, 5, 2], as: Double.self)
    #expect(x.resized(to: [3, 5], interpolation: interpolation) == x)
  }

  /// Linear and cubic formulas are exact on ramps away from the border.
  @Test(arguments: [Interpolation.linear, .cubicConvolution(coefficient: -0.5), .cubicSpline])
  func reproducesRamps(interpolation: Interpolation) {
    let ramp = Tensor<Double>(arange: 0, to: 80).reshaped(1, 80, 1)
    let result = ramp.resampled(along: 1, to: 9, scale: 0.37, offset: 37.1, interpolation: interpolation)
    let expected = Tensor<Double>((0..<9).map { 37.1 + 0.37 * Double($0) }, shape: [1, 9, 1])
    #expect(result.isClose(to: expected, absoluteTolerance: 1e-9))
  }

  @Test func resamplesAtPositions() {
    let x = Tensor<Double>([0, 10, 20], shape: [1, 3, 1])
    #expect(x.resampled(along: 1, to: 3, scale: 0.5, offset: 0.5).scalars == [5, 10, 15])
    #expect(x.resampled(along: 1, to: 3, scale: 2, offset: -1).scalars == [0, 10, 20])
    #expect(
      x.resampled(along: 1, to: 3, scale: 1, offset: 1.5, border: .constant(-4)).scalars == [15, 8, -4])
    let labels = Tensor<Int16>([1, 2, 3], shape: [3])
    #expect(labels.resampledNearest(along: 0, to: 4, scale: 1, offset: -0.5).scalars == [1, 2, 3, 3])
    #expect(
      labels.resampledNearest(along: 0, to: 5, scale: 1, offset: -1, border: .constant(9)).scalars
        == [9, 1, 2, 3, 9])
  }

  @Test func upsamples() {
    let x = counting([1, 2, 2, 1], as: Int32.self)
    #expect(x.upsampledNearest(by: 2).scalars == [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3])
    #expect(x.upsampledNearest(by: 1) == x)
    let v = counting([2, 3, 1, 5, 2], as: Float.self)
    #expect(v.upsampledNearest(by: 3) == v.resizedNearest(to: [9, 3, 15]))
  }

  @Test func pixelsWithoutWeightDoNotCount() {
    let x = Tensor<Float>([1, 2, .nan, 3], shape: [1, 4, 1])
    #expect(x.resampled(along: 1, to: 2, scale: 1, offset: 0).scalars == [1, 2])
  }

  @Test func emptyBatches() {
    let none = Tensor<Float>(zeros: [0, 3, 4, 2])
    #expect(none.resized(to: [5, 6]).shape == [0, 5, 6, 2])
    #expect(none.resizedNearest(to: [5, 6]).shape == [0, 5, 6, 2])
    #expect(image.resized(to: [0, 2]).shape == [1, 0, 2, 1])
  }

  @Test func wrongSizesTrap() async {
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>(zeros: [1, 3, 4, 1]).resized(to: [5]) }
    await #expect(processExitsWith: .failure) {
      _ = Tensor<UInt8>(zeros: [1, 0, 4, 1]).resizedNearest(to: [5, 5])
    }
  }
}
