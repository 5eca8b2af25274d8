import Foundation
import MedIO
import Tensor
import Testing

@Suite struct NIfTISliceReaderTests {
  @Test(arguments: fixtureNames) func slicesAreThoseOfTheVolume(_ name: String) throws {
    let volume = try NIfTI.read(Double.self, from: fixture(name))
    let reader = try NIfTISliceReader(fixture(name))
    #expect(reader.grid == volume.grid && reader.frameCount == volume.frameCount)
    // Backward too, which starts a gzip stream over.
    let planes = Array(0..<min(reader.depth, 6)) + [2, 0]
    for frame in Set([0, reader.frameCount - 1]) {
      let whole = volume.frame(frame).voxels
      for plane in planes {
        let slice = try reader.slice(Double.self, at: plane, frame: frame)
        let same = zip(slice.scalars, whole[plane].scalars).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
        #expect(same && slice.shape == whole[plane].shape, "\(frame), \(plane)")
      }
    }
  }

  @Test func forwardOrderDecompressesOnce() throws {
    let reader = try NIfTISliceReader(fixture("tissue.nii.gz"))
    for plane in 0..<reader.depth { _ = try reader.slice(UInt8.self, at: plane) }
    #expect(reader.processedByteCount == 128 * 128 * 62)
    // A step back costs what stands before the slice once more, and no more.
    _ = try reader.slice(UInt8.self, at: 3)
    #expect(reader.processedByteCount == 128 * 128 * (62 + 4) + 352)
  }

  @Test func skippedSlicesOfAPlainFileAreNotRead() throws {
    let reader = try NIfTISliceReader(fixture("anatomical.nii"))
    _ = try reader.slice(Int16.self, at: 20)
    _ = try reader.slice(Int16.self, at: 3)
    #expect(reader.processedByteCount == 2 * 33 * 41 * 2)
  }

  @Test func damageBehindTheSliceIsFoundByVerify() throws {
    let scratch = try Scratch()
    var bytes = Gzip.compress(NIfTIFileBuilder.nifti1().bytes)
    bytes[bytes.count - 8] ^= 1
    let url = try scratch.file("a.nii.gz", bytes)
    #expect(throws: MedIOError.self) {
      let reader = try NIfTISliceReader(url)
      _ = try reader.slice(Int16.self, at: 0)
      try reader.verify()
    }
  }

  @Test func aSliceNeedsNoMoreThanItsLimit() throws {
    let options = NIfTIReadOptions(limits: .init(voxelCount: 100, byteCount: 33 * 41 * 4))
    let url = try fixture("anatomical.nii")
    #expect(try code { _ = try NIfTI.read(Float.self, from: url, options: options) } == .exceedsLimit)
    _ = try NIfTISliceReader(url, options: options).slice(Float.self, at: 24)
  }
}
