import MedIO
import Tensor
import Testing

@Suite struct LabelResamplingTests {
  func labels(_ values: [Int32], _ shape: TensorShape) -> Volume<Int32> {
    Volume(voxels: Tensor(values, shape: shape), affine: .identity)
  }

  @Test func largestShareWins() {
    // Twice as many columns: positions -0.25, 0.25, 0.75, 1.25, 1.75, 2.25.
    let volume = labels([7, 3, 3], [1, 1, 3])
    let change = GridChange.size(of: volume.grid, to: [1, 1, 6])
    #expect(volume.applying(change).voxels.scalars == [7, 7, 3, 3, 3, 3])
  }

  @Test func tiesGoToTheLowestLabel() {
    // Positions 0.5 and 2.5 of four: halfway between two labels each.
    let volume = labels([9, 2, 4, 8], [1, 1, 4])
    let change = GridChange.size(of: volume.grid, to: [1, 1, 2])
    #expect(volume.applying(change).voxels.scalars == [2, 4])
  }

  @Test func manyUnlikeLabelsAddUp() {
    // In the middle of eight voxels, three of label 5 outweigh five others of one vote each.
    let volume = labels([1, 5, 2, 5, 3, 5, 4, 6], [2, 2, 2])
    let change = GridChange.size(of: volume.grid, to: [1, 1, 1])
    #expect(volume.applying(change).voxels.scalars == [5])
  }

  /// The definition, label by label: interpolate each mask with the image's own code, take the largest.
  @Test func isTheArgmaxOfInterpolatedMasks() {
    var state: UInt32 = 7
    let values = (0..<6 * 7 * 8).map { _ -> Int32 in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int32(state >> 30)
    }
    let volume = labels(values, [6, 7, 8])
    let turned = VoxelAffine(rows: [[0.9, -0.3, 0, 1], [0.3, 0.9, 0.1, 0.5], [0, -0.1, 1.1, 0.3]])
    let changes = [
      GridChange.spacing(of: volume.grid, plane: 0.7, row: 1.3, column: 0.55),
      .size(of: volume.grid, to: [4, 9, 11]),
      .resampling(from: volume.grid, to: VolumeGrid(depth: 4, height: 5, width: 6, affine: turned)),
    ]
    for change in changes {
      let masks = (0..<4).map { label in
        volume.with(voxels: Tensor<Float>(values.map { $0 == label ? 1 : 0 }, shape: volume.voxels.shape))
          .applying(change, outside: label == 0 ? 1 : 0).voxels.scalars
      }
      let found = volume.applying(change).voxels.scalars
      let wrong = found.indices.filter { index in
        let best = masks.map { $0[index] }.max() ?? 0
        return masks[Int(found[index])][index] < best - 1e-5
      }
      #expect(wrong.isEmpty, "\(change.result.shape)")
    }
  }

  @Test func nearestTakesWholeVoxels() {
    let volume = labels([7, 3, 5], [1, 1, 3])
    let change = GridChange.size(of: volume.grid, to: [1, 1, 6])
    #expect(volume.applying(change, interpolation: .nearest).voxels.scalars == [7, 7, 3, 3, 5, 5])
  }
}
