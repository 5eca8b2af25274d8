import Autograd
import Contrastive
import Foundation
import NN
import Tensor

/// Rows of the check values of the compared methods: `sin(1 + 0.7 i + 1.3 c) + 0.25 cos(0.5 i c)`, c in 0..<3.
func methodRows<Scalar: TensorFloatingPointScalar>(
  _ rows: Range<Int>, as type: Scalar.Type = Scalar.self
) -> Tensor<Scalar> {
  Tensor(shape: [rows.count, 3]) { buffer in
    for (place, i) in rows.enumerated() {
      for c in 0..<3 {
        let wave: Double = sin(1 + 0.7 * Double(i) + 1.3 * Double(c))
        buffer[3 * place + c] = Scalar(wave + 0.25 * cos(0.5 * Double(i * c)))
      }
    }
  }
}

/// The same, each row divided by its length.
func unitMethodRows<Scalar: TensorFloatingPointScalar>(
  _ rows: Range<Int>, as type: Scalar.Type = Scalar.self
) -> Tensor<Scalar> {
  let values = methodRows(rows, as: type)
  return values / values.norm(along: 1).expanded(at: 1)
}

/// How far a value may be from a check value: 1e-9 in Double, 1e-4 of it (or of 1) in Float.
func tolerance<Scalar: TensorFloatingPointScalar>(of expected: Double, _ type: Scalar.Type) -> Double {
  Scalar.self == Double.self ? 1e-9 : 1e-4 * max(1, abs(expected))
}

/// Slices of noise with a bright square, no two alike.
func testSlices(_ count: Int, height: Int = 40, width: Int = 36) -> [PretrainingImage] {
  (0..<count).map { index in
    var generator = RandomKey(seed: 99).at(place: index).generator
    var image = Tensor<Float>(
      normalWithMean: 0, standardDeviation: 1, shape: [height, width, 1], using: &generator)
    image.withUnsafeMutableBufferPointer { pixels in
      for row in 5 + index..<15 + index { for column in 8..<20 { pixels[row * width + column] += 3 } }
    }
    return PretrainingImage(image)
  }
}

/// Slices of weak noise with one disk, which differ in place, radius and brightness.
func diskSlices(_ count: Int, side: Int = 96) -> [PretrainingImage] {
  (0..<count).map { index in
    var generator = RandomKey(seed: 5).at(place: index).generator
    var image = Tensor<Float>(
      normalWithMean: 0, standardDeviation: 0.3, shape: [side, side, 1], using: &generator)
    let (row, column) = (20 + generator.integer(below: side - 40), 20 + generator.integer(below: side - 40))
    let radius = 5 + generator.integer(below: 14)
    image.withUnsafeMutableBufferPointer { pixels in
      for y in 0..<side {
        for x in 0..<side where (y - row) * (y - row) + (x - column) * (x - column) < radius * radius {
          pixels[y * side + x] += Float(1 + index % 3)
        }
      }
    }
    return PretrainingImage(image)
  }
}

/// The error that `body` throws, if it is a ``PretrainingError``.
func pretrainingError(_ body: () throws -> Void) -> PretrainingError? {
  do {
    try body()
    return nil
  } catch { return error as? PretrainingError }
}

/// Whether parameters, buffers and counters are the same to the last bit.
func haveSameState(_ first: any Module<Float>, _ second: any Module<Float>) -> Bool {
  first.state().entries == second.state().entries
}

/// What a small U-Net takes and gives.
func unetDescription() -> EncoderDescription {
  var generator = RandomKey(seed: 1).generator
  return EncoderBlueprint.unet(width: 2).makeEncoder(using: &generator).encoderDescription
}
