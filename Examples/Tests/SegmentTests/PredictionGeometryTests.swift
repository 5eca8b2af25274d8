import Foundation
import MedIO
import SegmentKit
import Tensor
import Testing

/// A prediction lies on its input, whichever way the file's axes run: a network that finds every bright voxel is shown volumes
/// with a bright corner, and what it finds is looked for at the corner's place in the patient.
@Suite struct PredictionGeometryTests {
  private let folder: ScanFolder

  init() throws { folder = try ScanFolder() }

  /// Affines of scans: the identity, left-handed, axes permuted, planes 5 mm apart, oblique by two angles, oblique and
  /// left-handed, sheared.
  static let affines: [(name: String, affine: VoxelAffine)] = [
    ("identity", VoxelAffine(diagonal: 1, 1, 1)),
    ("left-handed", VoxelAffine(diagonal: -0.8, 0.8, 2, translation: [90, -120, -70])),
    ("permuted", VoxelAffine(rows: [[0, 0, 2, -30], [-1, 0, 0, 10], [0, 1.5, 0, 4]])),
    ("thick", VoxelAffine(diagonal: 0.7, 0.7, 5, translation: [-100, 20, 33])),
    (
      "oblique",
      VoxelAffine(rows: [
        [0.8660254, -0.469846, 0.342020, -40], [0.5, 0.813798, -0.592396, 12], [0, 0.342020, 1.879385, -7],
      ])
    ),
    (
      "oblique and left-handed",
      VoxelAffine(rows: [
        [-0.8660254, -0.469846, 0.342020, -40], [-0.5, 0.813798, -0.592396, 12], [0, 0.342020, 1.879385, -7],
      ])
    ),
    ("sheared", VoxelAffine(rows: [[1, 0.2, 0, 5], [0, 1, 0.1, 6], [0, 0, 1.5, 7]])),
  ]

  /// Bright at the first voxel and the two beside it along i, and one row further: no mirror image looks the same.
  private func marked(_ affine: VoxelAffine, shape: TensorShape) -> Volume<Float> {
    var voxels = Tensor<Float>(repeating: 0.2, shape: shape)
    for place in [[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 1, 0]] { voxels[place[0], place[1], place[2]] = 0.9 }
    var generator = RandomKey(seed: 5).generator
    for _ in 0..<40 {
      let place = shape.dimensions.map { generator.integer(below: $0) }
      voxels[place[0], place[1], place[2]] = 0.8
    }
    return Volume(voxels: voxels, affine: affine)
  }

  @Test(arguments: affines, [2, 3]) func everyVoxelIsFoundWhereItIs(
    scan: (name: String, affine: VoxelAffine), dimensions: Int
  ) throws {
    let image = marked(scan.affine, shape: [9, 21, 14])
    try folder.write(image, "scan.nii.gz")
    try ThresholdModel.write(
      to: folder.file("model.safetensors"), dimensions: dimensions,
      window: dimensions == 2 ? [8, 16] : [8, 8, 16])
    try folder.predict("scan.nii.gz")
    let found = try NIfTI.readLabels(from: folder.file("found/scan-labels.nii.gz"))
    let written = try NIfTI.read(Float.self, from: folder.file("scan.nii.gz"))
    #expect(found.affine == written.affine)
    #expect(
      found.header?.sformCode == written.header?.sformCode
        && found.header?.qformCode == written.header?.qformCode)
    #expect(found.header?.quaternion == written.header?.quaternion)
    let expected = image.voxels.scalars.map { $0 > 0.5 ? 7 : 0 as Int32 }
    #expect(found.voxels.scalars == expected)
    // The corner, in millimetres of the patient.
    let corner = found.affine.applied(to: [0, 0, 0])
    #expect(zip(corner, scan.affine.translation).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(found.voxels[0, 0, 0] == 7)
    let voxels = expected.count { $0 == 7 }
    let milliliters = Double(voxels) * abs(scan.affine.determinant) / 1000
    let row = try #require(folder.table().first)
    #expect(row.contains(#",0,7,"bright, ""very""",\#(voxels),"#), "\(row)")
    #expect(abs((Double(row.split(separator: ",").last ?? "") ?? 0) - milliliters) < 1e-4)
    for plane in ["axial", "coronal", "sagittal"] {
      let picture = try Data(contentsOf: folder.file("found/scan-\(plane).png"))
      #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
  }

  /// A network that sees voxels of 2 mm finds a block of 8 mm where it is, to half of its voxels, on the file's grid.
  @Test(arguments: affines, PredictionResampling.allCases) func whatIsResampledComesBackInPlace(
    scan: (name: String, affine: VoxelAffine), resampling: PredictionResampling
  ) throws {
    let sizes = scan.affine.voxelSizes
    let lengths = [40, 44, 48].enumerated().map {
      Int((Double($0.element) / sizes[2 - $0.offset]).rounded(.up))
    }
    var voxels = Tensor<Float>(zeros: TensorShape(lengths))
    // The block in front of the volume's middle along each axis.
    let block = zip(lengths, [2, 1, 0]).map { length, axis in
      let count = max(2, Int((8 / sizes[axis]).rounded()))
      return length / 3..<length / 3 + count
    }
    voxels.replaceBox(
      at: block.map(\.lowerBound), with: Tensor(repeating: 1, shape: TensorShape(block.map(\.count))))
    try folder.write(Volume(voxels: voxels, affine: scan.affine), "scan.nii")
    try ThresholdModel.write(to: folder.file("model.safetensors"), dimensions: 3, window: [8, 16, 16]) {
      $0["spacing"] = [2, 2, 2]
    }
    try folder.predict("scan.nii", resampling: resampling)
    let found = try NIfTI.readLabels(from: folder.file("found/scan-labels.nii.gz"))
    #expect(found.grid.shape.dimensions == lengths)
    var (sum, count) = ([0.0, 0, 0], 0.0)
    for (index, label) in found.voxels.scalars.enumerated() where label == 7 {
      let place = [index % lengths[2], index / lengths[2] % lengths[1], index / (lengths[1] * lengths[2])]
      sum = zip(sum, found.affine.applied(to: place.map(Double.init))).map { $0 + $1 }
      count += 1
    }
    let middle = block.reversed().map { Double($0.lowerBound + $0.upperBound - 1) / 2 }
    let expected = scan.affine.applied(to: middle)
    let distance = zip(sum, expected).reduce(0) { $0 + ($1.0 / count - $1.1) * ($1.0 / count - $1.1) }
      .squareRoot()
    #expect(distance < 1.2, "\(scan.name): \(distance) mm")
    let volume = block.reduce(1.0) { $0 * Double($1.count) }
    #expect(abs(count / volume - 1) < 0.6)
  }

  @Test func aSeriesIsPredictedVolumeByVolume() throws {
    var frames: [Tensor<Float>] = []
    for frame in 0..<3 {
      var voxels = Tensor<Float>(zeros: [8, 12, 10])
      for index in 0...frame { voxels[frame, 0, index] = 1 }
      frames.append(voxels)
    }
    var series = Volume(voxels: Tensor(stacking: frames), affine: VoxelAffine(diagonal: -2, 2, 2.5))
    try folder.write(series, "time.nii.gz")
    // Seconds between volumes: a field that the labels keep.
    series = try NIfTI.read(Float.self, from: folder.file("time.nii.gz"))
    series.header?.pixdim[4] = 1.25
    try folder.write(series, "time.nii.gz")
    try ThresholdModel.write(to: folder.file("model.safetensors"), dimensions: 2, window: [8, 8])
    try folder.predict("time.nii.gz")
    let found = try NIfTI.read(Int32.self, from: folder.file("found/time-labels.nii.gz"))
    #expect(found.voxels.shape == [3, 8, 12, 10])
    #expect(found.voxels.scalars == series.voxels.scalars.map { $0 > 0.5 ? 7 : 0 as Int32 })
    #expect(found.header?.pixdim[4] == 1.25 && found.affine == series.affine)
    #expect(
      try folder.table().map { $0.split(separator: ",").suffix(2).joined(separator: ",") } == [
        "1,0.01", "2,0.02", "3,0.03",
      ])
  }

  @Test func onePlaneIsEnoughForAPlanarNetwork() throws {
    let image = marked(VoxelAffine(diagonal: 1, 1, 5), shape: [1, 20, 17])
    try folder.write(image, "slice.nii")
    try ThresholdModel.write(to: folder.file("model.safetensors"), dimensions: 2, window: [16, 16])
    try folder.predict("slice.nii")
    let found = try NIfTI.readLabels(from: folder.file("found/slice-labels.nii.gz"))
    #expect(found.voxels.scalars == image.voxels.scalars.map { $0 > 0.5 ? 7 : 0 as Int32 })
  }
}
