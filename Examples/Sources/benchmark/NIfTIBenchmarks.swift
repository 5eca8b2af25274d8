import Foundation
import MedIO
import Tensor

/// Reading NIfTI files from a warm page cache; bench_nifti.py draws the same image.
let niftiBenchmarks: [BenchmarkCase] = [
  BenchmarkCase(name: "int16 256x256x128 .nii to float", prepare: { try reading(".nii") }),
  BenchmarkCase(name: "int16 256x256x128 .nii.gz to float", prepare: { try reading(".nii.gz") }),
  BenchmarkCase(name: "int16 256x256x128 .nii.gz inflation alone", prepare: inflating),
  BenchmarkCase(name: "one slice of 256x256x128 .nii", prepare: { try slicing(depth: 128) }),
  BenchmarkCase(name: "one slice of 256x256x8 .nii", prepare: { try slicing(depth: 8) }),
]

/// A body with two organs and noise, in HU. Integers throughout, so that both sides draw the same file.
private func image(depth: Int) -> Volume<Int16> {
  let voxels = Tensor<Int16>(shape: [depth, 256, 256]) { buffer in
    for k in 0..<depth {
      for j in 0..<256 {
        for i in 0..<256 {
          let (x, y) = (i - 128, j - 128)
          var mixed = UInt32(truncatingIfNeeded: (k * 256 + j) * 256 + i) &* 2_654_435_761
          mixed = (mixed ^ mixed >> 15) &* 2_246_822_519
          let noise = Int(mixed >> 13 & 31) - 16
          let radius = x * x + y * y
          let organ = (x - 40) * (x - 40) + y * y < 900 + 8 * k ? 120 : y > 20 && radius < 6400 ? 60 : 0
          buffer[(k * 256 + j) * 256 + i] = Int16(radius < 12100 ? organ + noise : -1000)
        }
      }
    }
  }
  return Volume(voxels: voxels, spacing: VoxelSpacing(plane: 3, row: 1.5, column: 1.5))
}

/// A file that goes when the value does.
private final class TemporaryImage: Sendable {
  let url: URL

  init(_ ending: String, depth: Int) throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("benchmark-\(UUID().uuidString)\(ending)")
    try NIfTI.write(image(depth: depth), to: url, options: .init(compressionLevel: 6))
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

private func reading(_ ending: String) throws -> () throws -> Void {
  let file = try TemporaryImage(ending, depth: 128)
  return { _ = try NIfTI.read(Float.self, from: file.url) }
}

private func inflating() throws -> () throws -> Void {
  let file = try TemporaryImage(".nii.gz", depth: 128)
  return { try NIfTISliceReader(file.url).verify() }
}

private func slicing(depth: Int) throws -> () throws -> Void {
  let file = try TemporaryImage(".nii", depth: depth)
  return { _ = try NIfTISliceReader(file.url).slice(Float.self, at: depth / 2) }
}
