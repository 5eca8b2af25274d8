import Superpixel
import Tensor
import Testing

/// Labels against real runs of scikit-image, pixel by pixel.
@Suite struct SkimageCompatibleTests {
  @Test func fixturesAreFound() {
    #expect(SkimageFixture.all.count >= 60)
  }

  @Test(arguments: SkimageFixture.all)
  func labelsEqualTheReference(_ fixture: SkimageFixture) throws {
    let result = try fixture.segment(fixture.slic)
    let differing = zip(result.labels.labels.scalars, fixture.expected).count { $0 != $1 }
    #expect(differing == 0)
    #expect(result.count == Set(fixture.expected).subtracting([-1]).count)
  }
}
