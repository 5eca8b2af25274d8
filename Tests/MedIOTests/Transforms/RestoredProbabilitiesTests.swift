import MedIO
import Tensor
import Testing

@Suite struct RestoredProbabilitiesTests {
  private func image(width: Int) -> Volume<Float> {
    Volume(
      voxels: Tensor(zeros: [1, 1, width]),
      affine: VoxelAffine(diagonal: -1, 1, 1, translation: [7, -3, 2]))
  }

  /// Two voxels of 4 mm at 2 and 6 mm stand for eight of 1 mm at 0.5 ... 7.5. The probability of class 1 goes from .9 to .3:
  /// one half is passed at 2 + 4 (.9 - .5) / .6 = 4.67 mm; of labels that are chosen first the border lies in the middle, at 4.
  @Test func theBorderLiesWhereTheProbabilitiesSay() {
    let prepared = Preprocessing([.grid(.spacing(column: 4))]).applied(to: image(width: 8))
    #expect(prepared.image.voxels.shape == [1, 1, 2])
    let probabilities = Tensor<Float>([0.1, 0.9, 0.7, 0.3], shape: [1, 1, 2, 2])
    let labels = prepared.restoredLabels(ofProbabilities: probabilities)
    #expect(labels.voxels.scalars == [1, 1, 1, 1, 1, 0, 0, 0])
    #expect(labels.grid == image(width: 8).grid)
    let chosen = prepared.restored(LabelMap(probabilities.argmax(along: -1)))
    #expect(chosen.voxels.scalars == [1, 1, 1, 1, 0, 0, 0, 0])
  }

  @Test func ofEqualClassesTheLowestWinsAndOutsideIsBackground() {
    let steps = Preprocessing([.grid(.centered(width: 4)), .grid(.orientation(.ras))])
    let prepared = steps.applied(to: image(width: 8))
    let probabilities = Tensor<Float>(repeating: 0.25, shape: [1, 1, 4, 4])
    #expect(
      prepared.restoredLabels(ofProbabilities: probabilities).voxels.scalars == [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(
      prepared.restoredLabels(ofProbabilities: probabilities, background: 3).voxels.scalars
        == [3, 3, 0, 0, 0, 0, 3, 3])
  }

  /// Where no value is interpolated, the order does not matter; the axis is turned back.
  @Test func exactChangesAgreeWithLabels() {
    let prepared = Preprocessing([.grid(.orientation(.ras))]).applied(to: image(width: 4))
    let probabilities = Tensor<Float>([0.6, 0.4, 0.2, 0.8, 0.5, 0.5, 0.1, 0.9], shape: [1, 1, 4, 2])
    let labels = prepared.restoredLabels(ofProbabilities: probabilities)
    #expect(labels.voxels.scalars == [1, 0, 1, 0])
    #expect(labels.voxels == prepared.restored(LabelMap(probabilities.argmax(along: -1))).voxels)
  }
}
