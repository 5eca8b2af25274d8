import Foundation
import MedIO
import Tensor
import Testing

/// Files of one's own, without a layout.
@Suite struct VolumeDatasetTests {
  private let scratch = Result { try Scratch() }

  /// A file of 2 x 3 x 4 voxels of 2 mm.
  private func write(
    _ name: String, _ values: [Float] = (0..<24).map(Float.init), shape: TensorShape = [2, 3, 4],
    at place: [Double] = [0, 0, 0]
  ) throws -> URL {
    let url = try scratch.get()[name]
    let affine = VoxelAffine(diagonal: 2, 2, 2, translation: place)
    try NIfTI.write(Volume(voxels: Tensor(values, shape: shape), affine: affine), to: url)
    return url
  }

  private func dataset(
    _ images: [URL], _ labels: URL?, _ agreement: VolumeDataset.GridAgreement = .placesAndLengths
  ) -> VolumeDataset {
    VolumeDataset(
      [VolumeCase(identifier: "a", key: 7, images: images, labels: labels)],
      labelMapping: LabelMapping([0: 0, 5: 1], unlisted: .refused), gridAgreement: agreement)
  }

  @Test func filesOfOnesOwnAreRead() throws {
    let image = try write("image.nii.gz")
    let labels = try write("labels.nii.gz", (0..<24).map { $0 < 6 ? 5 : 0 })
    let prepared = try dataset([image], labels).prepared(at: 0)
    #expect(prepared.image.voxels.scalars == (0..<24).map(Float.init))
    #expect(prepared.labels?.voxels.scalars == (0..<24).map { $0 < 6 ? 1 : 0 })
    #expect(try dataset([image], nil).prepared(at: 0).labels == nil)
    #expect(dataset([image], nil).filtered { $0.key != 7 }.count == 0)
  }

  @Test func modalitiesBecomeFrames() throws {
    let second = (0..<24).map { Float($0) * 10 }
    let images = [try write("one.nii"), try write("two.nii", second)]
    let prepared = try dataset(images, nil).prepared(at: 0)
    #expect(prepared.image.voxels.shape == [2, 2, 3, 4])
    #expect(prepared.image.frame(1).voxels.scalars == second)
    let other = try write("other.nii", shape: [3, 2, 4])
    let error = try #require(throws: MedIOError.self) {
      try dataset([images[0], other], nil).prepared(at: 0)
    }
    #expect(error.code == .gridMismatch && error.path == other.path && error.context.contains("one.nii"))
    let series = try write("series.nii", shape: [2, 1, 3, 4])
    #expect(try code { _ = try dataset([images[0], series], nil).prepared(at: 0) } == .badDimensions)
  }

  @Test(arguments: [(0.0, true), (0.9, true), (1.1, false), (100, false)])
  func placesMayDifferByHalfAVoxel(_ shift: Double, _ agrees: Bool) throws {
    let image = try write("image.nii")
    let labels = try write("labels.nii", [Float](repeating: 0, count: 24), at: [0, shift, 0])
    let found = try code { _ = try dataset([image], labels).prepared(at: 0) }
    #expect(found == (agrees ? nil : .gridMismatch))
    // Labels without a place of their own: the image's holds.
    let prepared = try dataset([image], labels, .lengths).prepared(at: 0)
    #expect(prepared.labels?.affine == prepared.image.affine)
  }

  @Test func whatIsWrongIsNamed() throws {
    let image = try write("image.nii")
    let shape = try write("shape.nii", shape: [2, 4, 3])
    #expect(try code { _ = try dataset([image], shape, .lengths).prepared(at: 0) } == .gridMismatch)
    #expect(try code { _ = try dataset([], nil).prepared(at: 0) } == .missingFile)
    let half = try write("half.nii", [Float](repeating: 0.5, count: 24))
    #expect(try code { _ = try dataset([image], half).prepared(at: 0) } == .unrepresentableValue)
    let none = try scratch.get()["none.nii"]
    #expect(try code { _ = try dataset([image], none).prepared(at: 0) } == .notFound)
    #expect(throws: MedIOError.self) { try dataset([none], nil).element(at: 0) }
  }

  @Test func groupsOfLabelsBecomeClasses() throws {
    let mapping = LabelMapping(merging: [[5], [2, 3]], unlisted: .background)
    #expect(mapping == LabelMapping([0: 0, 5: 1, 2: 2, 3: 2], unlisted: .background))
    #expect(mapping.classCount == 3)
    let classes = try mapping.applied(to: Tensor([0, 2, 3, 5, 7]), path: "labels.nii")
    #expect(classes == Tensor([0, 2, 2, 1, 0]))
  }

  /// Before classes are chosen the labels themselves are looked at; a slice's file holds large ones, too.
  @Test func labelsAreKeptWhenAsked() throws {
    let labels = try write("labels.nii", (0..<24).map { $0 < 6 ? 300 : $0 < 8 ? 5 : -2 })
    let volumes = VolumeDataset(
      [VolumeCase(identifier: "a", key: 7, images: [try write("image.nii")], labels: labels)],
      labelMapping: LabelMapping([5: 1], unlisted: .kept))
    let expected: [Int32] = (0..<24).map { $0 < 6 ? 300 : $0 < 8 ? 1 : -2 }
    #expect(try volumes.prepared(at: 0).labels?.voxels.scalars == expected)
    let slices = try SliceDataset(volumes, cachedIn: try scratch.get()["cache"])
    #expect(try (0..<2).flatMap { try slices.element(at: $0).labels?.scalars ?? [] } == expected)
  }

  /// CHAOS as people convert it by hand.
  @Test func chaosMayBeFlat() throws {
    let scratch = try scratch.get()
    for key in [2, 1] {
      _ = try write("\(key)_image.nii.gz")
      _ = try write("\(key)_label.nii.gz", (0..<24).map { [0, 63, 126, 189, 252][$0 % 5] })
    }
    let dataset = try PaperDataset.chaos.open(scratch.url)
    #expect(dataset.cases.map(\.key) == [1, 2])
    let classes = try #require(try dataset.prepared(at: 0).labels).voxels.scalars
    #expect(classes == (0..<24).map { $0 % 5 })
    try FileManager.default.removeItem(at: scratch["1_image.nii.gz"])
    let error = try #require(throws: MedIOError.self) { try PaperDataset.chaos.open(scratch.url) }
    #expect(error.code == .missingFile && error.path.hasSuffix("1_label.nii.gz"))
  }

  @Test func chaosNeedsOneImageAndOneSegmentation() throws {
    let tree = try DatasetTree(.chaos)
    let url = tree.scratch["MR/1/T2SPIR/other.nii.gz"]
    try FileManager.default.copyItem(at: tree.scratch[tree.image], to: url)
    let error = try #require(throws: MedIOError.self) { try PaperDataset.chaos.open(tree.scratch.url) }
    #expect(error.code == .badLayout && error.path.hasSuffix("MR/1/T2SPIR"))
  }
}
