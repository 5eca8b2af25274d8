import Foundation
import MedIO
import Tensor
import Testing

@Suite struct NIfTIExtensionTests {
  /// Two blocks, of 16 and 48 bytes; the content is everything behind size and code, padding included.
  static let extensions = [
    NIfTIExtension(code: 6, content: Array("comment\0".utf8)),
    NIfTIExtension(code: 44, content: (0..<40).map { UInt8($0 * 6) }),
  ]

  private static func file(bigEndian: Bool, version: Int) -> NIfTIFileBuilder {
    var file = version == 1 ? NIfTIFileBuilder.nifti1(bigEndian: bigEndian) : .nifti2(bigEndian: bigEndian)
    if version == 1 { file.float(108, 352 + 64) } else { file.int64(168, 544 + 64) }
    file.middle = [1, 0, 0, 0]
    for item in extensions {
      file.middle += file.ordered(Int32(item.content.count + 8)) + file.ordered(item.code) + item.content
    }
    return file
  }

  @Test(arguments: [(false, 1), (true, 1), (false, 2), (true, 2)])
  func extensionsComeBackByteForByte(_ bigEndian: Bool, _ version: Int) throws {
    let scratch = try Scratch()
    let file = Self.file(bigEndian: bigEndian, version: version)
    let volume = try NIfTI.read(Int16.self, from: scratch.file("a.nii", file.bytes))
    #expect(volume.extensions == Self.extensions && volume.warnings.isEmpty)
    #expect(volume.voxels == Tensor((0..<24).map(Int16.init), shape: [2, 3, 4]))
    for name in ["b.nii", "b.nii.gz", "b.hdr"] {
      try NIfTI.write(volume, to: scratch[name])
      let again = try NIfTI.read(Int16.self, from: scratch[name])
      #expect(again.extensions == Self.extensions && again.warnings.isEmpty, "\(name)")
      #expect(again.voxels == volume.voxels)
      #expect(try NIfTI.readInformation(from: scratch[name]).extensions == Self.extensions)
    }
    // The same file to the last byte, but for the sform and qform that the first one lacks.
    let written = try Array(Data(contentsOf: scratch["b.nii"]))
    #expect(written.count == file.bytes.count)
    #expect(Array(written.dropFirst(file.header.count)) == file.middle + file.data)
  }

  @Test func contentIsPaddedToSixteen() throws {
    let scratch = try Scratch()
    var volume = Volume<UInt8>(voxels: Tensor(zeros: [1, 1, 1]), affine: .identity)
    volume.extensions = [NIfTIExtension(code: 6, content: [1, 2, 3])]
    try NIfTI.write(volume, to: scratch["a.nii"])
    let again = try NIfTI.read(UInt8.self, from: scratch["a.nii"])
    #expect(again.extensions == [NIfTIExtension(code: 6, content: [1, 2, 3, 0, 0, 0, 0, 0])])
    #expect(again.header?.voxOffset == 368)
    // Taken off again, they leave no room behind that a reader could take for one.
    var bare = again
    bare.extensions = []
    try NIfTI.write(bare, to: scratch["b.nii"])
    let none = try NIfTI.read(UInt8.self, from: scratch["b.nii"])
    #expect(none.extensions.isEmpty)
  }

  @Test func blocksOfAHeaderFileEndWithIt() throws {
    let scratch = try Scratch()
    var file = Self.file(bigEndian: false, version: 1)
    file.bytes(344, Array("ni1\0".utf8))
    file.float(108, 0)
    try scratch.file("a.img", file.data)
    for (name, bytes) in [
      ("a.hdr", file.header + file.middle), ("a.hdr", Gzip.compress(file.header + file.middle)),
    ] {
      let volume = try NIfTI.read(Int16.self, from: scratch.file(name, bytes))
      #expect(volume.extensions == Self.extensions && volume.warnings.isEmpty)
    }
    // A block that says it is longer than its file.
    var broken = file.middle
    broken[4 + 16] = 64
    for bytes in [file.header + broken, Gzip.compress(file.header + broken)] {
      let url = try scratch.file("a.hdr", bytes)
      #expect(try code { _ = try NIfTI.read(Int16.self, from: url) } == .badExtension)
    }
  }
}
