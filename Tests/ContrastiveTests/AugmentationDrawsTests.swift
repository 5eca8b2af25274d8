import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

/// 500 draws of each augmentation beside 500 of the packages that the released code calls: no figure may tell them apart.
@Suite struct AugmentationDrawsTests {
  /// The largest difference that two samples of 500 of one distribution have with a chance of .999 (Kolmogorov, Smirnov).
  private let limit = 1.95 * (2.0 / 500).squareRoot()

  @Test(arguments: [GaussianMethod.recursive, .exact])
  func positionsAreDrawnAsReleased(_ method: GaussianMethod) throws {
    let reference = try AugmentationDraws()
    var augmentation = VariedAugmentation()
    augmentation.mirrorProbability = 0
    augmentation.warpProbability = 1
    augmentation.elastic?.method = method
    augmentation.interpolation = .linear
    var generator = PhiloxGenerator(seed: 1)
    // Its own coordinates: linear interpolation gives the positions back that were read.
    let coordinates = Tensor<Double>(shape: [reference.side, reference.side, 2]) { buffer in
      for index in buffer.indices {
        buffer[index] = Double(index % 2 == 0 ? index / 2 / reference.side : index / 2 % reference.side)
      }
    }
    let draws = (0..<reference.angle.count).map { _ in
      ReadPositions(augmentation(coordinates, using: &generator).image, reach: reference.reach)
    }
    expectAlike(draws.map(\.angle), reference.angle, "angle")
    expectAlike(draws.map(\.size), reference.size, "size")
    expectAlike(draws.map(\.shift), reference.shift, "shift")
    expectAlike(draws.map(\.bending), reference.bending, "bending")
    expectAlike(draws.map(\.roughness), reference.roughness, "roughness")
  }

  @Test func intensitiesAreDrawnAsReleased() throws {
    let (reference, image) = (try AugmentationDraws(), try AugmentationReferences().image(Double.self))
    var generator = PhiloxGenerator(seed: 1)
    let views = reference.mean.map { _ in FixedAugmentation.asReleased(image, using: &generator) }
    let means = views.map { $0.mean().item }
    expectAlike(means, reference.mean, "mean")
    expectAlike(
      zip(views, means).map { view, mean in ((view * view).mean().item - mean * mean).squareRoot() },
      reference.spread, "spread")
  }

  private func expectAlike(_ ours: [Double], _ theirs: [Double], _ name: String) {
    let distance = largestDifference(ours, theirs)
    #expect(distance < limit, "\(name): the shares below a value differ by \(distance)")
  }

  /// The largest difference of the two shares of values that are at most x, over all x.
  private func largestDifference(_ first: [Double], _ second: [Double]) -> Double {
    func share(of values: [Double], upTo limit: Double) -> Double {
      Double(values.count { $0 <= limit }) / Double(values.count)
    }
    // The reference has five digits: what is nearer than that is one value.
    return second.map { abs(share(of: first, upTo: $0 + 1e-5) - share(of: second, upTo: $0 + 1e-5)) }.max()
      ?? 1
  }
}

/// Angle, size, shift and bending of the positions around the middle, as Examples/Interop/fixtures_augmentation.py takes them:
/// an affine map by least squares, and what it leaves.
private struct ReadPositions {
  let angle, size, shift, bending, roughness: Double

  init(_ positions: Tensor<Double>, reach: Int) {
    let middle = positions.shape[0] / 2
    let window = middle - reach..<middle + reach + 1
    let read = positions.cropped(to: [window, window, 0..<2])
    let side = 2 * reach + 1
    let square = (0..<side).reduce(0.0) { $0 + Double(($1 - reach) * ($1 - reach)) } * Double(side)
    var (mean, matrix) = ([0.0, 0], [[0.0, 0], [0, 0]])
    for row in 0..<side {
      for column in 0..<side {
        for axis in 0..<2 {
          let value = read[row, column, axis]
          mean[axis] += value / Double(side * side)
          matrix[axis][0] += value * Double(row - reach) / square
          matrix[axis][1] += value * Double(column - reach) / square
        }
      }
    }
    let rest = Tensor<Double>(shape: [side, side, 2]) { buffer in
      for index in buffer.indices {
        let (row, column, axis) = (index / 2 / side, index / 2 % side, index % 2)
        buffer[index] =
          read[row, column, axis] - mean[axis] - matrix[axis][0] * Double(row - reach)
          - matrix[axis][1] * Double(column - reach)
      }
    }
    let steps = [
      rest.sliced(along: 0, 1..<side) - rest.sliced(along: 0, 0..<side - 1),
      rest.sliced(along: 1, 1..<side) - rest.sliced(along: 1, 0..<side - 1),
    ]
    let energy = (rest * rest).sum().item
    angle = atan2(matrix[1][0] - matrix[0][1], matrix[0][0] + matrix[1][1])
    size = (matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0]).squareRoot()
    shift = mean[0] - Double(middle)
    bending = (energy / Double(rest.elementCount)).squareRoot()
    roughness = (steps.reduce(0) { $0 + ($1 * $1).sum().item } / energy).squareRoot()
  }
}

/// Fixtures/augmentation_draws.json; see PROVENANCE.md there.
private struct AugmentationDraws: Decodable {
  let side, reach: Int
  let angle, size, shift, bending, roughness, mean, spread: [Double]

  init() throws {
    guard
      let url = Bundle.module.url(
        forResource: "augmentation_draws", withExtension: "json", subdirectory: "Fixtures")
    else { throw MissingReference(name: "augmentation_draws.json") }
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
  }
}
