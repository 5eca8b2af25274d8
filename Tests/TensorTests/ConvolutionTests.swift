import Tensor
import Testing

@Suite struct ConvolutionTests {
  static let cases: [ConvolutionCase] = [
    ConvolutionCase(),
    .image(1, 1, 1, 1, kernel: 1, 1),
    .image(1, 1, 1, 1, kernel: 3, 1, padding: 1),
    .image(2, 6, 5, 1, kernel: 3, 2, padding: 1),
    .image(1, 9, 8, 3, kernel: 3, 5, stride: 2, padding: 1),
    .image(3, 8, 7, 2, kernel: 2, 3, stride: 2),
    .image(1, 11, 9, 2, kernel: 3, 2, padding: 2, dilation: 2),
    .image(1, 4, 4, 2, kernel: 5, 2, stride: 3, padding: 4),
    .image(2, 7, 6, 4, kernel: 1, 3),
    ConvolutionCase(
      batch: 2, size: [6, 9], channels: 2, kernel: [3, 2], outputChannels: 3, stride: [2, 1],
      padding: [0, 2], dilation: [1, 3]),
    ConvolutionCase(
      batch: 2, size: [3, 5, 4], channels: 2, kernel: [3, 3, 3], outputChannels: 3, stride: [1, 1, 1],
      padding: [1, 1, 1], dilation: [1, 1, 1]),
    ConvolutionCase(
      batch: 1, size: [4, 5, 6], channels: 3, kernel: [1, 3, 2], outputChannels: 2, stride: [2, 1, 3],
      padding: [1, 0, 2], dilation: [1, 2, 1]),
  ]

  /// A 3x3 image, a 2x2 kernel: worked out by hand.
  @Test func handWorkedValue() {
    let image = Tensor<Double>([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [1, 3, 3, 1])
    let weight = Tensor<Double>([1, 0, 0, -1], shape: [2, 2, 1, 1])
    // 1 - 5, 2 - 6, 4 - 8, 5 - 9, plus a bias of 10.
    #expect(
      image.conv2D(weight, bias: Tensor([10])) == Tensor([6, 6, 6, 6], shape: [1, 2, 2, 1]))
    // Padding 1, stride 2: the windows begin at (-1, -1), (-1, 1), (1, -1), (1, 1).
    #expect(
      image.conv2D(weight, stride: 2, padding: 1) == Tensor([-1, -3, -7, -4], shape: [1, 2, 2, 1]))
  }

  /// One voxel of weight 2 in a 1x1x1 kernel and the sum over a 2x2x2 cube.
  @Test func handWorkedVolume() {
    let volume = Tensor<Double>(arange: 1, to: 9).reshaped([1, 2, 2, 2, 1])
    #expect(volume.conv3D(Tensor(ones: [2, 2, 2, 1, 1])) == Tensor([36], shape: [1, 1, 1, 1, 1]))
    #expect(
      volume.conv3D(Tensor([2], shape: [1, 1, 1, 1, 1]))
        == Tensor(volume.scalars.map { $0 * 2 }, shape: volume.shape))
  }

  @Test(arguments: cases) func agreesWithTheDefinition(of item: ConvolutionCase) {
    let input = testValues(item.inputShape, seed: 1, as: Double.self)
    let weight = testValues(item.weightShape, seed: 2, as: Double.self)
    let output = Self.forward(item, input, weight)
    #expect(output.isClose(to: item.forward(input, weight), absoluteTolerance: 1e-12))
  }

  @Test(arguments: cases) func dataGradientAgreesWithTheDefinition(of item: ConvolutionCase) {
    let gradient = testValues(item.outputShape, seed: 3, as: Double.self)
    let weight = testValues(item.weightShape, seed: 4, as: Double.self)
    let steps = item.steps
    let result =
      item.size.count == 2
      ? gradient.conv2DDataGradient(
        weight, inputShape: item.inputShape, stride: steps.stride, padding: steps.padding,
        dilation: steps.dilation)
      : gradient.conv3DDataGradient(
        weight, inputShape: item.inputShape, stride: steps.stride, padding: steps.padding,
        dilation: steps.dilation)
    #expect(result.isClose(to: item.dataGradient(gradient, weight), absoluteTolerance: 1e-12))
  }

  @Test(arguments: cases) func weightGradientAgreesWithTheDefinition(of item: ConvolutionCase) {
    let input = testValues(item.inputShape, seed: 5, as: Double.self)
    let gradient = testValues(item.outputShape, seed: 6, as: Double.self)
    let steps = item.steps
    let size = KernelSteps(perAxis: item.kernel)
    let result =
      item.size.count == 2
      ? input.conv2DWeightGradient(
        gradient, kernelSize: size, stride: steps.stride, padding: steps.padding, dilation: steps.dilation)
      : input.conv3DWeightGradient(
        gradient, kernelSize: size, stride: steps.stride, padding: steps.padding, dilation: steps.dilation)
    #expect(result.isClose(to: item.weightGradient(input, gradient), absoluteTolerance: 1e-12))
  }

  @Test func biasGradientIsTheSumOverPixels() {
    let gradient = testValues([3, 20, 19, 5], seed: 7, as: Double.self)
    let sums = (0..<5).map { channel in
      gradient.scalars.enumerated().reduce(0) { $0 + ($1.offset % 5 == channel ? $1.element : 0) }
    }
    #expect(gradient.convolutionBiasGradient().isClose(to: Tensor(sums), absoluteTolerance: 1e-12))
  }

  /// Joined inputs give what their concatenation gives, forward and in all gradients.
  @Test(arguments: [1, 3]) func joinedInputsAreAConcatenation(firstChannels: Int) {
    let item = ConvolutionCase.image(2, 6, 5, 4, kernel: 3, 3, stride: 2, padding: 1)
    let input = testValues(item.inputShape, seed: 8, as: Double.self)
    let weight = testValues(item.weightShape, seed: 9, as: Double.self)
    let gradient = testValues(item.outputShape, seed: 10, as: Double.self)
    let (first, second) = Self.split(input, firstChannels)
    #expect(
      first.conv2D(joinedWith: second, weight, stride: 2, padding: 1)
        .isClose(to: item.forward(input, weight), absoluteTolerance: 1e-12))
    let parts = gradient.conv2DDataGradients(
      weight, firstShape: first.shape, secondShape: second.shape, stride: 2, padding: 1)
    let (dFirst, dSecond) = Self.split(item.dataGradient(gradient, weight), firstChannels)
    #expect(parts.first.isClose(to: dFirst, absoluteTolerance: 1e-12))
    #expect(parts.second.isClose(to: dSecond, absoluteTolerance: 1e-12))
    #expect(
      first.conv2DWeightGradient(joinedWith: second, gradient, kernelSize: 3, stride: 2, padding: 1)
        .isClose(to: item.weightGradient(input, gradient), absoluteTolerance: 1e-12))
  }

  @Test func joinedVolumesAreAConcatenation() {
    let item = ConvolutionCase(
      batch: 1, size: [3, 4, 5], channels: 5, kernel: [3, 3, 3], outputChannels: 2, stride: [1, 1, 1],
      padding: [1, 1, 1], dilation: [1, 1, 1])
    let input = testValues(item.inputShape, seed: 8, as: Double.self)
    let weight = testValues(item.weightShape, seed: 9, as: Double.self)
    let gradient = testValues(item.outputShape, seed: 10, as: Double.self)
    let (first, second) = Self.split(input, 2)
    #expect(
      first.conv3D(joinedWith: second, weight, padding: 1)
        .isClose(to: item.forward(input, weight), absoluteTolerance: 1e-12))
    let parts = gradient.conv3DDataGradients(
      weight, firstShape: first.shape, secondShape: second.shape, padding: 1)
    let (dFirst, dSecond) = Self.split(item.dataGradient(gradient, weight), 2)
    #expect(parts.first.isClose(to: dFirst, absoluteTolerance: 1e-12))
    #expect(parts.second.isClose(to: dSecond, absoluteTolerance: 1e-12))
    #expect(
      first.conv3DWeightGradient(joinedWith: second, gradient, kernelSize: 3, padding: 1)
        .isClose(to: item.weightGradient(input, gradient), absoluteTolerance: 1e-12))
  }

  /// An empty batch, no channels, and an image smaller than the kernel.
  @Test func emptyShapes() {
    let weight = Tensor<Double>(ones: [3, 3, 2, 4])
    #expect(Tensor<Double>(zeros: [0, 8, 8, 2]).conv2D(weight, padding: 1).shape == [0, 8, 8, 4])
    #expect(Tensor<Double>(ones: [1, 2, 5, 2]).conv2D(weight).shape == [1, 0, 3, 4])
    #expect(
      Tensor<Double>(ones: [1, 2, 2, 0]).conv2D(Tensor(ones: [1, 1, 0, 2]), bias: Tensor([3, 4]))
        == Tensor([3, 4, 3, 4, 3, 4, 3, 4], shape: [1, 2, 2, 2]))
    #expect(
      Tensor<Double>(zeros: [0, 8, 8, 2]).conv2DWeightGradient(
        Tensor(zeros: [0, 8, 8, 4]), kernelSize: 3, padding: 1) == Tensor(zeros: [3, 3, 2, 4]))
    #expect(
      Tensor<Double>(zeros: [1, 0, 3, 4]).conv2DDataGradient(weight, inputShape: [1, 2, 5, 2])
        == Tensor(zeros: [1, 2, 5, 2]))
  }

  @Test func shapesThatDoNotFitTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>(ones: [1, 4, 4, 3]).conv2D(Tensor(ones: [3, 3, 2, 4]))
    }
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>(ones: [1, 4, 4, 2]).conv2D(Tensor(ones: [3, 3, 2, 4]), bias: Tensor(ones: [3]))
    }
  }

  @Test func kernelStepsReadLiterals() {
    let both: KernelSteps = 2
    let each: KernelSteps = [1, 3]
    #expect(both.values == [2])
    #expect(each.values == [1, 3])
    #expect(KernelSteps(perAxis: [4, 5, 6]).description == "[4, 5, 6]")
  }

  static func forward(
    _ item: ConvolutionCase, _ input: Tensor<Double>, _ weight: Tensor<Double>
  ) -> Tensor<Double> {
    let steps = item.steps
    return item.size.count == 2
      ? input.conv2D(weight, stride: steps.stride, padding: steps.padding, dilation: steps.dilation)
      : input.conv3D(weight, stride: steps.stride, padding: steps.padding, dilation: steps.dilation)
  }

  /// The first `count` channels and the rest.
  static func split(_ whole: Tensor<Double>, _ count: Int) -> (Tensor<Double>, Tensor<Double>) {
    let channels = whole.shape[-1]
    let parts = (0..<2).map { part in
      let kept = whole.scalars.enumerated().filter { ($0.offset % channels < count) == (part == 0) }
      return Tensor(
        kept.map(\.element),
        shape: whole.shape.replacing(axis: -1, with: part == 0 ? count : channels - count))
    }
    return (parts[0], parts[1])
  }
}
