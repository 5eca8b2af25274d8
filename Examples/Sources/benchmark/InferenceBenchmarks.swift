import ExampleSupport
import Foundation
import MedIO
import NN
import RunKit
import SegmentKit
import Tensor

/// `segment predict` from file to files: reading, windows, labels back on the file's grid, table and pictures. What it reports:
/// seconds, the share of them in the network, and the most memory beside what the process has before, in MiB and over what
/// the volume, its labels and a slab of windows take.
let inferenceBenchmarks = [
  BenchmarkCase(
    name: "predict 128x128x96", reporting: { try predicting([96, 128, 128], window: [32, 64, 64]) }),
  BenchmarkCase(
    name: "predict 512x512x300", reporting: { try predicting([300, 512, 512], window: [64, 128, 128]) }),
]

private let inferenceClasses = 5

private func predicting(
  _ shape: TensorShape, window: [Int]
) throws -> () throws -> BenchmarkCase.Numbers {
  let folder = TemporaryPrediction()
  try folder.fill(shape, window: window)
  return {
    // What filling the folder left in the cache is no part of the process's memory before.
    TensorMemory.clearCache()
    ProcessMemory.resetPeak()
    let base = ProcessMemory.resident
    var run = SegmentPredictionRun(
      model: folder.file("model.safetensors").path, images: [folder.file("scan.nii.gz").path],
      output: folder.file("found"),
      progress: RunProgress { _ in
      } isInterrupted: {
        false
      })
    run.view = .radiological
    let time = try run.run()
    let peak = ProcessMemory.peak - base
    // Four bytes a voxel of the volume and of its labels, and the sums of one window's planes.
    let volume = 4 * shape.elementCount
    let slab = 4 * inferenceClasses * window[0] * shape[1] * shape[2]
    return [
      "seconds": time.seconds, "network_share": time.networkSeconds / time.seconds,
      "peak_mib": mebibytes(peak),
      "bound_mib": mebibytes(2 * volume + slab),
    ]
  }
}

/// A scan and a model in a folder that goes when the value does.
private final class TemporaryPrediction: Sendable {
  private let url = FileManager.default.temporaryDirectory.appending(path: "benchmark-\(UUID().uuidString)")

  func file(_ name: String) -> URL { url.appending(path: name) }

  func fill(_ shape: TensorShape, window: [Int]) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    let voxels = Tensor<Int16>(shape: shape) { buffer in
      let (rows, columns) = (shape[1], shape[2])
      for index in buffer.indices {
        let (x, y) = (index % columns - columns / 2, index / columns % rows - rows / 2)
        var mixed = UInt32(truncatingIfNeeded: index) &* 2_654_435_761
        mixed = (mixed ^ mixed >> 15) &* 2_246_822_519
        let noise = Int(mixed >> 13 & 31) - 16
        let isBody = 5 * (x * x + y * y) < rows * columns
        buffer[index] = Int16(isBody ? (x > 0 && y > 0 ? 120 : 0) + noise : -1000)
      }
    }
    // Columns run toward the patient's left and rows toward the back, as those of most CT: the network's run the other way.
    let affine = VoxelAffine(diagonal: -0.8, -0.8, 1)
    try NIfTI.write(
      Volume(voxels: voxels, affine: affine), to: file("scan.nii.gz"), options: .init(compressionLevel: 1))
    var generator = RandomKey(seed: 1).generator
    let model = SegmentModel(
      ModelDescription(
        dimensions: 3, widths: [8, 16, 32, 64],
        classes: (0..<inferenceClasses).map { .init(name: "class \($0)", label: Int32($0)) },
        orientation: "RAS",
        spacing: [nil, nil, nil], intensity: "ct-abdomen", window: window, overlap: 0.25, mirrors: []),
      using: &generator)
    try model.write(to: file("model.safetensors"))
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}
