import Superpixel
import Tensor
import Testing

@Suite struct LabelMapBoundariesTests {
  private let map = LabelMap(Tensor(rows: [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 2, 2]]))

  @Test func theThreeStyles() {
    let inner = Tensor(rows: [
      [false, false, true, false], [false, false, true, false], [true, true, true, true],
    ])
    let outer = Tensor(rows: [
      [false, true, false, false], [true, true, true, true], [false, false, false, false],
    ])
    #expect(map.boundaries(.inner).values == inner)
    #expect(map.boundaries(.outer).values == outer)
    let both = zip(inner.scalars, outer.scalars).map { $0 || $1 }
    #expect(map.boundaries(.thick).values.scalars == both)
  }

  @Test func oneLabelHasNoBoundary() {
    #expect(LabelMap(Tensor(zeros: [3, 3])).boundaries().foregroundCount == 0)
    #expect(LabelMap(Tensor(zeros: [0, 3])).boundaries().foregroundCount == 0)
  }

  @Test func aVolumeHasBoundariesBetweenPlanes() {
    let volume = LabelMap(Tensor([0, 0, 1, 1], shape: [2, 1, 2]))
    #expect(volume.boundaries(.inner).values.scalars == [false, false, true, true])
  }

  @Test func anOverlayDrawsTheBoundaryOverTheImage() {
    let image = Tensor<Float>(rows: [[0, 0, 1, 1], [0, 0, 1, 1], [0.5, 0.5, 0.5, .nan]])
    let overlay = map.overlay(
      on: image, style: .inner, color: RGBAColor(red: 200, green: 100, blue: 0, alpha: 51))
    func pixel(_ y: Int, _ x: Int) -> [UInt8] {
      Array(overlay.scalars[(y * 4 + x) * 4..<(y * 4 + x) * 4 + 4])
    }
    #expect(overlay.shape == [3, 4, 4])
    #expect(pixel(0, 0) == [0, 0, 0, 255])
    #expect(pixel(0, 3) == [255, 255, 255, 255])
    // A fifth of the way from 255 to 200, 100, 0.
    #expect(pixel(0, 2) == [244, 224, 204, 255])
    #expect(pixel(2, 3) == [40, 20, 0, 255])
  }
}
