import Contrastive
import Tensor
import TestSupport
import Testing

@Suite struct PatchSamplingTests {
  /// An image whose pixel (r, c) is 100 r + c + 1, and the map with the same values.
  private func ramp(_ height: Int, _ width: Int) -> (Tensor<Float>, Tensor<Int32>) {
    let map = Tensor<Int32>(shape: [height, width]) { buffer in
      for index in buffer.indices { buffer[index] = Int32(100 * (index / width) + index % width + 1) }
    }
    return (Tensor<Float>(converting: map).expanded(at: -1), map)
  }

  @Test(arguments: [(9, 7), (4, 4), (3, 9), (2, 3), (1, 1)])
  func imageAndMapStayInStep(_ height: Int, _ width: Int) {
    let (image, map) = ramp(height, width)
    var generator = SplitMix64(seed: 1)
    for _ in 0..<20 {
      let patch = PatchSampling.random(image, maps: [map], to: [4, 5], using: &generator)
      #expect(patch.image.shape == [4, 5, 1])
      #expect(Tensor<Int32>(converting: patch.image.squeezed(at: 2)) == patch.maps[0])
      // Everything that fits is there: the smaller of both lengths along each axis.
      #expect(patch.maps[0].scalars.count { $0 != 0 } == min(height, 4) * min(width, 5))
    }
  }

  @Test func everyPlaceIsDrawn() {
    let (image, _) = ramp(6, 4)
    var generator = SplitMix64(seed: 1)
    let first = (0..<100).map { _ in
      PatchSampling.random(image, to: [4, 4], using: &generator).image[0, 0, 0]
    }
    #expect(Set(first) == [1, 101, 201])
  }

  /// Three missing rows: one in front, two behind; two columns too many are cropped at random.
  @Test func aSmallImageLiesInTheMiddleByName() {
    let (image, map) = ramp(2, 6)
    var generator = SplitMix64(seed: 1)
    var places: Set<Int32> = []
    for _ in 0..<40 {
      let patch = PatchSampling.random(
        image, maps: [map], to: [5, 4], padding: .centered, using: &generator)
      #expect(Tensor<Int32>(converting: patch.image.squeezed(at: 2)) == patch.maps[0])
      let column: [Int32] = (0..<5).map { patch.maps[0][$0, 0] }
      #expect(column.map { $0 > 0 } == [false, true, true, false, false])
      places.insert(patch.maps[0][1, 0])
    }
    #expect(places == [1, 2, 3])
  }

  @Test func theMiddleIsTheMiddle() {
    let (image, map) = ramp(2, 7)
    let patch = PatchSampling.centered(image, maps: [map], to: [5, 4])
    // Columns 1...4 of 7, rows at 1 and 2 of 5.
    #expect(patch.maps[0][1].scalars == [2, 3, 4, 5] && patch.maps[0][2].scalars == [102, 103, 104, 105])
    #expect(patch.maps[0].scalars.count { $0 != 0 } == 8)
    #expect(Tensor<Int32>(converting: patch.image.squeezed(at: 2)) == patch.maps[0])
  }

  @Test func anImageOfThePatchsSizeStays() {
    let (image, _) = ramp(4, 5)
    var generator = SplitMix64(seed: 1)
    #expect(PatchSampling.random(image, to: [4, 5], using: &generator).image == image)
  }
}
