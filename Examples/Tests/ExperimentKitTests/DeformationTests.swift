import ExperimentKit
import Foundation
import Tensor
import Testing

@Suite struct SmoothDeformationTests {
  private let spacing = VoxelSpacing(plane: 3, row: 2, column: 1.5)

  /// No voxel of the default cohort folds, also where the velocity is twice as large.
  @Test(arguments: [1.0, 2])
  func theJacobianIsPositiveEverywhere(factor: Double) {
    var settings = CohortSettings()
    settings.velocity *= factor
    for seed in 0..<8 {
      for lengths in [[8, 48, 56], [1, 40, 40], [2, 40, 40], [14, 30, 30]] {
        var generator = PhiloxGenerator(seed: UInt64(seed))
        let deformation = SmoothDeformation(
          lengths, spacing: spacing, settings: settings, using: &generator)
        #expect(deformation.jacobianDeterminants.min().item > 0, "seed \(seed), \(lengths)")
        // It is a change: the mean voxel moves.
        #expect(deformation.jacobianDeterminants.max().item > 1)
      }
    }
  }

  /// Turned, resized and shifted alone: area changes by one over the product of the sizes, and a quarter turn takes the row
  /// axis to the column axis in millimetres.
  @Test func poseIsInMillimetres() {
    let turned = SmoothDeformation.posed(
      [1, 21, 21], spacing: spacing, radians: .pi / 2, sizes: [1, 1], shift: [0, 0])
    // 6 mm up from the center (3 rows) is 6 mm (4 columns) to one side.
    #expect(abs(turned[0, 0, 7, 10, 1] - 10) < 1e-4)
    #expect(abs(turned[0, 0, 7, 10, 2] - 6) < 1e-4)
    let moved = SmoothDeformation.posed(
      [1, 21, 21], spacing: spacing, radians: 0, sizes: [1.25, 0.8], shift: [4, -3])
    // Row 15 is 10 mm below the center; 4 mm of that are the shift; the rest is 6 mm / 1.25 = 4.8 mm of the source.
    #expect(abs(moved[0, 0, 15, 10, 1] - Float(10 + 4.8 / 2)) < 1e-4)
    // Column 10 is at the center; the shift puts it 3 mm to the right, 3 / .8 = 3.75 mm of the source.
    #expect(abs(moved[0, 0, 15, 10, 2] - Float(10 + 3.75 / 1.5)) < 1e-4)
  }

  /// dx/dt = a (x - c) ends after one unit of time at c + e^a (x - c).
  @Test func theFlowOfALinearVelocityIsAnExponential() {
    let (a, center, width) = (0.3, 30.0, 61)
    let velocity = Tensor<Float>(shape: [1, 1, 3, width, 3]) { buffer in
      for index in buffer.indices {
        buffer[index] = index % 3 == 2 ? Float(a * (Double(index / 3 % width) - center)) : 0
      }
    }
    let flow = SmoothDeformation.flow(of: velocity, squarings: 6)
    // Far enough from the border that the path stays inside.
    for column in 12...48 {
      let (moved, place) = (Double(flow[0, 0, 1, column, 2]), Double(column) - center)
      // Of a linear velocity 64 equal parts are (1 + a / 64)^64, which is .3 % short of e^a.
      #expect(abs(moved - (pow(1 + a / 64, 64) - 1) * place) < 1e-3)
      #expect(abs(moved - (exp(a) - 1) * place) <= 3e-3 * (exp(a) - 1) * place.magnitude + 1e-3)
    }
  }

  /// The flow of -v undoes the flow of v.
  @Test func theFlowBackwardsIsTheInverse() {
    var generator = PhiloxGenerator(seed: 5)
    let velocity = SmoothDeformation.velocity(
      [8, 48, 48], spacing: spacing, settings: CohortSettings(), using: &generator)
    let forward = SmoothDeformation.flow(of: velocity, squarings: 6)
    let backward = SmoothDeformation.flow(of: velocity * -1, squarings: 6)
    let back = forward + backward.warped(displacement: forward, border: .edge)
    let moved = forward.magnitude.max().item
    #expect(moved > 2)
    // In the middle, for what left the plane does not come back.
    let inner = back[0..<1, 0..<8, 12..<36, 12..<36]
    #expect(inner.magnitude.max().item < 0.1 * moved)
  }

  /// Across the planes nothing moves at the ends of a slab, and nothing leaves it.
  @Test func aSlabFlowsOntoItself() {
    for seed in 0..<8 {
      var generator = PhiloxGenerator(seed: UInt64(seed))
      let places = SmoothDeformation(
        [8, 40, 40], spacing: spacing, settings: CohortSettings(), using: &generator
      ).coordinates.sliced(along: 4, 0..<1)
      #expect(places.min().item >= 0 && places.max().item <= 7)
      #expect(places[0..<1, 0..<1] == Tensor(zeros: [1, 1, 40, 40, 1]))
      #expect((places[0..<1, 4..<5] - 4).magnitude.max().item > 0.05)
    }
  }
}
