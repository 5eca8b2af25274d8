import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct LocalRegionContrastiveLossTests {
  private func expectReference<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    let versions = [0..<4, 4..<8].map { Variable(methodRows($0, as: type).expanded(at: 0)) }
    let negatives = (0..<4).map { [($0 + 1) % 4, ($0 + 2) % 4] }
    let value = LocalRegionContrastiveLoss()(versions[0], versions[1], negatives: negatives).item
    #expect(
      abs(Double(value) - 16.35487470940341) <= tolerance(of: 16.35487470940341, type), "\(type): \(value)")
  }

  @Test func itIsTheReference() {
    expectReference(Double.self)
    expectReference(Float.self)
  }

  @Test func gradientsAgreeWithFiniteDifferences() {
    let points = [testRows([2, 5, 4]), testRows([2, 5, 4], seed: 8)]
    let result = checkGradient(at: points) {
      LocalRegionContrastiveLoss(temperature: 0.5)($0[0], $0[1], negatives: [[1, 3], [0, 4], [4, 1]])
    }
    #expect(result.passes, "\(result)")
  }

  // MARK: L^D

  /// L^D as its formula reads, pair by pair.
  private func acrossVolumes(
    _ version1: Tensor<Double>, _ version2: Tensor<Double>, parts: Int, negatives: [[Int]],
    temperature: Double
  ) -> Double {
    func row(_ map: Tensor<Double>, _ image: Int, _ place: Int) -> [Double] {
      let values = map[image][place].scalars
      let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return values.map { $0 / length }
    }
    var (sum, count) = (0.0, 0)
    for image in 0..<version1.shape[0] {
      let (group, place) = (image / (3 * parts), image % (3 * parts))
      let twins =
        [(version2, image)]
        + [1, 2].map { (version1, group * 3 * parts + (place + $0 * parts) % (3 * parts)) }
      for (map, twin) in twins {
        for (region, others) in negatives.enumerated() {
          let own = row(version1, image, region)
          func s(_ row: [Double]) -> Double { zip(own, row).reduce(0) { $0 + $1.0 * $1.1 } / temperature }
          let positive = exp(s(row(map, twin, region)))
          let repelled = others.reduce(0) {
            $0 + exp(s(row(version1, image, $1))) + exp(s(row(map, twin, $1)))
          }
          sum -= log(positive / (positive + repelled))
          count += 1
        }
      }
    }
    return sum / Double(count)
  }

  @Test func acrossVolumesItIsItsFormula() {
    let (first, second) = (testRows([12, 5, 3]), testRows([12, 5, 3], seed: 8))
    let negatives = [[1, 3], [0, 4], [4, 1]]
    let loss = LocalRegionContrastiveLoss(temperature: 0.3).acrossVolumes(
      Variable(first), Variable(second), parts: 2, negatives: negatives)
    let expected = acrossVolumes(first, second, parts: 2, negatives: negatives, temperature: 0.3)
    #expect(abs(loss.item - expected) <= 1e-12, "\(loss.item), not \(expected)")
    let float = LocalRegionContrastiveLoss(temperature: 0.3).acrossVolumes(
      Variable(Tensor<Float>(converting: first)), Variable(Tensor<Float>(converting: second)), parts: 2,
      negatives: negatives)
    #expect(abs(Double(float.item) - expected) <= 1e-4)
    // Another number of parts pairs other images.
    let one = LocalRegionContrastiveLoss(temperature: 0.3).acrossVolumes(
      Variable(first), Variable(second), parts: 1, negatives: negatives)
    #expect(abs(one.item - loss.item) > 1e-3)
  }

  @Test func gradientsAcrossVolumesAgreeWithFiniteDifferences() {
    let result = checkGradient(at: [testRows([6, 5, 3]), testRows([6, 5, 3], seed: 8)]) {
      LocalRegionContrastiveLoss(temperature: 0.5).acrossVolumes(
        $0[0], $0[1], parts: 2, negatives: [[1, 3], [0, 4], [4, 1]])
    }
    #expect(result.passes, "\(result)")
  }

  @Test func equalRowsAcrossVolumesCostTheLogarithmOfTheDenominator() {
    let rows = Variable(Tensor<Double>(ones: [12, 17, 2]))
    let negatives = LocalRegions(axes: 2).negatives.map { Array($0.prefix(4)) }
    let loss = LocalRegionContrastiveLoss()
    #expect(abs(loss.acrossVolumes(rows, rows, parts: 4, negatives: negatives).item - log(9)) <= 1e-12)
    let none = Variable(Tensor<Double>(zeros: [0, 17, 2]))
    #expect(loss.acrossVolumes(none, none, parts: 4, negatives: negatives).item == 0)
  }

  @Test func twoVolumesAcrossStop() async {
    await #expect(processExitsWith: .failure) {
      let rows = Variable(testRows([4, 3, 2]))
      _ = LocalRegionContrastiveLoss().acrossVolumes(rows, rows, parts: 2, negatives: [[1]])
    }
  }

  // MARK: L^R

  /// Images do not see one another: the loss of two is the mean of their own.
  @Test func imagesAreApart() {
    let (first, second) = (testRows([2, 5, 4]), testRows([2, 5, 4], seed: 8))
    func loss(_ range: Range<Int>) -> Double {
      LocalRegionContrastiveLoss()(
        Variable(first.sliced(along: 0, range)), Variable(second.sliced(along: 0, range)),
        negatives: [[1, 3], [0, 4]]
      ).item
    }
    #expect(abs(loss(0..<2) - (loss(0..<1) + loss(1..<2)) / 2) <= 1e-12)
    #expect(loss(0..<0) == 0)
  }

  @Test func equalRowsCostTheLogarithmOfTheDenominator() {
    let rows = Variable(Tensor<Double>(ones: [3, 17, 2]))
    let loss = LocalRegionContrastiveLoss()(rows, rows, negatives: LocalRegions(axes: 2).negatives)
    #expect(abs(loss.item - log(11)) <= 1e-12)
  }

  @Test func negativesOutsideThePlacesStop() async {
    await #expect(processExitsWith: .failure) {
      let rows = Variable(testRows([1, 3, 2]))
      _ = LocalRegionContrastiveLoss()(rows, rows, negatives: [[1, 3]])
    }
  }
}

@Suite struct LocalRegionsTests {
  /// A map of 48 pixels a side, as the paper's: m = 44.
  @Test func thirteenRegionsLieWhereTheReleasedCodeHasThem() {
    let regions = LocalRegions(axes: 2)
    #expect(regions.negatives.count == 13 && regions.negatives.allSatisfy { Set($0).count == 5 })
    #expect(regions.negatives.enumerated().allSatisfy { !$0.element.contains($0.offset) })
    let corners = regions.corners(inMapOf: [48, 48])
    #expect(corners[0] == [0, 0] && corners[4] == [22, 22] && corners[8] == [44, 44])
    #expect(corners[9] == [11, 11] && corners[12] == [33, 33])
    // The negatives of the first corner: (0, m/2), (m/4, m/4), (m/4, m/2), (m/2, 0), (m/2, m/4).
    #expect(
      Set(regions.negatives[0].map { corners[$0] }) == [[0, 22], [11, 11], [11, 22], [22, 0], [22, 11]])
    // Of the last: (m/2, 3m/4), (m/2, m), (m, m/2), (3m/4, 3m/4), (3m/4, m/2).
    #expect(
      Set(regions.negatives[8].map { corners[$0] }) == [
        [22, 33], [22, 44], [44, 22], [33, 33], [33, 22],
      ])
  }

  @Test(arguments: [8, 9, 13, 16]) func regionsLieInTheMapAndDiffer(side: Int) {
    for axes in 2...3 {
      let regions = LocalRegions(axes: axes)
      let corners = regions.corners(inMapOf: Array(repeating: side, count: axes))
      #expect(Set(corners).count == corners.count)
      #expect(corners.allSatisfy { $0.allSatisfy { (0...side - LocalRegions.side).contains($0) } })
    }
  }

  @Test func aVolumeHas35RegionsWithTheNearestAsNegatives() {
    let regions = LocalRegions(axes: 3)
    #expect(regions.places.count == 35 && regions.negatives.count == 35)
    // The middle: four of the eight inner ones cannot all be left out.
    let middle = regions.places.firstIndex(of: [2, 2, 2])
    #expect(
      middle.map { regions.negatives[$0].allSatisfy { regions.places[$0].allSatisfy { $0 % 2 == 1 } } }
        == true)
  }
}
