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

/// Smooth random images like bodies, in 0...1: an ellipsoid, organs, a bias field, noise.
func phantoms(count: Int, size: Int) -> Tensor<Float> {
  Tensor(stacking: (0..<count).map { phantom(size: size, seed: UInt64($0)) })
}

func phantom(size: Int, seed: UInt64) -> Tensor<Float> {
  var generator = PhiloxGenerator(seed: seed)
  var organs: [(y: Double, x: Double, height: Double, width: Double, value: Double)] = []
  for _ in 0..<12 {
    let (y, x) = (
      Double.random(in: -0.55...0.55, using: &generator), Double.random(in: -0.55...0.55, using: &generator)
    )
    let (height, width) = (
      Double.random(in: 0.08...0.35, using: &generator), Double.random(in: 0.08...0.35, using: &generator)
    )
    organs.append((y, x, height, width, Double.random(in: 0.15...0.9, using: &generator)))
  }
  let noise = Tensor<Float>(
    normalWithMean: 0, standardDeviation: 0.02, shape: [size, size, 1], using: &generator)
  let body = Tensor<Float>(shape: [size, size, 1]) { buffer in
    for index in buffer.indices {
      let (y, x) = (coordinate(index / size, size), coordinate(index % size, size))
      var value = y * y + x * x < 0.81 ? 0.25 : 0
      for organ in organs {
        let (dy, dx) = ((y - organ.y) / organ.height, (x - organ.x) / organ.width)
        if dy * dy + dx * dx < 1 { value = organ.value }
      }
      buffer[index] = Float(value + 0.05 * (sin(3 * y) + sin(3 * x + 1)))
    }
  }
  return (body + noise).clamped(to: 0...1)
}

/// -1 at the first pixel, 1 at the last.
private func coordinate(_ index: Int, _ size: Int) -> Double { 2 * Double(index) / Double(size - 1) - 1 }

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
