import Contrastive
import NN
import Tensor
import Testing

/// Pre-training on volumes gives the same bytes at any number of threads: thick slices, masks, views that move, a decoder.
@Suite(.serialized) struct VolumeThreadCountTests {
  @Test func stepsOfVolumetricPretrainingAreEqual() async {
    await #expect(processExitsWith: .success) {
      var method = SuperCL(patchSize: [8, 16, 16], steps: 2, batchSize: 3)
      method.pixelsPerSuperpixel = 5
      var moving = method
      moving.fixedViewGeometry = .mapsWarped(VariedAugmentation())
      moving.furtherIntraLevels = [WeightedLevel(.decoder(1), weight: 0.5)]
      for (name, method) in [("SuperCL in 3-D", method), ("moving views", moving)] {
        expectEqualBytes(name) {
          let images = (0..<4).map {
            PretrainingImage(
              random([11, 19, 17, 1], seed: UInt64($0)), spacing: VoxelSpacing(plane: 3, row: 1, column: 1),
              mask: BinaryMask(random([11, 19, 17], seed: 9) .> -1))
          }
          let task = try PretrainingTask(
            method,
            encoder: .unet3D(
              UNetConfiguration(widths: [3, 4, 6]).pooled(for: VoxelSpacing(plane: 3, row: 1, column: 1))))
          var terms: [Float] = []
          try TrainingLoop(task, on: images).run {
            terms += $0.terms.map { $0.value.isNaN ? 2 : Float($0.value) }
            return .proceed
          }
          return state(of: task.learner) + [Tensor(terms)]
        }
      }
    }
  }
}
