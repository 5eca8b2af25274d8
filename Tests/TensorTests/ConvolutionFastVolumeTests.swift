import Tensor
import Testing

/// k x 3 x 3 convolutions of volumes in Winograd's domain, against the definition in double precision.
@Suite(.serialized) struct ConvolutionFastVolumeTests {
  typealias Problem = ConvolutionFastTests.Problem

  /// `[depth, height, width]`, a kernel of `reach` slices.
  static func volume(
    _ batch: Int, _ size: [Int], _ channels: Int, reach: Int = 3, _ outputChannels: Int,
    padding: [Int] = [1, 1, 1]
  ) -> ConvolutionCase {
    ConvolutionCase(
      batch: batch, size: size, channels: channels, kernel: [reach, 3, 3], outputChannels: outputChannels,
      stride: [1, 1, 1], padding: padding, dilation: [1, 1, 1])
  }

  /// Thin volumes, odd sizes, channels around vectors and panels, kernels of 1 to 5 slices, paddings from none to more
  /// than the kernel, each order of work on either side of the limits between them.
  static let cases: [ConvolutionCase] = [
    volume(1, [1, 1, 1], 16, 16),
    volume(2, [1, 5, 6], 17, 16),
    volume(1, [2, 9, 7], 16, 33),
    volume(2, [3, 4, 4], 20, 19),
    volume(1, [7, 13, 9], 33, 18),
    volume(2, [5, 6, 5], 48, 40),
    volume(1, [4, 5, 6], 16, 16, padding: [0, 0, 0]),
    volume(1, [2, 3, 3], 16, 16, padding: [0, 0, 0]),
    volume(1, [3, 5, 4], 16, 20, padding: [4, 3, 2]),
    volume(2, [4, 5, 7], 16, reach: 1, 20, padding: [0, 1, 1]),
    volume(1, [3, 5, 7], 18, reach: 1, 16, padding: [1, 1, 1]),
    volume(1, [4, 6, 5], 16, reach: 2, 17, padding: [1, 1, 0]),
    volume(1, [6, 4, 9], 16, reach: 5, 16, padding: [2, 1, 1]),
    volume(1, [2, 4, 4], 16, reach: 5, 16, padding: [2, 1, 1]),
    // Many blocks of tiles and slices, and more than one group of blocks in the weight gradient.
    volume(1, [19, 20, 33], 16, 17),
    volume(2, [11, 21, 22], 32, 32),
    volume(1, [10, 18, 17], 80, 65),
    // Filters outside, with one and two images; sums over taps in pieces; cells of channels.
    volume(2, [4, 6, 8], 100, 70),
    volume(1, [3, 8, 5], 150, 140),
    volume(2, [9, 17, 16], 24, 132),
    volume(1, [20, 13, 16], 130, 16),
  ]

  @Test(arguments: [ConvolutionAlgorithm.fast, .exact])
  func agreesWithDoublePrecision(by algorithm: ConvolutionAlgorithm) {
    for item in Self.cases {
      let problem = Problem(item)
      let (_, padding, _) = item.steps
      let output = problem.input.conv3D(
        problem.weight, bias: problem.bias, padding: padding, algorithm: algorithm)
      let data = problem.gradient.conv3DDataGradient(
        problem.weight, inputShape: item.inputShape, padding: padding, algorithm: algorithm)
      let weight = problem.input.conv3DWeightGradient(
        problem.gradient, kernelSize: KernelSteps(perAxis: item.kernel), padding: padding,
        algorithm: algorithm)
      // As for images (ConvolutionFastTests): sums of up to 6750 products of zero mean.
      let bound = algorithm == .fast ? 3e-6 : 1e-6
      #expect(relativeError(output, problem.output) < bound, "forward of \(item)")
      #expect(relativeError(data, problem.dataGradient) < bound, "data gradient of \(item)")
      #expect(relativeError(weight, problem.weightGradient) < bound, "weight gradient of \(item)")
    }
  }

  /// Joined inputs, whose seams fall inside a vector, a panel and a cell.
  @Test(arguments: [ConvolutionAlgorithm.fast, .exact])
  func joinedInputs(by algorithm: ConvolutionAlgorithm) {
    for (item, first) in [
      (Self.volume(2, [5, 9, 10], 40, 24), 13), (Self.volume(1, [6, 8, 8], 150, 20), 70),
      (Self.volume(1, [3, 5, 6], 20, reach: 1, 17, padding: [0, 1, 1]), 3),
    ] {
      let problem = Problem(item)
      let (a, b) = ConvolutionTests.split(Tensor(converting: problem.input), first)
      let (x1, x2) = (Tensor<Float>(converting: a), Tensor<Float>(converting: b))
      let (_, padding, _) = item.steps
      let output = x1.conv3D(
        joinedWith: x2, problem.weight, bias: problem.bias, padding: padding, algorithm: algorithm)
      #expect(relativeError(output, problem.output) < 3e-6, "\(item)")
      let data = problem.gradient.conv3DDataGradients(
        problem.weight, firstShape: x1.shape, secondShape: x2.shape, padding: padding, algorithm: algorithm)
      let parts = ConvolutionTests.split(problem.dataGradient, first)
      #expect(relativeError(data.first, parts.0) < 3e-6, "\(item)")
      #expect(relativeError(data.second, parts.1) < 3e-6, "\(item)")
      let weight = x1.conv3DWeightGradient(
        joinedWith: x2, problem.gradient, kernelSize: KernelSteps(perAxis: item.kernel), padding: padding,
        algorithm: algorithm)
      #expect(relativeError(weight, problem.weightGradient) < 3e-6, "\(item)")
    }
  }

  /// Transposed convolutions of stride 1 read their weights output channels first.
  @Test func transposed() {
    for (size, reach, channels) in [
      ([3, 6, 5], 3, (18, 20)), ([2, 5, 4], 1, (16, 33)), ([5, 4, 7], 2, (40, 16)),
    ] {
      let x: Tensor<Float> = testValues(TensorShape([2] + size + [channels.0]), seed: 1)
      let w: Tensor<Float> = testValues([reach, 3, 3, channels.0, channels.1], seed: 2)
      let bias: Tensor<Float> = testValues([channels.1], seed: 3)
      let (xd, wd) = (Tensor<Double>(converting: x), Tensor<Double>(converting: w))
      let expected = xd.transposedConv3D(wd, bias: Tensor(converting: bias))
      #expect(relativeError(x.transposedConv3D(w, bias: bias), expected) < 3e-6)
      let dy: Tensor<Float> = testValues(expected.shape, seed: 4)
      let dyd = Tensor<Double>(converting: dy)
      #expect(
        relativeError(
          dy.transposedConv3DDataGradient(w, inputShape: x.shape),
          dyd.transposedConv3DDataGradient(wd, inputShape: x.shape)) < 3e-6)
      #expect(
        relativeError(
          x.transposedConv3DWeightGradient(dy, kernelSize: [reach, 3, 3]),
          xd.transposedConv3DWeightGradient(dyd, kernelSize: [reach, 3, 3])) < 3e-6)
    }
  }

  /// Both gradients of the parameters at once: the weights' to the bit, the bias's within its sum of rounding errors.
  @Test(arguments: [ConvolutionAlgorithm.fast, .exact])
  func parameterGradientsAreTheTwo(by algorithm: ConvolutionAlgorithm) {
    for item in Self.cases {
      let problem = Problem(item, withReference: false)
      let (kernel, padding) = (KernelSteps(perAxis: item.kernel), item.steps.padding)
      let (weight, bias) = problem.input.conv3DParameterGradients(
        problem.gradient, kernelSize: kernel, padding: padding, algorithm: algorithm)
      let alone = problem.input.conv3DWeightGradient(
        problem.gradient, kernelSize: kernel, padding: padding, algorithm: algorithm)
      #expect(weight.isIdentical(to: alone), "\(item)")
      let gradient = Tensor<Double>(converting: problem.gradient)
      let (expected, magnitude) = (
        gradient.convolutionBiasGradient(), gradient.magnitude.convolutionBiasGradient()
      )
      #expect(bias.shape == expected.shape)
      for channel in 0..<expected.elementCount {
        #expect(
          abs(Double(bias[channel].item) - expected[channel].item) <= 1e-6 * magnitude[channel].item,
          "\(item), channel \(channel)")
      }
    }
    let (a, b): (Tensor<Float>, Tensor<Float>) = (
      testValues([2, 5, 9, 10, 13], seed: 1), testValues([2, 5, 9, 10, 27], seed: 2)
    )
    let dy: Tensor<Float> = testValues([2, 5, 9, 10, 24], seed: 3)
    let joined = a.conv3DParameterGradients(
      joinedWith: b, dy, kernelSize: 3, padding: 1, algorithm: algorithm)
    #expect(
      joined.weight.isIdentical(
        to: a.conv3DWeightGradient(joinedWith: b, dy, kernelSize: 3, padding: 1, algorithm: algorithm)))
    #expect(relativeError(joined.bias, Tensor<Double>(converting: dy).convolutionBiasGradient()) < 3e-6)
  }

  /// The same bits with one, two and three threads, for every order of work.
  @Test func bitsDoNotDependOnThreads() {
    let threads = ComputeThreads.count
    defer { ComputeThreads.count = threads }
    for item in [
      Self.volume(2, [13, 25, 22], 20, 33), Self.volume(1, [9, 18, 20], 140, 40),
      Self.volume(2, [4, 7, 6], 100, 130),
      Self.volume(1, [1, 4, 4], 16, 16), Self.volume(1, [50, 16, 16], 16, 16),
    ] {
      let problem = Problem(item, withReference: false)
      let results = [1, 2, 3].map { count in
        ComputeThreads.count = count
        return [
          problem.input.conv3D(problem.weight, bias: problem.bias, padding: 1),
          problem.gradient.conv3DDataGradient(problem.weight, inputShape: item.inputShape, padding: 1),
          problem.input.conv3DWeightGradient(problem.gradient, kernelSize: 3, padding: 1),
          problem.input.conv3DParameterGradients(problem.gradient, kernelSize: 3, padding: 1).bias,
        ]
      }
      for result in results[1...] {
        #expect(zip(result, results[0]).allSatisfy { $0.isIdentical(to: $1) }, "\(item)")
      }
    }
  }
}
