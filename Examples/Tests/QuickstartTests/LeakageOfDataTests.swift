import Contrastive
import Foundation
import MedIO
import NN
import QuickstartKit
import Tensor
import Testing

/// No voxel of validation or test may reach pre-training or normalisation.
@Suite struct LeakageOfDataTests {
  /// A volume of noise with two labels, and what its parts hold when `change` has been at the voxels outside training.
  private func data(in folder: URL, changingOutsideTraining change: (Float) -> Float) throws -> SliceData {
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
    let affine = VoxelAffine(diagonal: 2, 2, 3)
    let request = RunRequest(
      image: folder.appending(path: "noise.nii"), labels: folder.appending(path: "labels.nii"),
      output: folder.appending(path: "output"))
    try NIfTI.write(Volume(voxels: voxels, affine: affine), to: request.image)
    try NIfTI.write(Volume(voxels: labels, affine: affine), to: request.labels)
    return try SmallRun.data(request)
  }

  @Test func trainingAndWindowDependOnTrainingSlicesAlone() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let plain = try data(in: folder) { $0 }
    let images = plain.pretrainingImages()
    #expect(images.count == plain.split.slices(of: .train).count)
    let (pretraining, labeled) = (
      try all(of: images), try all(of: plain.labeledImages(plain.split.slices(of: .train)))
    )
    for change in [{ $0 * -7 + 123_456 }, { _ in .nan }] as [(Float) -> Float] {
      let other = try data(in: folder, changingOutsideTraining: change)
      #expect(other.split == plain.split)
      #expect(other.window == plain.window)
      let others = try all(of: other.pretrainingImages())
      #expect(
        zip(pretraining, others).allSatisfy {
          $0.image.isIdentical(to: $1.image) && $0.position == $1.position
        })
      let slices = try all(of: other.labeledImages(plain.split.labelledSlices(fraction: 1, seed: 1)))
      #expect(zip(labeled, slices).allSatisfy { $0.image.isIdentical(to: $1.image) })
    }
  }

  private func all<Source: Dataset>(of examples: Source) throws -> [Source.Element] {
    try (0..<examples.count).map { try examples.element(at: $0) }
  }

  /// The position of a slice is its place in the volume, also where only training slices are read.
  @Test func positionsAreThoseOfTheVolume() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = try data(in: folder) { $0 }
    let positions = try all(of: data.pretrainingImages()).map(\.position)
    #expect(positions == data.split.slices(of: .train).map { Double($0 + 1) / 40 })
  }

  @Test func aSliceGoesToThePatchAndBack() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = try data(in: folder) { $0 }
    let classes = try data.labeledImages([3]).element(at: 0).labels
    #expect(classes.shape.dimensions == data.paddedSize)
    let restored = data.restored([3: classes])
    #expect(restored.grid.matches(try NIfTI.readLabels(from: folder.appending(path: "labels.nii")).grid))
    let back = restored.reoriented(to: .ras).voxels
    #expect(back[3] == data.classes[3])
    #expect(back[2] == Tensor(zeros: [24, 20]))
  }

  /// The library's own preparation, step by step: area means of the windowed image, nothing else.
  @Test func aLargeSliceIsWorkedOnAtTheLongestSide() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = RunRequest(
      image: folder.appending(path: "large.nii"), labels: folder.appending(path: "labels.nii"),
      output: folder.appending(path: "output"))
    let shape: TensorShape = [20, 256, 192]
    let affine = VoxelAffine(diagonal: 1, 1, 3)
    let image = Tensor<Float>(shape: shape) { buffer in
      for index in buffer.indices { buffer[index] = Float(index % 192 / 2 % 2 == 0 ? 100 : 300) }
    }
    let labels = Tensor<Int32>(shape: shape) { buffer in
      for index in buffer.indices { buffer[index] = index / 192 % 256 < 128 ? 0 : 7 }
    }
    try NIfTI.write(Volume(voxels: image, affine: affine), to: request.image)
    try NIfTI.write(Volume(voxels: labels, affine: affine), to: request.labels)
    var windowed = request
    windowed.window = 0...400
    let data = try SmallRun.data(windowed)
    #expect(data.workingSize == [128, 96] && data.paddedSize == [128, 96] && data.patch == 128)
    let slice = try data.slices.element(at: 4)
    // Pairs of columns at 100 and 300: a quarter and three quarters of the window.
    let expected = Tensor<Float>(shape: [128, 96, 1]) { buffer in
      for index in buffer.indices { buffer[index] = index % 2 == 0 ? 0.25 : 0.75 }
    }
    #expect((slice.image - expected).magnitude.max().item < 1e-6)
    let classes = Tensor<Int32>(shape: [128, 96]) { buffer in
      for index in buffer.indices { buffer[index] = index / 96 < 64 ? 0 : 1 }
    }
    #expect(slice.labels == classes)
    #expect(data.restored([4: classes]).voxels[4] == data.classes[4])
  }
}
