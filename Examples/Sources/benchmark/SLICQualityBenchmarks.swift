import ExampleSupport
import Foundation
import MedIO
import RunKit
import Superpixel
import Tensor

/// How well superpixels keep to the organs of the CT kept with the examples, at the settings of the timed rows.
/// The quality is computed once; a repetition segments.
let slicQualityBenchmarks: [BenchmarkCase] = [
  BenchmarkCase(
    name: "CT slices 122x101, 100 segments", reporting: { try slices(nil, channels: 1, count: 100) }),
  BenchmarkCase(
    name: "CT slices as grey 512x512, 100 segments",
    reporting: { try slices((512, 512), channels: 1, count: 100) }),
  BenchmarkCase(
    name: "CT slices as rgb 640x480, 100 segments",
    reporting: { try slices((480, 640), channels: 3, count: 100) }),
  BenchmarkCase(
    name: "CT slices as rgb 640x480, 1600 segments",
    reporting: { try slices((480, 640), channels: 3, count: 1_600) }),
  BenchmarkCase(name: "CT volume 122x101x112, 400 supervoxels", reporting: volume),
]

/// `[112, 101, 122]` in 0...1 (-160...240 HU) with its labels.
private func readCT() throws -> (image: Tensor<Float>, labels: LabelMap) {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Data/abdomen_ct").standardizedFileURL
  let ct = try NIfTI.read(Float.self, from: folder.appendingPathComponent("ct.nii.gz"))
  let labels = try NIfTI.readLabels(from: folder.appendingPathComponent("labels.nii.gz"))
  return (((ct.voxels + 160) / 400).clamped(to: 0...1), labels.labelMap)
}

private var slic: SLIC {
  var slic = SLIC(segmentCount: 100, compactness: 10, maximumIterations: 10)
  slic.convergence = .never
  return slic
}

/// Every eighth slice, enlarged by repetition of pixels where a size is given; as bytes where there are three channels.
private func slices(
  _ size: (height: Int, width: Int)?, channels: Int, count: Int
) throws -> () throws -> BenchmarkCase.Numbers {
  let (image, labels) = try readCT()
  let (height, width) = (image.shape[1], image.shape[2])
  let (rows, columns) = size ?? (height, width)
  func enlarged<Scalar: TensorScalar>(_ plane: Tensor<Scalar>) -> Tensor<Scalar> {
    let values = plane.scalars
    let scalars = (0..<rows * columns).map {
      values[$0 / columns * height / rows * width + $0 % columns * width / columns]
    }
    return Tensor(scalars, shape: [rows, columns])
  }
  var slic = slic
  slic.segmentCount = .fixed(count)
  let scratch = SLICScratch()
  var images: [Tensor<Float>] = []
  var pictures: [Tensor<UInt8>] = []
  var quality = Quality()
  for index in stride(from: 4, to: image.shape[0], by: 8) {
    let plane = enlarged(image[index])
    let result: Superpixels
    if channels == 3 {
      let bytes = plane.scalars.map { UInt8(($0 * 255).rounded(.down)) }
      let picture = Tensor(bytes.flatMap { [$0, $0, $0] }, shape: [rows, columns, 3])
      pictures.append(picture)
      result = try slic.segment(picture, scratch: scratch)
    } else {
      images.append(plane)
      result = try slic.segment(plane, scratch: scratch)
    }
    quality.add(result.labels, LabelMap(enlarged(labels.labels[index])))
  }
  return { [slic, images, pictures, quality] in
    for image in images { _ = try slic.segment(image, scratch: scratch) }
    for picture in pictures { _ = try slic.segment(picture, scratch: scratch) }
    return quality.numbers
  }
}

private func volume() throws -> () throws -> BenchmarkCase.Numbers {
  let (image, labels) = try readCT()
  var slic = slic
  slic.segmentCount = 400
  let scratch = SLICScratch()
  var quality = Quality()
  quality.add(try slic.segment(volume: image, scratch: scratch).labels, labels)
  return { [slic, quality] in
    _ = try slic.segment(volume: image, scratch: scratch)
    return quality.numbers
  }
}

/// Means over images.
private struct Quality {
  private var count = 0.0
  private var sums: BenchmarkCase.Numbers = [:]

  mutating func add(_ superpixels: LabelMap, _ reference: LabelMap) {
    count += 1
    let accuracy = SuperpixelQuality.achievableSegmentationAccuracy(of: superpixels, against: reference)
    let recall = SuperpixelQuality.boundaryRecall(
      of: superpixels, against: reference, radius: SuperpixelQuality.boundaryRadius(of: reference.shape))
    sums["asa", default: 0] += accuracy.superpixels
    sums["grid_asa", default: 0] += accuracy.regularGrid
    sums["boundary_recall", default: 0] += recall.superpixels
    sums["grid_boundary_recall", default: 0] += recall.regularGrid
    sums["segments", default: 0] += Double(superpixels.labelBound)
  }

  var numbers: BenchmarkCase.Numbers { sums.mapValues { $0 / count } }
}
