import Tensor
import TestSupport
import Testing

/// The vectorised kernels that views are made with, against the same in Double, which is plain Swift.
@Suite struct ViewKernelTests {
  /// Philox as a stranger, which the kernels do not know.
  private struct Disguised: RandomNumberGenerator {
    var generator: PhiloxGenerator
    mutating func next() -> UInt64 { generator.next() }
  }

  @Test(arguments: [0, 1, 5]) func theKernelDrawsTheGeneratorsNumbers(_ drawn: UInt64) {
    var known = PhiloxGenerator(seed: 0x1234_5678_9ABC, stream: 3, index: 4)
    known.position = drawn
    var disguised = Disguised(generator: known)
    func field(_ generator: inout some RandomNumberGenerator) -> Tensor<Float> {
      Tensor(
        elasticDisplacementFor: [151, 130], magnitude: 100, smoothness: 0, method: .exact, using: &generator)
    }
    #expect(field(&known) == field(&disguised))
    #expect(known == disguised.generator)
    #expect(known.position == drawn + 151 * 130 * 2)
  }

  /// The recursive filter beside the exact one, on the same random numbers: 500 fields.
  @Test func recursiveDisplacementsAreWithinHalfAPercent() {
    var worst = 0.0
    for draw in 0..<500 {
      var generator = PhiloxGenerator(seed: 7, index: draw)
      let sigma = generator.uniform(in: 14...17)
      var again = generator
      let size = [40 + draw % 7, 33]
      let exact = Tensor<Float>(
        elasticDisplacementFor: size, magnitude: 200, smoothness: sigma, method: .exact, using: &generator)
      let recursive = Tensor<Float>(
        elasticDisplacementFor: size, magnitude: 200, smoothness: sigma, using: &again)
      let largest = Double(Swift.max(exact.max().item, -exact.min().item))
      let difference = recursive - exact
      worst = max(worst, Double(Swift.max(difference.max().item, -difference.min().item)) / largest)
    }
    #expect(worst < 0.005)
    #expect(worst > 1e-6, "the two are one filter")
  }

  @Test(arguments: [[50], [20, 30], [9, 12, 20]]) func smoothingIsTheSameInFloatAndDouble(_ lengths: [Int]) {
    var (first, second) = (PhiloxGenerator(seed: 1), PhiloxGenerator(seed: 1))
    let smoothness = Array([2.5, 1, 4].prefix(lengths.count))
    let floats = Tensor<Float>(
      elasticDisplacementFor: lengths, magnitude: 10, smoothness: smoothness, using: &first)
    let doubles = Tensor<Double>(
      elasticDisplacementFor: lengths, magnitude: 10, smoothness: smoothness, using: &second)
    #expect(Tensor<Double>(converting: floats).isClose(to: doubles, absoluteTolerance: 2e-5))
  }

  @Test(
    arguments: [[13, 17], [6, 7, 9]],
    [Interpolation.linear, .cubicSpline])
  func samplesAreTheSameInFloatAndDouble(_ lengths: [Int], _ interpolation: Interpolation) {
    for channels in [1, 3] {
      var generator = PhiloxGenerator(seed: 5)
      let image = Tensor<Double>(
        normalWithMean: 0, standardDeviation: 1, shape: TensorShape([2] + lengths + [channels]),
        using: &generator)
      // Inside, over the border and far outside; some in the middle of pixels.
      var places = Tensor<Double>(
        uniform: -6..<24,
        shape: TensorShape([2, 30, 11] + (lengths.count == 3 ? [2] : []) + [lengths.count]),
        using: &generator)
      places.withUnsafeMutableBufferPointer { values in
        for index in stride(from: 0, to: values.count, by: 7) { values[index] = values[index].rounded() }
        values[3] = 1e12
        values[8] = -1e12
      }
      for border in [BorderMode<Double>.constant(-2), .reflect, .edge] {
        let single: BorderMode<Float> =
          switch border {
          case .constant: .constant(-2)
          case .reflect: .reflect
          default: .edge
          }
        let expected = image.sampled(at: places, interpolation: interpolation, border: border)
        let value = Tensor<Float>(converting: image).sampled(
          at: Tensor(converting: places), interpolation: interpolation, border: single)
        #expect(Tensor<Double>(converting: value).isClose(to: expected, absoluteTolerance: 2e-5))
      }
    }
  }

  @Test func aPixelWithoutWeightBringsInNoNaN() {
    var image = Tensor<Float>(ones: [1, 6, 6, 1])
    image.withUnsafeMutableBufferPointer { $0[14] = .nan }  // row 2, column 2
    let places = Tensor<Float>([3, 3, 2.5, 2.5, 1, 1, .nan, 1], shape: [1, 4, 1, 2])
    let values = image.sampled(at: places, interpolation: .linear).scalars
    #expect(values[0] == 1 && values[1].isNaN && values[2] == 1 && values[3].isNaN)
  }

  @Test(arguments: [[11, 19], [4, 5, 6]]) func nearestLabelsAreTheSameForBothKindsOfPosition(_ lengths: [Int])
  {
    let count = lengths.reduce(1, *)
    let labels = Tensor<Int32>((0..<Int32(count)).map { $0 }, shape: TensorShape([1] + lengths + [1]))
    var generator = PhiloxGenerator(seed: 9)
    var places = Tensor<Float>(
      uniform: -3..<20, shape: TensorShape([1, 40, 9] + (lengths.count == 3 ? [1] : []) + [lengths.count]),
      using: &generator)
    // Quarters are exact in both types: halves among them show the rounding.
    places = Tensor(places.scalars.map { ($0 * 4).rounded() / 4 }, shape: places.shape)
    let border = BorderMode<Int32>.constant(-1)
    #expect(
      labels.sampledNearest(at: places, border: border)
        == labels.sampledNearest(at: Tensor<Double>(converting: places), border: border))
  }

  @Test(arguments: [[7, 20], [3, 4, 5]]) func positionsAreTheMapOfTheMovedPixels(_ lengths: [Int]) {
    let rank = lengths.count
    let map = AffinePixelMap(
      matrix: (0..<rank).map { row in (0..<rank).map { Double(row * rank + $0) / 4 - 1 } },
      offset: (0..<rank).map { Double($0) - 0.5 })
    var generator = PhiloxGenerator(seed: 2)
    let shape = TensorShape([1] + lengths + [rank])
    let moved = Tensor<Double>(uniform: -2..<2, shape: shape, using: &generator)
    let places: Tensor<Double> = map.coordinates(for: lengths, displacement: moved)
    let floats: Tensor<Float> = map.coordinates(for: lengths, displacement: Tensor(converting: moved))
    #expect(Tensor<Double>(converting: floats).isClose(to: places, absoluteTolerance: 1e-5))
    // The last pixel by hand.
    let last = lengths.map { Double($0 - 1) }
    let shift = Array(moved.scalars.suffix(rank))
    let expected = map.position(of: zip(last, shift).map(+))
    for (value, other) in zip(places.scalars.suffix(rank), expected) { #expect(abs(value - other) < 1e-12) }
    let still: Tensor<Float> = map.coordinates(for: lengths)
    #expect(
      still == map.coordinates(for: lengths, displacement: Tensor(zeros: shape)))
  }
}
