import Foundation
import MedIO
import Tensor
import Testing

/// Voxels that are NaN or infinite are met where a file is read, with their number.
@Suite struct NonFiniteVoxelsTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch(inMemory: ()) }

  /// 2 x 3 x 4 voxels 0...23, three of them not finite: the fifth, (0, 1, 0), is the first.
  private static let values: [Float] = (0..<24).map {
    [5: .infinity, 4: .nan, 20: -.infinity][$0] ?? Float($0)
  }

  private func file<Scalar: TensorNumericScalar>(
    _ name: String, _ values: [Scalar], shape: TensorShape = [2, 3, 4], components: Int = 1,
    options: NIfTIWriteOptions = .init()
  ) throws -> URL {
    let volume = Volume(
      voxels: Tensor(values, shape: shape), affine: VoxelAffine(diagonal: 1, 1, 1), componentCount: components
    )
    try NIfTI.write(volume, to: scratch[name], options: options)
    return scratch[name]
  }

  @Test(arguments: ["a.nii", "a.nii.gz", "a.hdr"], [NIfTIByteOrder.littleEndian, .bigEndian])
  func theyStayAndAreCounted(_ name: String, _ order: NIfTIByteOrder) throws {
    let url = try file(name, Self.values, options: .init(byteOrder: order))
    let volume = try NIfTI.read(Float.self, from: url)
    #expect(volume.warnings == [.nonFiniteVoxels(count: 3, first: [0, 1, 0], replacement: nil)])
    #expect(zip(volume.voxels.scalars, Self.values).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
    #expect(
      volume.warnings.first?.description
        == "3 voxels are not finite (NaN or infinite), the first at (i, j, k, ...) = [0, 1, 0]")
    #expect(try NIfTI.read(Double.self, from: url).warnings == volume.warnings)
  }

  @Test(arguments: ["a.nii", "a.nii.gz"]) func theyAreRefusedWithFileAndNumber(_ name: String) throws {
    let url = try file(name, Self.values)
    let error = try #require(throws: MedIOError.self) {
      try NIfTI.read(Float.self, from: url, options: .init(nonFinite: .refuse))
    }
    #expect(error.code == .nonFiniteVoxels(count: 3) && error.path == url.path)
    #expect(error.description.hasPrefix("\(url.path): 3 voxels are not finite"))
    let clean = try file("b.nii", (0..<24).map(Float.init))
    #expect(try NIfTI.read(Float.self, from: clean, options: .init(nonFinite: .refuse)).warnings.isEmpty)
  }

  @Test func aNumberTakesTheirPlace() throws {
    let options = NIfTIReadOptions(nonFinite: .replace(with: -1000))
    let volume = try NIfTI.read(Float.self, from: try file("a.nii", Self.values), options: options)
    #expect(volume.voxels.scalars == Self.values.map { $0.isFinite ? $0 : -1000 })
    #expect(volume.warnings == [.nonFiniteVoxels(count: 3, first: [0, 1, 0], replacement: -1000)])
    // Integers, and labels among them, have no NaN: without a replacement they name the voxel.
    let url = scratch["a.nii"]
    #expect(try code { _ = try NIfTI.readLabels(from: url) } == .unrepresentableValue)
    let labels = try NIfTI.readLabels(from: url, options: .init(nonFinite: .replace(with: 0)))
    #expect(labels.voxels.scalars == Self.values.map { $0.isFinite ? Int32($0) : 0 })
    #expect(labels.warnings == [.nonFiniteVoxels(count: 3, first: [0, 1, 0], replacement: 0)])
  }

  @Test func aValueBeyondTheScalarCounts() throws {
    let url = try file("a.nii", [0, 1e300, 2, 3], shape: [1, 2, 2])
    #expect(try NIfTI.read(Double.self, from: url).warnings.isEmpty)
    #expect(
      try NIfTI.read(Float.self, from: url).warnings
        == [.nonFiniteVoxels(count: 1, first: [1, 0, 0], replacement: nil)])
    #expect(
      try code { _ = try NIfTI.read(Float.self, from: url, options: .init(nonFinite: .refuse)) }
        == .nonFiniteVoxels(count: 1))
  }

  @Test func aVoxelOfTwoComponentsCountsOnce() throws {
    let url = try file("a.nii", [0, 1, .nan, .nan, 2, .nan] as [Float], shape: [1, 1, 3, 2], components: 2)
    #expect(
      try NIfTI.read(Float.self, from: url).warnings
        == [.nonFiniteVoxels(count: 2, first: [1, 0, 0], replacement: nil)])
  }

  @Test func slicesCountAndRefuseTheirOwn() throws {
    let url = try file("a.nii", Self.values)
    let reader = try NIfTISliceReader(url)
    #expect(reader.warnings.isEmpty)
    _ = try reader.slice(Float.self, at: 1)
    #expect(reader.warnings == [.nonFiniteVoxels(count: 1, first: [0, 2, 1], replacement: nil)])
    for plane in [0, 1, 0] { _ = try reader.slice(Float.self, at: plane) }
    #expect(reader.warnings == [.nonFiniteVoxels(count: 3, first: [0, 1, 0], replacement: nil)])
    let strict = try NIfTISliceReader(url, options: .init(nonFinite: .refuse))
    #expect(try code { _ = try strict.slice(Float.self, at: 0) } == .nonFiniteVoxels(count: 2))
    let mended = try NIfTISliceReader(url, options: .init(nonFinite: .replace(with: 7)))
    #expect(try mended.slice(Float.self, at: 1).scalars == [12, 13, 14, 15, 16, 17, 18, 19, 7, 21, 22, 23])
  }

  @Test func aVolumeInMemoryCountsItsOwn() {
    let volume = Volume(
      voxels: Tensor([.nan, 0, 1, 2, .infinity, .nan] as [Float], shape: [1, 1, 3, 2]),
      affine: VoxelAffine(diagonal: 1, 1, 1), componentCount: 2)
    #expect(volume.nonFiniteVoxelCount == 2)
  }

  @Test func aDataSetRefusesThemUnlessToldOtherwise() throws {
    let scan = VolumeCase(
      identifier: "a", key: 0, images: [try file("a.nii", Self.values)],
      labels: try file("l.nii", [UInt8](repeating: 1, count: 24)))
    var volumes = VolumeDataset(
      [scan], labelMapping: LabelMapping(inOrder: [1]), preprocessing: Preprocessing([.intensity(.minMax())]))
    let error = try #require(throws: MedIOError.self) { try volumes.prepared(at: 0) }
    #expect(error.code == .nonFiniteVoxels(count: 3) && error.path == scan.images[0].path)
    #expect(
      try code { _ = try SliceDataset(volumes, cachedIn: scratch["cache"]) } == .nonFiniteVoxels(count: 3))
    volumes.options.nonFinite = .replace(with: 0)
    let prepared = try volumes.prepared(at: 0).image.voxels.scalars
    #expect(prepared == Self.values.map { $0.isFinite ? Float(Double($0) / 23) : 0 })
    #expect(try SliceDataset(volumes, cachedIn: scratch["cache"]).count == 2)
  }
}
