import Tensor
import Testing

@Suite struct ConvolutionTransposedTests {
  /// Two pixels spread a 2x2 kernel: worked out by hand.
  @Test func handWorkedValue() {
    let image = Tensor<Double>([3, 5], shape: [1, 1, 2, 1])
    let weight = Tensor<Double>([1, 2, 10, 20], shape: [2, 2, 1, 1])
    #expect(
      image.transposedConv2D(weight, bias: Tensor([1]), stride: 2)
        == Tensor([4, 7, 6, 11, 31, 61, 51, 101], shape: [1, 2, 4, 1]))
    // Stride 1: the two kernels overlap in the middle column.
    #expect(
      image.transposedConv2D(weight, stride: 1)
        == Tensor([3, 11, 10, 30, 110, 100], shape: [1, 2, 3, 1]))
  }

  /// Input channels come before output channels in the weights, unlike in the convolution that it transposes.
  @Test func channelOrder() {
    let image = Tensor<Double>([1, 10], shape: [1, 1, 1, 2])
    let weight = Tensor<Double>([1, 2, 3, 4, 5, 6], shape: [1, 1, 2, 3])
    #expect(image.transposedConv2D(weight) == Tensor([41, 52, 63], shape: [1, 1, 1, 3]))
  }

  static let cases: [(size: [Int], kernel: [Int], stride: [Int], padding: [Int])] = [
    ([3, 4], [2, 2], [2, 2], [0, 0]),
    ([1, 1], [2, 2], [2, 2], [0, 0]),
    ([3, 5], [3, 3], [2, 1], [1, 1]),
    ([4, 3], [2, 3], [3, 2], [0, 0]),
    ([2, 3, 2], [2, 2, 2], [2, 2, 2], [0, 0, 0]),
    ([2, 3, 2], [3, 1, 2], [1, 2, 2], [1, 0, 0]),
  ]

  /// `<T(x), y> = <x, T*(y)>` and `= <w, dw(x, y)>`: forward and both gradients are one trilinear form.
  @Test(arguments: cases.indices) func adjoints(index: Int) {
    let item = Self.cases[index]
    let (stride, padding) = (KernelSteps(perAxis: item.stride), KernelSteps(perAxis: item.padding))
    let isImage = item.size.count == 2
    let x = testValues(TensorShape([2] + item.size + [3]), seed: 1, as: Double.self)
    let w = testValues(TensorShape(item.kernel + [3, 2]), seed: 2, as: Double.self)
    let forward =
      isImage
      ? x.transposedConv2D(w, stride: stride, padding: padding)
      : x.transposedConv3D(w, stride: stride, padding: padding)
    let y = testValues(forward.shape, seed: 3, as: Double.self)
    let dx =
      isImage
      ? y.transposedConv2DDataGradient(w, inputShape: x.shape, stride: stride, padding: padding)
      : y.transposedConv3DDataGradient(w, inputShape: x.shape, stride: stride, padding: padding)
    let size = KernelSteps(perAxis: item.kernel)
    let dw =
      isImage
      ? x.transposedConv2DWeightGradient(y, kernelSize: size, stride: stride, padding: padding)
      : x.transposedConv3DWeightGradient(y, kernelSize: size, stride: stride, padding: padding)
    let expected = dot(forward, y)
    #expect(abs(dot(x, dx) - expected) < 1e-10)
    #expect(abs(dot(w, dw) - expected) < 1e-10)
  }

  /// The transposed convolution is the data gradient of the convolution with exchanged channels.
  @Test(arguments: cases.indices) func isADataGradient(index: Int) {
    let item = Self.cases[index]
    let (stride, padding) = (KernelSteps(perAxis: item.stride), KernelSteps(perAxis: item.padding))
    let x = testValues(TensorShape([2] + item.size + [3]), seed: 4, as: Double.self)
    let w = testValues(TensorShape(item.kernel + [2, 3]), seed: 5, as: Double.self)
    let large = zip(item.size.indices, item.size).map {
      ($1 - 1) * item.stride[$0] + item.kernel[$0] - 2 * item.padding[$0]
    }
    let reference = ConvolutionCase(
      batch: 2, size: large, channels: 2, kernel: item.kernel, outputChannels: 3, stride: item.stride,
      padding: item.padding, dilation: item.stride.map { _ in 1 }
    ).dataGradient(x, w)
    let swapped = exchangingChannels(w)
    let result =
      item.size.count == 2
      ? x.transposedConv2D(swapped, stride: stride, padding: padding)
      : x.transposedConv3D(swapped, stride: stride, padding: padding)
    #expect(result.isClose(to: reference, absoluteTolerance: 1e-12))
  }

  @Test func emptyBatch() {
    let weight = Tensor<Double>(ones: [2, 2, 3, 4])
    #expect(Tensor<Double>(zeros: [0, 4, 4, 3]).transposedConv2D(weight, stride: 2).shape == [0, 8, 8, 4])
  }

  private func dot(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Double {
    zip(a.scalars, b.scalars).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func exchangingChannels(_ weight: Tensor<Double>) -> Tensor<Double> {
    let (rows, columns) = (weight.shape[-2], weight.shape[-1])
    let scalars = weight.scalars
    let exchanged = scalars.indices.map { index in
      let (matrix, rest) = index.quotientAndRemainder(dividingBy: rows * columns)
      return scalars[matrix * rows * columns + rest % rows * columns + rest / rows]
    }
    return Tensor(exchanged, shape: TensorShape(weight.shape.dimensions.dropLast(2) + [columns, rows]))
  }
}
