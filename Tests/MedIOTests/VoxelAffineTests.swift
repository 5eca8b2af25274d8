import MedIO
import Tensor
import Testing

@Suite struct VoxelAffineTests {
  let oblique = VoxelAffine(rows: [[0, -2, 0, 10], [3, 0, 0.5, -20], [0, 0, 4, 30]])

  @Test func mapsAPointByHand() {
    // x = -2 * 2 + 10, y = 3 * 1 + 0.5 * 4 - 20, z = 4 * 4 + 30
    #expect(oblique.applied(to: [1, 2, 4]) == [6, -15, 46])
  }

  @Test func inverseLeadsBack() {
    let point = oblique.inverse.applied(to: oblique.applied(to: [1, 2, 3]))
    #expect(zip(point, [1, 2, 3]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(oblique.concatenated(with: oblique.inverse).isClose(to: .identity, tolerance: 1e-12))
  }

  @Test func determinantIsTheVolumeOfAVoxelWithItsSign() {
    #expect(oblique.determinant == 24)
    #expect(VoxelAffine(diagonal: -2, 3, 4).determinant == -24)
  }

  @Test func spacingReversesTheVoxelSizes() {
    let affine = VoxelAffine(diagonal: -2, 3, 4)
    #expect(affine.voxelSizes == [2, 3, 4])
    #expect(affine.spacing == VoxelSpacing(plane: 4, row: 3, column: 2))
  }

  @Test(arguments: [
    VoxelAffine(rows: [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0]]), VoxelAffine(diagonal: 0, 1, 1),
    VoxelAffine(diagonal: .nan, 1, 1), VoxelAffine(diagonal: 1, .infinity, 1),
    VoxelAffine(diagonal: 1e300, 1e300, 0), VoxelAffine(diagonal: 1, 1, 1, translation: [0, .nan, 0]),
  ])
  func singularAffinesAreInvalid(_ affine: VoxelAffine) {
    #expect(!affine.isValid)
  }

  @Test func shearIsSeen() {
    #expect(oblique.isSheared)
    #expect(!VoxelAffine(rows: [[0, -2, 0, 10], [3, 0, 0, -20], [0, 0, 4, 30]]).isSheared)
  }
}
