import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct WindowedCropsTests {
  /// Nothing changes but by what a test asks for.
  private func still() -> IntensityChanges {
    var changes = IntensityChanges(
      blurProbability: 0, brightnessProbability: 0, shiftProbability: 0, gammaProbability: 0)
    (changes.noise, changes.contrast) = (0...0, 1...1)
    return changes
  }

  private func generator(_ place: Int = 0) -> PhiloxGenerator {
    RandomKey(seed: 4).at(place: place).generator
  }

  /// Row and column of every pixel, `[H, W, 2]`.
  private func places(_ height: Int, _ width: Int) -> Tensor<Float> {
    Tensor(
      (0..<height * width).flatMap { [Float($0 / width), Float($0 % width)] }, shape: [height, width, 2])
  }

  /// Both crops lie within one window of 1.4 to 1.8 times their side; each has .8 to 1.2 times it.
  @Test func bothCropsLieInOneWindow() {
    let crops = WindowedCrops(size: 32, mirrorProbability: 0, intensities: [still(), still()])
    let image = places(90, 100)
    var spans: [Double] = []
    for place in 0..<40 {
      var generator = generator(place)
      let views = crops(image, using: &generator)
      #expect(views.map(\.shape) == [[32, 32, 2], [32, 32, 2]])
      for axis in 0..<2 {
        let values = views.map { $0.selected(along: 2, at: axis) }
        let (low, high) = (
          values.map { $0.min().item }.min() ?? 0, values.map { $0.max().item }.max() ?? 0
        )
        #expect(Double(high - low) <= 1.8 * 32)
        for value in values { spans.append(Double(value.max().item - value.min().item)) }
      }
    }
    // A crop of n pixels spans n - 1, and a little less or as much once resized.
    #expect(spans.allSatisfy { (0.8 * 32 - 2...1.2 * 32).contains($0) })
    #expect((spans.min() ?? 0) < 27 && (spans.max() ?? 0) > 35)
  }

  @Test func anImageOfTheCropsSizeIsTheCrop() {
    let crops = WindowedCrops(size: 32, scale: 1...1, mirrorProbability: 0, intensities: [still()])
    var generator = generator()
    let image = places(32, 32)
    #expect(crops(image, using: &generator)[0].maximumAbsoluteDifference(to: image) <= 1e-4)
  }

  @Test func bothAxesAreMirroredByTheirChance() {
    let crops = WindowedCrops(size: 32, scale: 1...1, mirrorProbability: 1, intensities: [still()])
    var generator = generator()
    let image = places(32, 32)
    let mirrored = image.flipped(along: [0, 1])
    #expect(crops(image, using: &generator)[0].maximumAbsoluteDifference(to: mirrored) <= 1e-4)
  }

  // MARK: Intensities, by hand

  private func changed(_ values: [Float], _ change: (inout IntensityChanges) -> Void) -> Tensor<Float> {
    var changes = still()
    change(&changes)
    var generator = generator()
    return changes(Tensor(values, shape: [1, values.count, 1]), using: &generator).flattened()
  }

  @Test func withoutChanceNothingChanges() {
    #expect(changed([1, 2, 5]) { _ in }.maximumAbsoluteDifference(to: Tensor([1, 2, 5])) <= 1e-6)
  }

  @Test func brightnessIsAFactor() {
    let result = changed([1, -2, 5]) {
      $0.brightness = 0.5...0.5
      $0.brightnessProbability = 1
    }
    #expect(result.maximumAbsoluteDifference(to: Tensor([0.5, -1, 2.5])) <= 1e-6)
  }

  /// About the mean of 4, but not beyond the values that there were.
  @Test func contrastStretchesAboutTheMeanWithinTheRange() {
    let result = changed([0, 3, 5, 8]) { $0.contrast = 2...2 }
    #expect(result.maximumAbsoluteDifference(to: Tensor([0, 2, 6, 8])) <= 1e-5)
    let less = changed([0, 3, 5, 8]) { $0.contrast = 0.5...0.5 }
    #expect(less.maximumAbsoluteDifference(to: Tensor([2, 3.5, 4.5, 6])) <= 1e-5)
  }

  /// 0, .5, 1 squared are 0, .25, 1; then mean and deviation are those of before.
  @Test func gammaKeepsMeanAndDeviation() {
    let result = changed([2, 4, 6]) {
      $0.gamma = 2...2
      $0.gammaProbability = 1
    }
    let bent: [Double] = [0, 0.25, 1]
    let mean = bent.reduce(0, +) / 3
    let spread = (bent.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 3).squareRoot()
    let expected = bent.map { Float(($0 - mean) / spread * (8.0 / 3).squareRoot() + 4) }
    #expect(result.maximumAbsoluteDifference(to: Tensor(expected)) <= 1e-4)
    let constant = changed([3, 3]) { $0.gammaProbability = 1 }
    #expect(constant == Tensor([3, 3]))
  }

  @Test func noiseHasItsDeviationAndShiftsAreOneNumber() {
    let noisy = changed([Float](repeating: 1, count: 4000)) { $0.noise = 0.5...0.5 }
    #expect(abs(Double(noisy.standardDeviation(along: 0).item) - 0.5) < 0.03)
    let shifted = changed([1, 2, 5]) {
      $0.shift = 3
      $0.shiftProbability = 1
    }
    let move = shifted - Tensor([1, 2, 5])
    #expect(abs(move[0].item) > 1e-3 && move.max().item - move.min().item <= 1e-5)
  }
}
