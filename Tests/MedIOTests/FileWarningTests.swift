import Foundation
import MedIO
import Tensor
import Testing

/// What a reader noticed reaches whoever uses the result.
@Suite struct FileWarningTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch(inMemory: ()) }

  /// As most ACDC files: an sform of diag(-1, -1, 1), qform and pixdim of the true sizes, both with code 1;
  /// 3 planes of 76 x 61.
  private func cine(_ name: String, _ values: (Int) -> Int16) throws -> URL {
    var file = NIfTIFileBuilder.nifti1()
    for (axis, value) in [3, 61, 76, 3].enumerated() { file.int16(40 + 2 * axis, value) }
    for (axis, size) in [1.3158, 1.3158, 10].enumerated() { file.float(80 + 4 * axis, Float(size)) }
    file.sform(VoxelAffine(diagonal: -1, -1, 1))
    file.qform(quaternion: [0, 0, 1], qfac: 1, offset: [0, 0, 0])
    file.data = (0..<61 * 76 * 3).flatMap { file.ordered(values($0)) }
    return try scratch.file(name, file.bytes)
  }

  private func acdc() throws -> VolumeDataset {
    _ = try cine("patient001_frame01.nii") { Int16($0 % 97) }
    _ = try cine("patient001_frame01_gt.nii") { Int16($0 % 4) }
    return try PaperDataset.acdc.open(scratch.url)
  }

  private let disagreement = MedIOWarning.unusedFormDisagrees(
    sform: [1, 1, 1], pixdim: [Double(Float(1.3158)), Double(Float(1.3158)), 10])

  /// 61 x 1.3158 / 1.25 = 64.2 columns and 80.0 rows: the sizes of pixdim count, and both files say so.
  @Test func acdcTakesPixdimAndSaysSo() throws {
    let volumes = try acdc()
    let prepared = try volumes.prepared(at: 0)
    #expect(prepared.image.voxels.shape == [3, 80, 64])
    #expect(abs(prepared.image.spacing[0] - 10) < 1e-6)
    #expect(
      prepared.warnings.map(\.path)
        == ["patient001_frame01.nii", "patient001_frame01_gt.nii"].map { scratch[$0].path })
    #expect(prepared.warnings.map(\.warning) == [disagreement, disagreement])
    #expect(prepared.labels?.warnings == [disagreement])
    #expect(
      disagreement.description
        == "pixdim [1.3157999515533447, 1.3157999515533447, 10.0] is used; the sform's voxel sizes [1.0, 1.0, 1.0] differ"
    )
    // nibabel's rule by name.
    var affine = volumes
    affine.options.affineSource = .automatic
    let other = try affine.prepared(at: 0)
    #expect(other.image.voxels.shape == [3, 61, 49])
    guard case .spacingDisagrees? = other.warnings.first?.warning else {
      Issue.record("no warning: \(other.warnings)")
      return
    }
  }

  @Test func slicesSayWhatTheirFilesSaidAlsoFromTheCache() throws {
    let volumes = try acdc()
    let fresh = try SliceDataset(volumes, cachedIn: scratch["cache"])
    let cached = try SliceDataset(volumes, cachedIn: scratch["cache"])
    #expect(fresh.warnings == (try volumes.prepared(at: 0).warnings) && fresh.warnings.count == 2)
    #expect(cached.warnings == fresh.warnings)
    let line = try #require(cached.warnings.first?.description)
    #expect(line.hasPrefix("\(scratch["patient001_frame01.nii"].path): pixdim"))
  }

  private func image(_ name: String, trailing: Int = 0, _ values: [Float]? = nil) throws -> URL {
    let volume = Volume(
      voxels: Tensor(values ?? (0..<24).map(Float.init), shape: [2, 3, 4]), affine: .identity)
    try NIfTI.write(volume, to: scratch[name])
    let data = try Data(contentsOf: scratch[name]) + Data(repeating: 0, count: trailing)
    try data.write(to: scratch[name])
    return scratch[name]
  }

  /// Every modality, and the labels: 4, 5 and 6 bytes too many.
  @Test func everyFileOfAScanIsHeard() throws {
    let scan = VolumeCase(
      identifier: "a", key: 0,
      images: [try image("one.nii", trailing: 4), try image("two.nii", trailing: 5)],
      labels: try image("l.nii", trailing: 6, [Float](repeating: 1, count: 24)))
    var volumes = VolumeDataset([scan], labelMapping: LabelMapping(inOrder: [1]))
    let expected = zip(["one.nii", "two.nii", "l.nii"], [4, 5, 6]).map {
      MedIOFileWarning(path: scratch[$0].path, warning: .bytesAfterData($1))
    }
    #expect(try volumes.prepared(at: 0).warnings == expected)
    #expect(try volumes.prepared(at: 0).labels?.warnings == [.bytesAfterData(6)])
    #expect(try SliceDataset(volumes, cachedIn: scratch["cache"]).warnings == expected)
    // Voxels that are not finite, with their number, from the cache too.
    _ = try image("two.nii", (0..<24).map { $0 < 3 ? .nan : Float($0) })
    volumes.options.nonFinite = .keep
    for _ in 0..<2 {
      #expect(
        try SliceDataset(volumes, cachedIn: scratch["cache"]).warnings.map(\.warning)
          == [
            .bytesAfterData(4), .nonFiniteVoxels(count: 3, first: [0, 0, 0], replacement: nil),
            .bytesAfterData(6),
          ])
    }
  }

  /// A replacement is a number of the image: a label that is NaN is an error all the same.
  @Test func labelsAreNotReplaced() throws {
    let scan = VolumeCase(
      identifier: "a", key: 0, images: [try image("one.nii")],
      labels: try image("l.nii", (0..<24).map { $0 < 3 ? .nan : 1 }))
    let volumes = VolumeDataset(
      [scan], labelMapping: LabelMapping(inOrder: [1]), options: .init(nonFinite: .replace(with: 0)))
    #expect(try code { _ = try volumes.prepared(at: 0) } == .unrepresentableValue)
  }

  @Test func labelsOnAGridKnowWhatWasNoticedOfTheGrid() throws {
    let url = try cine("a.nii") { Int16($0 % 5) }
    try (try Data(contentsOf: url) + Data([1, 2])).write(to: url)
    let volume = try NIfTI.read(Float.self, from: url)
    #expect(volume.warnings.count == 2)
    let first = try #require(volume.warnings.first)
    let labels = Volume(labels: LabelMap(Tensor(converting: volume.voxels)), like: volume)
    #expect(labels.warnings == [first] && labels.affineSource == .sform)
    guard case .spacingDisagrees? = labels.warnings.first else {
      Issue.record("no warning: \(labels.warnings)")
      return
    }
  }

  @Test(arguments: [
    MedIOWarning.quaternionRenormalized(squaredLength: .infinity), .repaired(.bitpix, detail: "a \"b\""),
    .pixdimReplaced(axis: 1, value: "nan", used: 1), .shearedAffine, .slopeIsNaN,
    .nonFiniteVoxels(count: 3, first: [1, 2, 3], replacement: -1),
  ])
  func warningsAreKeptAsTheyAre(_ warning: MedIOWarning) throws {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let kept = MedIOFileWarning(path: "/a", warning: warning)
    #expect(try decoder.decode(MedIOFileWarning.self, from: encoder.encode(kept)) == kept)
  }
}
