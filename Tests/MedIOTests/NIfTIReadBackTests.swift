import Foundation
import MedIO
import Tensor
import TestSupport
import Testing

/// What the writer makes, the reader takes, and finds where it was.
@Suite struct NIfTIReadBackTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch(inMemory: ()) }

  private func volume(
    _ affine: VoxelAffine, shape: TensorShape = [2, 3, 40]
  ) -> Volume<Float> {
    Volume(voxels: Tensor(repeating: 1, shape: shape), affine: affine)
  }

  private func check(_ volume: Volume<Float>, _ word: String, in name: String = "a.nii") throws {
    let error = try #require(throws: MedIOError.self) {
      try NIfTI.write(volume, to: scratch[name], options: .init(version: .nifti1))
    }
    #expect(error.code == .writeFailed && error.path == scratch[name].path && error.context.contains(word))
    #expect(scratch.names.isEmpty)
    // The second version holds it, and gives it back.
    try NIfTI.write(volume, to: scratch[name], options: .init(version: .nifti2))
    #expect(try NIfTI.read(Float.self, from: scratch[name]).affine == volume.affine)
    for name in scratch.names { try FileManager.default.removeItem(at: scratch[name]) }
  }

  /// In 32 bits 1e-46 is 0, which a reader takes for 1 mm, 1e-44 loses a tenth, 1e40 is infinite.
  @Test(arguments: [1e-46, 1e-44, 1e40], ["a.nii", "a.hdr"])
  func sizesThatTheVersionLosesAreRefused(_ size: Double, _ name: String) throws {
    try check(volume(VoxelAffine(diagonal: size, 1, 1)), "pixdim", in: name)
    try check(volume(VoxelAffine(diagonal: 1, 1, -size), shape: [1, 1, 1]), "pixdim", in: name)
  }

  /// A position of 1e9 mm is kept to 64 mm, one of 1e7 mm to 1 mm.
  @Test(arguments: [1.0001e9 + 17, 1.6777217e7]) func placesThatTheVersionLosesAreRefused(_ place: Double)
    throws
  {
    try check(volume(VoxelAffine(diagonal: 0.5, 1, 1, translation: [place, 0, 0])), "affine")
  }

  /// Axes so nearly parallel that 32 bits make them so: 3.01e-6 beside 1.5 becomes 2.98e-6, and the unit voxel has
  /// less than a millionth of the volume of its edges.
  @Test func anAffineThatOnly64BitsInvertIsRefused() throws {
    let slanted = VoxelAffine(rows: [[1.5, 1.5, 0, 0], [1.5, 1.50000301, 0, 0], [0, 0, 1, 0]])
    #expect(slanted.isValid)
    try check(volume(slanted), "no affine")
  }

  /// Rotations have crumbs of rounding, which are nothing beside 1.
  @Test func crumbsAreNoLoss() throws {
    let affine = VoxelAffine(rows: [[1, 1e-60, 0, 1e-50], [-1e-60, 1, 0, 0], [0, 0, 1, -1e-300]])
    try NIfTI.write(volume(affine), to: scratch["a.nii"], options: .init(version: .nifti1))
    #expect(try NIfTI.read(Float.self, from: scratch["a.nii"]).affine.isClose(to: .identity))
  }

  /// A slope of 1e-50 would become 0, which means no scaling.
  @Test func numbersThatBecomeZeroAreRefused() throws {
    var file = NIfTIFileBuilder.nifti2()
    file.double(176, 1e-50)
    let url = try scratch.file("s.nii", file.bytes)
    let stored = try NIfTI.read(Int16.self, from: url, values: .stored)
    let error = try #require(throws: MedIOError.self) {
      try NIfTI.write(stored, to: scratch["a.nii"], options: .init(version: .nifti1))
    }
    #expect(
      error.code == .writeFailed && error.context.contains("scl_slope") && error.context.contains("1e-50"))
    try NIfTI.write(stored, to: scratch["a.nii"])
    #expect(try NIfTI.readInformation(from: scratch["a.nii"]).header.sclSlope == 1e-50)
    let changes: [(String, (inout NIfTIHeader) -> Void)] = [
      ("toffset", { $0.toffset = 1e-60 }),
      ("cal_max", { $0.calMax = -1e-100 }), ("intent_p", { $0.intentParameters[2] = 1e-46 }),
    ]
    for (name, change) in changes {
      var volume = volume(.identity)
      var header = NIfTIHeader()
      change(&header)
      volume.header = header
      let error = try #require(throws: MedIOError.self) { try NIfTI.write(volume, to: scratch["b.nii"]) }
      #expect(error.code == .writeFailed && error.context.contains(name))
    }
  }

  /// From 2^28 bytes on a 32-bit number counts in steps of 32.
  @Test func voxelsBehindTooManyExtensionsAreRefused() throws {
    var long = volume(.identity)
    long.extensions = [NIfTIExtension(code: 6, content: [UInt8](repeating: 1, count: 1 << 28))]
    let error = try #require(throws: MedIOError.self) {
      try NIfTI.write(long, to: scratch["a.nii"], options: .init(version: .nifti1))
    }
    #expect(error.code == .writeFailed && error.context.contains("vox_offset") && scratch.names.isEmpty)
  }

  /// 1e300 would be infinite in 32 bits, where 1e-300 is 0 within rounding.
  @Test func aFiniteValueIsNotWrittenAsInfinite() throws {
    let values = Volume(voxels: Tensor([0, -1e300, .infinity, 1e-300], shape: [1, 2, 2]), affine: .identity)
    let error = try #require(throws: MedIOError.self) {
      try NIfTI.write(values, to: scratch["a.nii"], options: .init(datatype: .float32))
    }
    #expect(error.code == .unrepresentableValue && error.context.contains("-1e+300 at position 1"))
    let fine = Volume(voxels: Tensor([0, 3e38, .infinity, 1e-300], shape: [1, 2, 2]), affine: .identity)
    try NIfTI.write(fine, to: scratch["a.nii"], options: .init(datatype: .float32))
    #expect(try NIfTI.read(Float.self, from: scratch["a.nii"]).voxels.scalars == [0, 3e38, .infinity, 0])
  }

  /// Texts of every length and script come back, cut between characters.
  @Test func textsComeBack() throws {
    let texts = [
      "", "cafe\u{301}", "造影剤", String(repeating: "ä", count: 90), "a\0b",
      "👩‍⚕️" + String(repeating: "x", count: 99),
    ]
    for (index, text) in (texts + texts).enumerated() {
      let version: NIfTIHeader.Version = index < texts.count ? .nifti1 : .nifti2
      var header = NIfTIHeader(version: version)
      (header.descrip, header.auxFile, header.intentName) = (text, text, text)
      var volume = volume(.identity)
      volume.header = header
      volume.extensions = [NIfTIExtension(code: 6, content: Array(text.utf8))]
      try NIfTI.write(volume, to: scratch["a.nii"])
      let again = try NIfTI.read(Float.self, from: scratch["a.nii"])
      #expect(again.warnings.isEmpty && again.header?.descrip == header.descrip)
      #expect(again.header?.auxFile == header.auxFile && again.header?.intentName == header.intentName)
      let plain = text.prefix { $0 != "\0" }
      for (kept, room) in [(header.descrip, 79), (header.auxFile, 23), (header.intentName, 15)] {
        #expect(
          plain.hasPrefix(kept) && (kept.utf8.count > room - 30 || kept == plain) && kept.utf8.count <= room)
      }
      #expect(again.extensions.first?.content.prefix(text.utf8.count) == Array(text.utf8)[...])
    }
  }

  /// Any header and any place: refused with a reason, or read back with every voxel within half of itself.
  @Test func whatIsWrittenIsReadBackInItsPlace() throws {
    var generator = SplitMix64(seed: 5)
    func number() -> Double {
      Double.random(in: -1...1, using: &generator)
        * pow(10, Double(Int.random(in: -60...45, using: &generator)))
    }
    var (written, refused) = (0, 0)
    for round in 0..<2000 {
      let isWild = round % 3 == 0
      func size() -> Double { isWild ? number() : Double.random(in: 0.1...9, using: &generator) }
      let place = (0..<3).map { _ in isWild ? number() : Double.random(in: -1e8...1e8, using: &generator) }
      let affine = VoxelAffine(diagonal: size(), size(), size(), translation: place)
      guard affine.isValid else { continue }
      var source = volume(affine, shape: [2, 1, 30])
      var header = NIfTIHeader()
      if round % 2 == 0 {
        header.pixdim = (0..<8).map { _ in isWild ? number() : 1 }
        header.toffset = isWild ? number() : 0
        header.sformCode = Int.random(in: -9...9, using: &generator)
        header.qformCode = Int.random(in: -9...9, using: &generator)
        header.quaternion = (0..<3).map { _ in number() }
        header.xyztUnits = Int.random(in: 0...3, using: &generator)
        source.header = header
      }
      let url = scratch[["a.nii", "a.hdr", "a.nii.gz"][round % 3]]
      do throws(MedIOError) {
        try NIfTI.write(source, to: url, options: .init(version: round % 5 == 0 ? .nifti2 : .nifti1))
      } catch {
        #expect(error.code == .writeFailed)
        refused += 1
        continue
      }
      written += 1
      let again = try NIfTI.read(Float.self, from: url).affine
      for corner in [[0, 0, 0], [29, 0, 1]] as [[Double]] {
        let (found, wanted) = (again.applied(to: corner), affine.applied(to: corner))
        for axis in 0..<3 {
          #expect(abs(found[axis] - wanted[axis]) <= 0.51 * affine.voxelSizes[axis], "\(affine): \(again)")
        }
      }
    }
    #expect(written > 500 && refused > 100, "\(written), \(refused)")
  }
}
