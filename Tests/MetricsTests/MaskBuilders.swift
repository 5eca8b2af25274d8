import Metrics
import Tensor

/// SplitMix64: equal seeds, equal masks.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A mask with foreground at the given indices, one number per axis.
func mask(_ shape: TensorShape, at points: [[Int]]) -> BinaryMask {
  var values = Tensor<Bool>(zeros: shape)
  for point in points { values[point] = true }
  return BinaryMask(values)
}

/// A mask drawn from a condition on (plane, row, column); an image's plane is 0.
func mask(_ shape: TensorShape, where isForeground: (Int, Int, Int) -> Bool) -> BinaryMask {
  let (rows, columns) = (shape[-2], shape[-1])
  return BinaryMask(
    Tensor(shape: shape) { buffer in
      for index in buffer.indices {
        buffer[index] = isForeground(index / (rows * columns), index / columns % rows, index % columns)
      }
    })
}

func randomMask(_ shape: TensorShape, density: Double, using generator: inout SeededGenerator) -> BinaryMask {
  BinaryMask(
    Tensor(shape: shape) { buffer in
      for index in buffer.indices { buffer[index] = Double.random(in: 0..<1, using: &generator) < density }
    })
}

/// The indices of the foreground, as (plane, row, column).
func foreground(_ mask: BinaryMask) -> [[Int]] {
  let (rows, columns) = (mask.shape[-2], mask.shape[-1])
  return mask.values.scalars.enumerated().filter(\.element).map {
    [$0.offset / (rows * columns), $0.offset / columns % rows, $0.offset % columns]
  }
}

/// By definition: the smallest distance in millimetres from a point to any of `targets`.
func nearest(_ point: [Int], _ targets: [[Int]], _ spacing: VoxelSpacing) -> Double {
  let steps = spacing.rank == 3 ? spacing.millimeters : [1] + spacing.millimeters
  return targets.reduce(.infinity) { best, target in
    var square = 0.0
    for axis in 0..<3 {
      let away = Double(point[axis] - target[axis]) * steps[axis]
      square += away * away
    }
    return min(best, square.squareRoot())
  }
}

/// The largest difference of two lists; infinite when their lengths or infinities differ.
func largestDifference(_ first: [Double], _ second: [Double]) -> Double {
  guard first.count == second.count else { return .infinity }
  return zip(first, second).reduce(0) { $1.0 == $1.1 ? $0 : max($0, ($1.0 - $1.1).magnitude) }
}
