import Superpixel
import Tensor
import Testing

@Suite struct SuperpixelQualityTests {
  @Test func leakageByHand() {
    // Columns 0-2 and 3 carry labels 0 and 1; superpixels are the halves: the right one leaks 2 of 8 pixels.
    let reference = LabelMap(Tensor(rows: [[0, 0, 0, 1], [0, 0, 0, 1]]))
    let superpixels = LabelMap(Tensor(rows: [[0, 0, 1, 1], [0, 0, 1, 1]]))
    let leakage = SuperpixelQuality.leakage(of: superpixels, against: reference)
    #expect(leakage.superpixels == .init(crossingShare: 0.5, leakedMass: 0.25))
    #expect(leakage.regularGrid == .init(crossingShare: 0.5, leakedMass: 0.25))
  }

  @Test func superpixelsThatFollowTheLabelsBeatTheGrid() throws {
    let reference = LabelMap(
      Tensor(shape: [20, 21]) { buffer in
        for i in buffer.indices { buffer[i] = (i / 21 < 10 ? 0 : 2) + (i % 21 < 10 ? 0 : 1) }
      })
    let result = try SLIC(segmentCount: 9).segment(TestImages.quadrants)
    let leakage = SuperpixelQuality.leakage(of: result.labels, against: reference)
    #expect(leakage.superpixels.leakedMass == 0)
    #expect(leakage.regularGrid.leakedMass > 0)
  }

  @Test func maskedPixelsAreLeftOut() {
    let reference = LabelMap(Tensor(rows: [[0, 1, 1, 1]]))
    let superpixels = LabelMap(Tensor(rows: [[-1, 0, 0, 1]]))
    let leakage = SuperpixelQuality.leakage(of: superpixels, against: reference)
    #expect(leakage.superpixels == .init(crossingShare: 0, leakedMass: 0))
  }
}
