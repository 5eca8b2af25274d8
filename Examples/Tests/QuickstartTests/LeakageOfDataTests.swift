import Contrastive
import MedIO
import QuickstartKit
import Tensor
import Testing

/// No voxel of validation or test may reach pre-training or normalisation.
@Suite struct LeakageOfDataTests {
  /// A volume of noise with two labels, and what its parts hold when `change` has been at the voxels outside training.
  private func data(changingOutsideTraining change: (Float) -> Float) throws -> SliceData {
    let shape: TensorShape = [40, 24, 20]
    var state: UInt32 = 1
    var voxels = Tensor<Float>(shape: shape) { buffer in
      for index in buffer.indices {
        state = state &* 1_664_525 &+ 1_013_904_223
        buffer[index] = Float(state >> 8) / 16_777_216 * 1000
      }
    }
    let labels = Tensor<Int32>(shape: shape) { buffer in
      for index in buffer.indices { buffer[index] = Int32(index % 3) }
    }
    let split = try #require(
      SlabSplit.dealing(
        voxels: [[Int](repeating: 160, count: 40), [Int](repeating: 160, count: 40)], sliceCount: 40,
        slabLength: 8,
        dropped: 2, minimumVoxels: 300)
    ).split
    let training = Set(split.slices(of: .train))
    for slice in 0..<40 where !training.contains(slice) {
      voxels[slice] = Tensor(voxels[slice].scalars.map(change), shape: [24, 20])
    }
    return try SliceData(
      image: Volume(voxels: voxels, affine: VoxelAffine(diagonal: 2, 2, 3)),
      labels: Volume(voxels: labels, affine: VoxelAffine(diagonal: 2, 2, 3)), classes: nil, window: nil,
      settings: Settings(), name: "noise")
  }

  @Test func trainingAndWindowDependOnTrainingSlicesAlone() throws {
    let plain = try data { $0 }
    let changed = try data { $0 * -7 + 123_456 }
    let broken = try data { _ in .nan }
    for other in [changed, broken] {
      #expect(other.split == plain.split)
      #expect(other.window == plain.window)
      let images = PretrainingStage(data: plain, settings: Settings()).images()
      let others = PretrainingStage(data: other, settings: Settings()).images()
      #expect(images.count == plain.split.slices(of: .train).count)
      #expect(
        zip(images, others).allSatisfy { $0.image.isIdentical(to: $1.image) && $0.position == $1.position })
      for slice in plain.split.labelledSlices(fraction: 1, seed: 1) {
        #expect(plain.slice(slice).image.isIdentical(to: other.slice(slice).image))
      }
    }
  }

  @Test func aSliceGoesToThePatchAndBack() throws {
    let data = try data { $0 }
    let classes = data.slice(3).classes
    #expect(classes.shape.dimensions == data.paddedSize)
    #expect(data.restored(classes) == data.classes[3])
  }
}
