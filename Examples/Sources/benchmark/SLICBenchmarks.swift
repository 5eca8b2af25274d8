import Superpixel
import Tensor

/// SLIC on drawn scenes and on the CT kept with the examples; bench_slic.py works on the same pixels. Unless the
/// name says otherwise ten full passes are made, over every row.
let slicBenchmarks: [BenchmarkCase] =
  [100, 1_600].flatMap { count in
    [
      timingCase("rgb 640x480, \(count) segments", SLICScene.rgb, count) { $0.convergence = .never },
      timingCase("rgb 640x480, \(count) segments, every third row", SLICScene.rgb, count) {
        $0.rowStride = 3
      },
      timingCase("rgb 640x480, \(count) segments, early stop", SLICScene.rgb, count) {
        $0.convergence = .changedShare(atMost: 0.01)
      },
    ]
  } + [
    timingCase("grey 512x512, 100 segments", SLICScene.grey(512), 100) { $0.convergence = .never },
    timingCase("grey 512x512, 100 segments, every third row", SLICScene.grey(512), 100) { $0.rowStride = 3 },
    timingCase("grey 512x512, 100 segments, early stop", SLICScene.grey(512), 100) {
      $0.convergence = .changedShare(atMost: 0.01)
    },
    timingCase("grey 2048x2048, 1600 segments", SLICScene.grey(2_048), 1_600) { $0.convergence = .never },
    timingCase("rgb 2048x2048, 1600 segments", SLICScene.largeRGB, 1_600) { $0.convergence = .never },
    timingCase("volume 128x128x64, 400 supervoxels", SLICScene.volume, 400) { $0.convergence = .never },
    timingCase("volume 128x128x64, 400 supervoxels, every third row", SLICScene.volume, 400) {
      $0.rowStride = 3
    },
    timingCase("volume 128x128x64, 400 supervoxels, early stop", SLICScene.volume, 400) {
      $0.convergence = .changedShare(atMost: 0.01)
    },
  ] + slicQualityBenchmarks

extension SLICScene {
  static let rgb = SLICScene(depth: 1, height: 480, width: 640, channels: 3)
  static let largeRGB = SLICScene(depth: 1, height: 2_048, width: 2_048, channels: 3)
  static let volume = SLICScene(depth: 64, height: 128, width: 128, channels: 1)
  static func grey(_ side: Int) -> SLICScene { SLICScene(depth: 1, height: side, width: side, channels: 1) }
}

/// A whole call with connectivity, into labels and scratch that the caller keeps. RGB goes in as bytes, grey as Float.
private func timingCase(
  _ name: String, _ scene: SLICScene, _ count: Int, _ change: @escaping @Sendable (inout SLIC) -> Void
) -> BenchmarkCase {
  BenchmarkCase(name: name, reporting: { try timing(scene, count, change) })
}

private func timing(
  _ scene: SLICScene, _ count: Int, _ change: (inout SLIC) -> Void
) throws -> () throws -> BenchmarkCase.Numbers {
  var slic = SLIC(segmentCount: count, compactness: 10, maximumIterations: 10)
  change(&slic)
  let pixels = scene.depth * scene.height * scene.width
  // The program's own pages are touched before memory is measured.
  _ = try slic.segment(Tensor<Float>(repeating: 1, shape: [20, 20, scene.channels]))
  let scratch = SLICScratch()
  let labels = UnsafeMutableBufferPointer<Int32>.allocate(capacity: pixels)
  labels.initialize(repeating: 0)
  let bytes = scene.bytes()
  let grey = scene.channels == 1 ? bytes.map { Float($0) / 255 } : []
  return { [slic] in
    func run<Scalar: PixelScalar>(_ base: UnsafePointer<Scalar>) throws -> SLICReport {
      let view = PixelView(
        base: base, depth: scene.depth > 1 ? scene.depth : nil, height: scene.height, width: scene.width,
        channels: scene.channels, planeStride: scene.height * scene.width * scene.channels,
        rowStride: scene.width * scene.channels, columnStride: scene.channels)
      return try slic.segment(view, into: labels, scratch: scratch)
    }
    let report =
      try grey.isEmpty
      ? bytes.withUnsafeBufferPointer { try run($0.baseAddress.unsafelyUnwrapped) }
      : grey.withUnsafeBufferPointer { try run($0.baseAddress.unsafelyUnwrapped) }
    return [
      "segments": Double(report.count), "passes": Double(report.iterations), "pixels": Double(pixels),
      "scratch_bytes_per_pixel": Double(scratch.byteCount) / Double(pixels),
    ]
  }
}
