import Tensor

/// The definition of convolution, loop by loop, for the tests of the convolution operators.
struct ConvolutionCase: CustomStringConvertible, Sendable {
  var batch = 2
  var size = [5, 7]
  var channels = 3
  var kernel = [3, 3]
  var outputChannels = 4
  var stride = [1, 1]
  var padding = [1, 1]
  var dilation = [1, 1]

  var description: String {
    "\(batch)x\(size)x\(channels) kernel \(kernel) -> \(outputChannels), stride \(stride), padding \(padding), "
      + "dilation \(dilation)"
  }

  /// An image case with the same numbers on both axes.
  static func image(
    _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, kernel: Int, _ outputChannels: Int,
    stride: Int = 1, padding: Int = 0, dilation: Int = 1
  ) -> ConvolutionCase {
    ConvolutionCase(
      batch: batch, size: [height, width], channels: channels, kernel: [kernel, kernel],
      outputChannels: outputChannels, stride: [stride, stride], padding: [padding, padding],
      dilation: [dilation, dilation])
  }

  var inputShape: TensorShape { TensorShape([batch] + size + [channels]) }
  var weightShape: TensorShape { TensorShape(kernel + [channels, outputChannels]) }
  var outputShape: TensorShape {
    let lengths = size.indices.map { axis in
      let reach = size[axis] + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1
      return reach < 0 ? 0 : reach / stride[axis] + 1
    }
    return TensorShape([batch] + lengths + [outputChannels])
  }
  var steps: (stride: KernelSteps, padding: KernelSteps, dilation: KernelSteps) {
    (KernelSteps(perAxis: stride), KernelSteps(perAxis: padding), KernelSteps(perAxis: dilation))
  }

  /// All triples (input element, weight element, output element) that meet in a product, as flat indices.
  func forEachProduct(_ body: (_ input: Int, _ weight: Int, _ output: Int) -> Void) {
    let output = outputShape.dimensions
    for n in 0..<batch {
      for o in Self.positions(Array(output[1..<output.count - 1])) {
        for k in Self.positions(kernel) {
          let i = size.indices.map { o[$0] * stride[$0] + k[$0] * dilation[$0] - padding[$0] }
          guard size.indices.allSatisfy({ i[$0] >= 0 && i[$0] < size[$0] }) else { continue }
          let inputPixel = zip(i, size).reduce(n) { $0 * $1.1 + $1.0 }
          let outputPixel = zip(o, output[1...]).reduce(n) { $0 * $1.1 + $1.0 }
          let tap = zip(k, kernel).reduce(0) { $0 * $1.1 + $1.0 }
          for c in 0..<channels {
            for m in 0..<outputChannels {
              body(
                inputPixel * channels + c, (tap * channels + c) * outputChannels + m,
                outputPixel * outputChannels + m)
            }
          }
        }
      }
    }
  }

  func forward(_ input: Tensor<Double>, _ weight: Tensor<Double>) -> Tensor<Double> {
    let (x, w) = (input.scalars, weight.scalars)
    var y = [Double](repeating: 0, count: outputShape.elementCount)
    forEachProduct { y[$2] += x[$0] * w[$1] }
    return Tensor(y, shape: outputShape)
  }

  func dataGradient(_ outputGradient: Tensor<Double>, _ weight: Tensor<Double>) -> Tensor<Double> {
    let (dy, w) = (outputGradient.scalars, weight.scalars)
    var dx = [Double](repeating: 0, count: inputShape.elementCount)
    forEachProduct { dx[$0] += dy[$2] * w[$1] }
    return Tensor(dx, shape: inputShape)
  }

  func weightGradient(_ input: Tensor<Double>, _ outputGradient: Tensor<Double>) -> Tensor<Double> {
    let (x, dy) = (input.scalars, outputGradient.scalars)
    var dw = [Double](repeating: 0, count: weightShape.elementCount)
    forEachProduct { dw[$1] += x[$0] * dy[$2] }
    return Tensor(dw, shape: weightShape)
  }

  private static func positions(_ lengths: [Int]) -> [[Int]] {
    lengths.reduce([[]]) { heads, length in heads.flatMap { head in (0..<length).map { head + [$0] } } }
  }
}

/// Numbers in -1...1 from a fixed linear congruence.
func testValues<Scalar: TensorFloatingPointScalar>(
  _ shape: TensorShape, seed: UInt64, as type: Scalar.Type = Scalar.self
) -> Tensor<Scalar> {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
  return Tensor(shape: shape) { buffer in
    for index in buffer.indices {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // 24 bits, so that Float and Double hold the same values.
      buffer[index] = Scalar(Double(state >> 40) / 8_388_608 - 1)
    }
  }
}

/// `|a - b| / |b|` in the 2-norm.
func relativeError<A: TensorFloatingPointScalar>(_ a: Tensor<A>, _ b: Tensor<Double>) -> Double {
  precondition(a.shape == b.shape, "shapes \(a.shape) and \(b.shape) differ")
  let pairs = zip(a.scalars, b.scalars)
  let error = pairs.reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
  let norm = b.scalars.reduce(0) { $0 + $1 * $1 }
  return norm == 0 ? error.squareRoot() : (error / norm).squareRoot()
}
