import Contrastive
import ExampleSupport
import Foundation
import MedIO
import PretrainKit
import RunKit
import Tensor
import Testing

/// What becomes of the voxels on their way to the training.
@Suite struct PreparedSlicesTests {
  private let tiny: TinyRun

  init() throws { tiny = try TinyRun() }

  /// Plane, row and column as digits of one number.
  private static func digits(_ plane: Int, _ row: Int, _ column: Int) -> Float {
    Float(10_000 * plane + 100 * row + column)
  }

  /// A window that only scales: a value is its number over 100,000.
  private func request(_ plane: SlicePlane, _ images: String...) throws -> PretrainRequest {
    var request = tiny.request("MoCo")
    request.images = images.map { tiny.folder.appending(path: $0).path }
    request.intensity = try IntensityRule(argument: "0...100000")
    request.plane = plane
    return request
  }

  /// Height, width, and the voxel at row 1, column 2 of slice 3, in digits: rows and columns run toward the head or the front
  /// and toward the right or the front.
  @Test(arguments: [
    (SlicePlane.axial, 4, [6, 5], 3_01_02), (SlicePlane.coronal, 6, [4, 5], 1_03_02),
    (SlicePlane.sagittal, 5, [4, 6], 1_02_03),
    (SlicePlane.stored, 4, [6, 5], 3_01_02),
  ])
  func volumesAreCutAlongAnyPlane(plane: SlicePlane, count: Int, size: [Int], voxel: Int) throws {
    try tiny.write("a.nii", depth: 4, height: 6, width: 5, value: Self.digits)
    let slices = try tiny.slices(try request(plane, "a.nii"))
    #expect(slices.count == count)
    #expect(slices.sizes.smallest == size && slices.sizes.largest == size)
    let image = try slices.element(at: 3).image
    #expect(image.shape == [size[0], size[1], 1])
    #expect(abs(image[1, 2, 0] - Float(voxel) / 100_000) < 1e-6)
    #expect(try slices.element(at: 3).position == 4.0 / Double(count))
  }

  @Test func slicesOfOneFileShareAVolumeNumberAndFoldersAreReadThrough() throws {
    try tiny.write("folder/b.nii.gz", depth: 2)
    try tiny.write("folder/inner/c.nii", depth: 3)
    try tiny.write("a.nii", depth: 1)
    try Data("text".utf8).write(to: tiny.folder.appending(path: "folder/readme.txt"))
    let slices = try tiny.slices(tiny.request("MoCo", "folder", "a.nii"))
    let volumes = try (0..<slices.count).map { try slices.element(at: $0).volume }
    #expect(volumes == [0, 0, 1, 1, 1, 2])
    #expect(slices.volumeCount == 3)
  }

  /// -160...240: 40 is in the middle; the ends are clamped; NaN is the darkest, an infinity the nearer end.
  @Test func aWindowOfHounsfieldUnitsEndsInZeroToOne() throws {
    let values: [Float] = [-1000, -160, 40, 240, 3000, .nan, .infinity, -.infinity]
    try tiny.write("ct.nii", depth: 1, height: 1, width: 8) { _, _, column in values[column] }
    var request = tiny.request("MoCo", "ct.nii")
    request.intensity = try IntensityRule(argument: "ct-abdomen")
    let slices = try tiny.slices(request)
    #expect(try slices.element(at: 0).image.scalars == [0, 0, 0.5, 1, 1, 0, 1, 0])
    #expect(slices.notes.contains { $0.contains("ct.nii") && $0.contains("3 voxels are not finite") })
    request.nonFinite = .refused
    let failure = try #require(throws: ExampleFailure.self) { try tiny.slices(request) }
    #expect(failure.kind == .data && failure.description.contains("3 voxels"))
  }

  /// 1, 2, 3, 4, 5 beside zeros: mean 3, variance 2; zero itself lands at -3 / sqrt 2, and NaN with it.
  @Test func aZScoreLeavesZerosOutAndPutsNaNAtTheDarkest() throws {
    let values: [Float] = [0, 1, 2, 3, 4, 5, .nan, 0]
    try tiny.write("mr.nii", depth: 1, height: 1, width: 8) { _, _, column in values[column] }
    var request = tiny.request("MoCo", "mr.nii")
    request.intensity = .zScore
    let image = try tiny.slices(request).element(at: 0).image.scalars
    let expected: [Float] = [-3, -2, -1, 0, 1, 2, -3, -3].map { $0 / Float(2).squareRoot() }
    for (found, value) in zip(image, expected) { #expect(abs(found - value) < 1e-6) }
  }

  /// 1...101 beside as many zeros: the percentiles .5 and 99.5 of 101 values are 1.5 and 100.5.
  @Test func mriPercentilesLeaveZerosOut() throws {
    try tiny.write("mr.nii", depth: 1, height: 2, width: 101) { _, row, column in
      row == 0 ? 0 : Float(column + 1)
    }
    var request = tiny.request("MoCo", "mr.nii")
    request.intensity = .mri
    let image = try tiny.slices(request).element(at: 0).image
    #expect(image[0, 50, 0] == 0 && image[1, 0, 0] == 0 && image[1, 100, 0] == 1)
    #expect(abs(image[1, 50, 0] - 0.5) < 1e-6)
    request.intensity = .percentiles
    // Zeros are half of all values now: the 99.5th percentile of 202 is at rank 199.995, 100 of the ramp.
    let all = try tiny.slices(request).element(at: 0).image
    #expect(abs(all[1, 0, 0] - 1 / 99.995) < 1e-4)
  }

  @Test func slicesAreResampledToASpacing() throws {
    // 1 x 2 mm pixels of 70 x 72: at 2 mm, 35 x 72.
    try tiny.write("a.nii", depth: 2)
    var request = tiny.request("MoCo", "a.nii")
    request.spacing = 2
    #expect(try tiny.slices(request).sizes.largest == [72, 35])
  }

  @Test func severalVolumesInAFileAreRefusedOrTakenByChoice() throws {
    let values = (0..<2400).map { (index: Int) -> Float in Float(index % 97 + index / 800 * 1000) }
    let voxels = Tensor<Float>(values, shape: [3, 2, 20, 20])
    try NIfTI.write(
      Volume(voxels: voxels, affine: VoxelAffine(diagonal: 1, 1, 1)),
      to: tiny.folder.appending(path: "4d.nii.gz"))
    var request = try request(.axial, "4d.nii.gz")
    let failure = try #require(throws: ExampleFailure.self) { try tiny.slices(request) }
    #expect(failure.kind == .data)
    #expect(failure.description.contains("4d.nii.gz: holds 3 volumes"))
    #expect(failure.description.contains("--frames first"))
    request.frames = .first
    #expect(try tiny.slices(request).count == 2)
    request.frames = .each
    let slices = try tiny.slices(request)
    #expect(try (0..<slices.count).map { try slices.element(at: $0).volume } == [0, 0, 1, 1, 2, 2])
    #expect(abs(try slices.element(at: 4).image[0, 0, 0] - voxels[2, 0, 0, 0] / 100_000) < 1e-6)
  }

  @Test func nothingToLearnFromIsSaid() throws {
    try tiny.write("flat.nii", depth: 3) { _, _, _ in 4 }
    let failure = try #require(throws: ExampleFailure.self) {
      try tiny.slices(tiny.request("MoCo", "flat.nii"))
    }
    #expect(failure.kind == .data)
    #expect(failure.description == "--images: none of 3 slices of 1 volumes has more than one value")
  }
}
