import Foundation
import Metrics
import Tensor

/// Scores of masks in a volume of 256 x 256 x 64 voxels; bench_metrics.py draws the same masks.
let metricsBenchmarks: [BenchmarkCase] =
  [("large organ", 0.7), ("small organ", 0.2)].flatMap { name, scale in
    [
      BenchmarkCase(
        name: "\(name): HD95 + ASSD + surface Dice", reporting: { pairCase(scale, .boundaryVoxels(.faces)) }),
      BenchmarkCase(name: "\(name): surfel-weighted", reporting: { pairCase(scale, .surfels) }),
      BenchmarkCase(name: "\(name): Dice", reporting: { overlapCase(scale) }),
    ]
  } + [
    BenchmarkCase(name: "large organ: distance transform", prepare: distanceTransformCase),
    BenchmarkCase(name: "ten classes", reporting: { classesCase(merged: false) }),
    BenchmarkCase(name: "their union", reporting: { classesCase(merged: true) }),
  ]

private let grid: TensorShape = [64, 256, 256]
private let spacing = VoxelSpacing(plane: 3, row: 1.5, column: 1.5)
private let tolerance = 2.0

/// A wobbly ellipsoid, and a copy that is shifted and wobbles otherwise.
private func pair(_ scale: Double) -> (BinaryMask, BinaryMask) {
  func organ(shift: Double, phase: Double) -> BinaryMask {
    BinaryMask(
      Tensor(shape: grid) { buffer in
        forEachPoint { index, z, y, x in
          let (dz, dy, dx) = (z / scale, (y - shift) / scale, (x + shift) / scale)
          buffer[index] = dz * dz + dy * dy + dx * dx + wobble(z, y, x, phase) < 1
        }
      })
  }
  return (organ(shift: 0, phase: 0), organ(shift: 0.03, phase: 1.5))
}

/// Waves of about the size of a fold of an organ's surface.
private func wobble(_ z: Double, _ y: Double, _ x: Double, _ phase: Double) -> Double {
  0.1 * sin(9 * z + 4 * y + phase) * sin(23 * y + phase) + 0.1 * sin(21 * x - 5 * z + 2 * phase)
}

/// Calls `body` with every voxel's index and coordinates from -1 to 1.
private func forEachPoint(_ body: (Int, Double, Double, Double) -> Void) {
  var index = 0
  for plane in 0..<grid[0] {
    for row in 0..<grid[1] {
      for column in 0..<grid[2] {
        body(
          index, 2 * Double(plane) / Double(grid[0] - 1) - 1, 2 * Double(row) / Double(grid[1] - 1) - 1,
          2 * Double(column) / Double(grid[2] - 1) - 1)
        index += 1
      }
    }
  }
}

/// Voxels of the box around both masks, for memory per voxel.
private func boxVoxels(_ masks: [BinaryMask]) -> Double {
  var lower = grid.dimensions
  var upper = [-1, -1, -1]
  let (rows, columns) = (grid[1], grid[2])
  for mask in masks {
    for (index, value) in mask.values.scalars.enumerated() where value {
      for (axis, place) in [index / (rows * columns), index / columns % rows, index % columns].enumerated() {
        lower[axis] = min(lower[axis], place)
        upper[axis] = max(upper[axis], place)
      }
    }
  }
  return zip(lower, upper).reduce(1) { $0 * Double($1.1 - $1.0 + 1) }
}

private func pairCase(_ scale: Double, _ surface: SurfaceDefinition) -> () throws -> BenchmarkCase.Numbers {
  let (prediction, reference) = pair(scale)
  let voxels = boxVoxels([prediction, reference])
  let surfels = surface == .surfels
  let metrics: [(String, any SurfaceMetric)] = [
    ("hd95_mm", HausdorffDistance(percentile: 95, surfels ? .surfelWeighted : .maximumOfDirected)),
    ("assd_mm", AverageSurfaceDistance(surfels ? .meanOfMeans : .symmetric)),
    ("surface_dice", SurfaceDice(toleranceInMillimeters: tolerance, surfels ? .surfelWeighted : .counts)),
  ]
  func scores(_ prediction: BinaryMask, _ reference: BinaryMask) -> BenchmarkCase.Numbers {
    let distances = SurfaceDistances(
      prediction: prediction, reference: reference, spacing: spacing, between: surface)
    var numbers = ["box_voxels": voxels]
    for (name, metric) in metrics { numbers[name] = metric.score(distances).value ?? .nan }
    return numbers
  }
  return { scores(prediction, reference) }
}

private func overlapCase(_ scale: Double) -> () throws -> BenchmarkCase.Numbers {
  let (prediction, reference) = pair(scale)
  return {
    ["dice": DiceCoefficient().score(prediction: prediction, reference: reference).value ?? .nan]
  }
}

private func distanceTransformCase() -> () throws -> Void {
  let (prediction, _) = pair(0.7)
  return { _ = DistanceTransform(spacing: spacing).distances(to: prediction) }
}

/// The organ cut into ten wedges: ten classes at once, or their union as one.
private func classesCase(merged: Bool) -> () throws -> BenchmarkCase.Numbers {
  let (prediction, reference) = pair(0.7)
  func labels(_ mask: BinaryMask) -> LabelMap {
    let foreground = mask.values.scalars
    return LabelMap(
      Tensor(shape: grid) { buffer in
        forEachPoint { index, _, y, x in
          let wedge = min(9, Int((atan2(y, x) / (2 * Double.pi) + 0.5) * 10))
          buffer[index] = foreground[index] ? (merged ? 1 : Int32(1 + wedge)) : 0
        }
      })
  }
  let (predicted, actual) = (labels(prediction), labels(reference))
  let voxels = boxVoxels([prediction, reference])
  let evaluator = SegmentationEvaluator(metrics: [
    HausdorffDistance(percentile: 95), AverageSurfaceDistance(.symmetric),
    SurfaceDice(toleranceInMillimeters: tolerance),
  ])
  return {
    let scores = evaluator.evaluate(
      prediction: predicted, reference: actual, spacing: spacing, caseName: "benchmark")
    return [
      "classes": Double(scores.classes.count), "hd95_mm": scores[1]?["hd95_mm"]?.value ?? .nan,
      "box_voxels": voxels,
    ]
  }
}
