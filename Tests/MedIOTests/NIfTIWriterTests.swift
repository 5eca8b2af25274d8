import Foundation
import MedIO
import Tensor
import Testing

@Suite struct NIfTIWriterTests {
  /// Reads as stored, writes, and compares the files.
  func roundTrip<Scalar: TensorNumericScalar>(_ scalar: Scalar.Type, _ source: URL, _ target: URL) throws {
    let volume = try NIfTI.read(scalar, from: source, values: .stored)
    try NIfTI.write(volume, to: target)
    let again = try NIfTI.read(scalar, from: target, values: .stored)
    let same = volume.voxels.withUnsafeBufferPointer { a in
      again.voxels.withUnsafeBufferPointer { b in
        UnsafeRawBufferPointer(a).elementsEqual(UnsafeRawBufferPointer(b))
      }
    }
    #expect(same)
    #expect(again.affine == volume.affine)
    #expect(again.header?.headerFields == volume.header?.headerFields)
    #expect(again.extensions == volume.extensions)
  }

  @Test(arguments: fixtureNames)
  func realFilesComeBackFieldForField(_ name: String) throws {
    let scratch = try Scratch()
    let source = try fixture(name)
    switch try NIfTI.readInformation(from: source).datatype {
    case .uint8: try roundTrip(UInt8.self, source, scratch[name])
    case .int16: try roundTrip(Int16.self, source, scratch[name])
    case .int32: try roundTrip(Int32.self, source, scratch[name])
    case .float32: try roundTrip(Float.self, source, scratch[name])
    case .float64: try roundTrip(Double.self, source, scratch[name])
    case let other: Issue.record("no case for \(other)")
    }
  }

  @Test func predictionLandsOnTheOriginalGrid() throws {
    let scratch = try Scratch()
    let image = try NIfTI.read(Float.self, from: fixture("anatomical.nii"))
    let labels = LabelMap(Tensor<Int32>(repeating: 3, shape: image.voxels.shape))
    try NIfTI.write(
      Volume(labels: labels, like: image), to: scratch["p.nii.gz"], options: .init(datatype: .uint8))
    let again = try NIfTI.readLabels(from: scratch["p.nii.gz"])
    #expect(again.affine == image.affine)
    #expect(again.labelMap == labels)
    #expect(try NIfTI.readInformation(from: scratch["p.nii.gz"]).datatype == .uint8)
    #expect(scratch.names == ["p.nii.gz"])
  }

  // MARK: Versions and lengths

  private let small = Volume<Float>(
    voxels: Tensor((0..<24).map(Float.init), shape: [2, 3, 4]), affine: VoxelAffine(diagonal: 2, 3, 4))

  @Test func lengthsBeyond16BitsTakeTheSecondVersion() throws {
    let scratch = try Scratch()
    let long = Volume<UInt8>(voxels: Tensor(repeating: 7, shape: [1, 1, 40_000]), affine: .identity)
    try NIfTI.write(long, to: scratch["a.nii"])
    let again = try NIfTI.read(UInt8.self, from: scratch["a.nii"])
    #expect(again.header?.version == .nifti2 && again.voxels == long.voxels)
    let error = try code {
      try NIfTI.write(long, to: scratch["b.nii"], options: .init(version: .nifti1))
    }
    #expect(error == .badDimensions)
    #expect(scratch.names == ["a.nii"])
  }

  @Test(arguments: NIfTIHeader.Version.allCases) func seriesOfUpToSevenAxesComeBack(
    _ version: NIfTIHeader.Version
  ) throws {
    let scratch = try Scratch()
    for shape in [[2, 1, 3, 4, 5], [2, 1, 2, 1, 3, 4, 5]] as [TensorShape] {
      let values = (0..<shape.elementCount).map(Double.init)
      let volume = Volume<Double>(voxels: Tensor(values, shape: shape), affine: .identity)
      try NIfTI.write(
        volume, to: scratch["a.nii.gz"], options: .init(version: version, byteOrder: .bigEndian))
      let again = try NIfTI.read(Double.self, from: scratch["a.nii.gz"])
      #expect(again.voxels == volume.voxels && again.header?.version == version)
      #expect(again.frameCount == shape.elementCount / 60 && again.frame(1).voxels == volume.frame(1).voxels)
      let reader = try NIfTISliceReader(scratch["a.nii.gz"])
      #expect(try reader.slice(Double.self, at: 2, frame: 1) == volume.frame(1).voxels[2])
    }
    let eight = Volume<UInt8>(voxels: Tensor(zeros: [1, 1, 1, 1, 1, 1, 1, 1]), affine: .identity)
    #expect(try code { try NIfTI.write(eight, to: scratch["b.nii"]) } == .badDimensions)
  }

  @Test func versionsConvert() throws {
    let scratch = try Scratch()
    var volume = try NIfTI.read(Float.self, from: fixture("anatomical.nii"))
    volume.header?.descrip = "a scan"
    try NIfTI.write(volume, to: scratch["a.nii"], options: .init(version: .nifti2, byteOrder: .littleEndian))
    let second = try NIfTI.read(Float.self, from: scratch["a.nii"])
    #expect(second.header?.version == .nifti2 && second.header?.descrip == "a scan")
    #expect(second.affine == volume.affine && second.voxels == volume.voxels)
    try NIfTI.write(second, to: scratch["b.nii"], options: .init(version: .nifti1))
    let first = try NIfTI.read(Float.self, from: scratch["b.nii"])
    #expect(
      first.header?.version == .nifti1 && first.affine == volume.affine && first.voxels == volume.voxels)
  }

  /// Integers would wrap around, and numbers become infinite, in silence.
  @Test func fieldsThatTheVersionCannotHoldAreAnError() throws {
    let scratch = try Scratch()
    let changes: [(String, (inout NIfTIHeader) -> Void)] = [
      ("intent_code", { $0.intentCode = 70_000 }), ("slice_end", { $0.sliceEnd = 1 << 20 }),
      ("sform_code", { $0.sformCode = 1 << 16 | 2 }), ("intent_p", { $0.intentParameters[1] = 1e300 }),
      ("cal_min", { $0.calMax = -1e39 }),
    ]
    try NIfTI.write(small, to: scratch["b.nii"], options: .init(version: .nifti2))
    let whole = try NIfTI.read(Float.self, from: scratch["b.nii"])
    try NIfTI.write(whole, to: scratch["b.nii"], options: .init(version: .nifti1))
    for (name, change) in changes {
      var volume = whole
      var header = try #require(whole.header)
      change(&header)
      volume.header = header
      let error = try #require(throws: MedIOError.self) {
        try NIfTI.write(volume, to: scratch["a.nii"], options: .init(version: .nifti1))
      }
      #expect(error.code == .writeFailed && error.context.contains(name))
      try NIfTI.write(volume, to: scratch["b.nii"])
    }
    #expect(scratch.names == ["b.nii"])
  }

  // MARK: Values

  @Test func valuesThatTheTypeDoesNotHaveAreAnErrorAndTheOldFileStays() throws {
    let scratch = try Scratch()
    for name in ["a.nii", "a.nii.gz", "b.hdr"] {
      try NIfTI.write(small, to: scratch[name])
      let before = try Data(contentsOf: scratch[name])
      for (value, datatype) in [
        (Float(256), NIfTIDatatype.uint8), (-1, .uint16), (0.5, .int32), (.nan, .int16), (3e9, .int32),
      ] {
        var voxels = small.voxels
        voxels.withUnsafeMutableBufferPointer { $0[23] = value }
        let error = try #require(throws: MedIOError.self) {
          try NIfTI.write(small.with(voxels: voxels), to: scratch[name], options: .init(datatype: datatype))
        }
        #expect(error.code == .unrepresentableValue && error.context.contains("\(value)"))
        #expect(try Data(contentsOf: scratch[name]) == before)
      }
    }
    #expect(scratch.names == ["a.nii", "a.nii.gz", "b.hdr", "b.img"])
    try NIfTI.write(small, to: scratch["c.nii"], options: .init(datatype: .uint8))
    #expect(try NIfTI.read(Float.self, from: scratch["c.nii"]).voxels == small.voxels)
  }

  @Test func componentsNeedATypeThatHasThem() throws {
    let scratch = try Scratch()
    let five = Volume<UInt8>(voxels: Tensor(zeros: [1, 1, 1, 5]), affine: .identity, componentCount: 5)
    #expect(try code { try NIfTI.write(five, to: scratch["a.nii"]) } == .unsupportedDatatype)
    let error = try code { try NIfTI.write(small, to: scratch["a.nii"], options: .init(datatype: .rgb24)) }
    #expect(error == .unsupportedDatatype)
  }

  // MARK: Atomicity

  @Test func whatCannotBeWrittenIsSaid() throws {
    let scratch = try Scratch()
    #expect(try code { try NIfTI.write(small, to: scratch["none/a.nii"]) } == .writeFailed)
    #expect(try code { try NIfTI.write(small, to: scratch.url) } == .writeFailed)
    #expect(try code { try NIfTI.write(small, to: URL(fileURLWithPath: "/dev/null")) } == .writeFailed)
    let file = try scratch.file("b.nii", [1, 2, 3])
    #expect(try code { try NIfTI.write(small, to: file.appendingPathComponent("c.nii")) } == .writeFailed)
    #expect(try Data(contentsOf: file) == Data([1, 2, 3]))
    // A name that the system takes, but not with the ending of the temporary file.
    let name = String(repeating: "n", count: 240) + ".nii"
    let long = try code { try NIfTI.write(small, to: scratch[name]) }
    #expect(long == nil || long == .writeFailed)
    #expect(scratch.names.allSatisfy { !$0.hasPrefix(".") })
  }

  /// A device that is always full stands in for a full disk.
  @Test func aFullDiskIsSaid() throws {
    let scratch = try Scratch()
    try FileManager.default.createSymbolicLink(
      atPath: scratch["full.nii"].path, withDestinationPath: "/dev/full")
    #expect(try code { try NIfTI.write(small, to: scratch["full.nii"]) } == .writeFailed)
  }

  @Test func aPairThatCannotBeWrittenWholeStaysAsItWas() throws {
    let scratch = try Scratch()
    try NIfTI.write(small, to: scratch["a.hdr"])
    let before = try Data(contentsOf: scratch["a.img"])
    // The header's place is taken by a folder: neither file may change.
    try FileManager.default.removeItem(at: scratch["a.hdr"])
    try FileManager.default.createDirectory(at: scratch["a.hdr"], withIntermediateDirectories: false)
    let other = small.with(voxels: Tensor<Float>(repeating: 5, shape: [2, 3, 4]))
    #expect(try code { try NIfTI.write(other, to: scratch["a.img"]) } == .writeFailed)
    #expect(try Data(contentsOf: scratch["a.img"]) == before)
    #expect(scratch.names == ["a.hdr", "a.img"])
  }

  @Test func linksAreFollowedAndPermissionsKept() throws {
    let scratch = try Scratch()
    try NIfTI.write(small, to: scratch["real/../a.nii"].standardizedFileURL)
    chmod(scratch["a.nii"].path, 0o640)
    try FileManager.default.createSymbolicLink(
      atPath: scratch["link.nii"].path, withDestinationPath: "a.nii")
    let other = small.with(voxels: Tensor<Float>(repeating: 5, shape: [2, 3, 4]))
    try NIfTI.write(other, to: scratch["link.nii"])
    #expect(try NIfTI.read(Float.self, from: scratch["a.nii"]).voxels == other.voxels)
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: scratch["link.nii"].path)
    #expect(link == "a.nii")
    let attributes = try FileManager.default.attributesOfItem(atPath: scratch["a.nii"].path)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o640)
  }

  /// A reader beside a writer sees one whole file or the other.
  @Test func readersNeverSeeHalfAFile() async throws {
    let scratch = try Scratch(inMemory: ())
    let url = scratch["a.nii.gz"]
    let volumes = [Float(1), 2].map { value in
      Volume<Float>(voxels: Tensor(repeating: value, shape: [8, 64, 64]), affine: .identity)
    }
    try NIfTI.write(volumes[0], to: url)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for turn in 0..<60 { try NIfTI.write(volumes[turn % 2], to: url) } }
      for _ in 0..<2 {
        group.addTask {
          for _ in 0..<60 {
            let found = Set(try NIfTI.read(Float.self, from: url).voxels.scalars)
            #expect(found == [1] || found == [2])
          }
        }
      }
      try await group.waitForAll()
    }
  }
}

extension NIfTIHeader {
  /// The header without a NaN's trouble with equality.
  var headerFields: String { "\(self)" }
}
