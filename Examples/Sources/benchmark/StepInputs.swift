import Contrastive
import Foundation
import NN
import Tensor

/// Classes of the U-Net steps.
let stepClassCount = 5

/// What the U-Net steps minimise.
var stepLoss: CombinedLoss {
  CombinedLoss([(1, CrossEntropyLoss()), (1, DiceLoss(smoothing: 1))])
}

/// An image's side with the width and batch that fit it, and the level that ILCP reads.
struct SuperCLSize: Sendable {
  let side: Int
  let width: Int
  let batch: Int
  let level: FeatureLevel

  /// A batch of images, with positions over a volume.
  var images: [PretrainingImage] {
    (0..<batch).map { index in
      PretrainingImage(
        phantom(size: side, seed: UInt64(index)),
        position: 0.05 + 0.9 * Double(index) / Double(batch - 1))
    }
  }
}

let superCLSizes = [
  SuperCLSize(side: 128, width: 32, batch: 8, level: .stage(2)),
  SuperCLSize(side: 256, width: 32, batch: 8, level: .stage(3)),
  SuperCLSize(side: 512, width: 16, batch: 4, level: .bottleneck),
]

/// Smooth random images like bodies; see ``phantom(_:seed:)``.
func phantoms(count: Int, size: Int) -> Tensor<Float> {
  Tensor(stacking: (0..<count).map { phantom(size: size, seed: UInt64($0)) })
}

func phantom(size: Int, seed: UInt64) -> Tensor<Float> { phantom([size, size], seed: seed) }

/// A smooth random image or volume `[spatial..., 1]` like a body, in 0...1: an ellipsoid, organs, a bias field, noise.
func phantom(_ lengths: [Int], seed: UInt64) -> Tensor<Float> {
  var generator = PhiloxGenerator(seed: seed)
  let organs = (0..<12).map { _ in
    (
      center: lengths.map { _ in Double.random(in: -0.55...0.55, using: &generator) },
      radii: lengths.map { _ in Double.random(in: 0.08...0.35, using: &generator) },
      value: Double.random(in: 0.15...0.9, using: &generator)
    )
  }
  let shape = TensorShape(lengths + [1])
  let noise = Tensor<Float>(normalWithMean: 0, standardDeviation: 0.02, shape: shape, using: &generator)
  let (zeros, body) = (lengths.map { _ in 0.0 }, lengths.map { _ in 0.9 })
  let image = Tensor<Float>(shape: shape) { buffer in
    var place = zeros
    func squares(_ center: [Double], _ radii: [Double]) -> Double {
      var sum = 0.0
      for axis in lengths.indices {
        let distance = (place[axis] - center[axis]) / radii[axis]
        sum += distance * distance
      }
      return sum
    }
    for index in buffer.indices {
      var rest = index
      for axis in lengths.indices.reversed() {
        // -1 at the first pixel, 1 at the last.
        place[axis] = 2 * Double(rest % lengths[axis]) / Double(lengths[axis] - 1) - 1
        rest /= lengths[axis]
      }
      var value = squares(zeros, body) < 1 ? 0.25 : 0
      for organ in organs where squares(organ.center, organ.radii) < 1 { value = organ.value }
      for axis in lengths.indices { value += 0.05 * sin(3 * place[axis] + Double(axis)) }
      buffer[index] = Float(value)
    }
  }
  return (image + noise).clamped(to: 0...1)
}

/// About a hundred irregular regions an image, as superpixels are: a grid with wavy borders.
func wavyGrid(count: Int, size: Int) -> Tensor<Int32> {
  Tensor(shape: [count, size, size]) { buffer in
    for index in buffer.indices {
      let image = Double(index / (size * size))
      let (row, column) = (Double(index / size % size), Double(index % size))
      let (wave, length) = (Double(size) / 40, Double(size))
      func cell(_ place: Double) -> Int32 { Int32(min(max(place * 10 / length, 0), 9)) }
      let y = cell(row + wave * sin(column * 12 / length + image))
      let x = cell(column + wave * cos(row * 12 / length - image))
      buffer[index] = y * 10 + x
    }
  }
}
