import Tensor
import Testing

/// The `Float` paths against the definition in double precision, for every instruction set of the machine.
@Suite(.serialized) struct ConvolutionFastTests {
  /// Shapes for every path: sizes that divide nothing, 1 and 3 channels, size 1, channels around vectors and
  /// panels, images smaller than a tile or the kernel, both schedules of Winograd.
  static let cases: [ConvolutionCase] = [
    .image(1, 1, 1, 1, kernel: 1, 1),
    .image(1, 1, 1, 1, kernel: 3, 1, padding: 1),
    .image(2, 9, 7, 1, kernel: 3, 32, padding: 1),
    .image(1, 10, 11, 3, kernel: 3, 40, padding: 1),
    .image(1, 5, 6, 4, kernel: 3, 5, padding: 1),
    .image(1, 13, 9, 16, kernel: 1, 5),
    .image(1, 4, 4, 33, kernel: 1, 34),
    .image(2, 9, 8, 18, kernel: 3, 20, stride: 2, padding: 1),
    .image(1, 12, 11, 17, kernel: 3, 16, padding: 2, dilation: 2),
    .image(1, 7, 7, 3, kernel: 5, 9, stride: 3, padding: 4),
    .image(2, 8, 6, 20, kernel: 2, 12, stride: 2),
    .image(2, 7, 5, 6, kernel: 2, 3, stride: 2),
    .image(1, 30, 41, 2, kernel: 7, 3, stride: 2, padding: 3),
    // Winograd.
    .image(1, 1, 1, 16, kernel: 3, 16, padding: 1),
    .image(1, 3, 3, 16, kernel: 3, 16),
    .image(1, 2, 5, 16, kernel: 3, 16),
    .image(2, 9, 10, 17, kernel: 3, 19, padding: 1),
    .image(1, 12, 13, 48, kernel: 3, 33, padding: 1),
    .image(1, 6, 7, 32, kernel: 3, 64, padding: 2),
    .image(1, 5, 4, 16, kernel: 3, 31, padding: 3),
    .image(3, 24, 24, 64, kernel: 3, 32, padding: 1),
    .image(1, 8, 8, 130, kernel: 3, 70, padding: 1),
    .image(1, 9, 7, 150, kernel: 3, 140, padding: 1),
    .image(2, 36, 35, 20, kernel: 3, 132, padding: 1),
    ConvolutionCase(
      batch: 2, size: [3, 5, 4], channels: 5, kernel: [3, 3, 3], outputChannels: 18, stride: [1, 1, 1],
      padding: [1, 1, 1], dilation: [1, 1, 1]),
    ConvolutionCase(
      batch: 1, size: [4, 5, 6], channels: 3, kernel: [1, 3, 2], outputChannels: 2, stride: [2, 1, 3],
      padding: [1, 0, 2], dilation: [1, 2, 1]),
    ConvolutionCase(
      batch: 1, size: [4, 5, 6], channels: 16, kernel: [2, 2, 2], outputChannels: 17, stride: [2, 2, 2],
      padding: [0, 0, 0], dilation: [1, 1, 1]),
  ]

  /// The one in use. Another one would be in use for all tests that run at the same time, so Tests/run.sh runs this suite
  /// once under each.
  static let variants = [InstructionSet.active]

  @Test(arguments: variants, [ConvolutionAlgorithm.fast, .exact])
  func agreesWithDoublePrecision(on variant: InstructionSet, by algorithm: ConvolutionAlgorithm) {
    Self.with(variant) {
      for item in Self.cases {
        let problem = Problem(item)
        let steps = item.steps
        let isImage = item.size.count == 2
        let output =
          isImage
          ? problem.input.conv2D(
            problem.weight, bias: problem.bias, stride: steps.stride, padding: steps.padding,
            dilation: steps.dilation, algorithm: algorithm)
          : problem.input.conv3D(
            problem.weight, bias: problem.bias, stride: steps.stride, padding: steps.padding,
            dilation: steps.dilation, algorithm: algorithm)
        let data =
          isImage
          ? problem.gradient.conv2DDataGradient(
            problem.weight, inputShape: item.inputShape, stride: steps.stride, padding: steps.padding,
            dilation: steps.dilation, algorithm: algorithm)
          : problem.gradient.conv3DDataGradient(
            problem.weight, inputShape: item.inputShape, stride: steps.stride, padding: steps.padding,
            dilation: steps.dilation, algorithm: algorithm)
        let kernel = KernelSteps(perAxis: item.kernel)
        let weight =
          isImage
          ? problem.input.conv2DWeightGradient(
            problem.gradient, kernelSize: kernel, stride: steps.stride, padding: steps.padding,
            dilation: steps.dilation, algorithm: algorithm)
          : problem.input.conv3DWeightGradient(
            problem.gradient, kernelSize: kernel, stride: steps.stride, padding: steps.padding,
            dilation: steps.dilation, algorithm: algorithm)
        // Sums of up to 1350 products of zero mean, added in order; see NumericalStability for the table.
        let bound = algorithm == .fast ? 3e-6 : 1e-6
        #expect(relativeError(output, problem.output) < bound, "forward of \(item)")
        #expect(relativeError(data, problem.dataGradient) < bound, "data gradient of \(item)")
        #expect(relativeError(weight, problem.weightGradient) < bound, "weight gradient of \(item)")
      }
    }
  }

  /// Joined inputs, whose seams fall inside a vector and a panel.
  @Test(arguments: variants, [ConvolutionAlgorithm.fast, .exact])
  func joinedInputs(on variant: InstructionSet, by algorithm: ConvolutionAlgorithm) {
    Self.with(variant) {
      for (item, first) in [
        (ConvolutionCase.image(2, 9, 10, 40, kernel: 3, 24, padding: 1), 13),
        (.image(1, 8, 8, 150, kernel: 3, 140, padding: 1), 70),
        (.image(1, 7, 9, 5, kernel: 3, 4, stride: 2, padding: 1), 2),
      ] {
        let problem = Problem(item)
        let (a, b) = ConvolutionTests.split(Tensor(converting: problem.input), first)
        let (x1, x2) = (Tensor<Float>(converting: a), Tensor<Float>(converting: b))
        let steps = item.steps
        let output = x1.conv2D(
          joinedWith: x2, problem.weight, bias: problem.bias, stride: steps.stride, padding: steps.padding,
          algorithm: algorithm)
        #expect(relativeError(output, problem.output) < 3e-6)
        let data = problem.gradient.conv2DDataGradients(
          problem.weight, firstShape: x1.shape, secondShape: x2.shape, stride: steps.stride,
          padding: steps.padding, algorithm: algorithm)
        let parts = ConvolutionTests.split(problem.dataGradient, first)
        #expect(relativeError(data.first, parts.0) < 3e-6)
        #expect(relativeError(data.second, parts.1) < 3e-6)
        let weight = x1.conv2DWeightGradient(
          joinedWith: x2, problem.gradient, kernelSize: 3, stride: steps.stride, padding: steps.padding,
          algorithm: algorithm)
        #expect(relativeError(weight, problem.weightGradient) < 3e-6)
      }
    }
  }

  /// Transposed convolution against the double path, which has tests of its own.
  @Test(arguments: variants) func transposed(on variant: InstructionSet) {
    Self.with(variant) {
      for (size, kernel, channels, stride) in [
        ([5, 4], 2, (20, 9), 2), ([3, 7], 3, (16, 17), 1), ([4, 4], 3, (5, 34), 2), ([3, 2], 1, (2, 3), 2),
        // Weight gradients in the weights' own order: parts of the channels, and groups of rows with a border.
        ([8, 5], 2, (200, 48), 2), ([40, 33], 3, (9, 16), 1),
      ] {
        let x: Tensor<Float> = testValues(TensorShape([2] + size + [channels.0]), seed: 1)
        let w: Tensor<Float> = testValues([kernel, kernel, channels.0, channels.1], seed: 2)
        let bias: Tensor<Float> = testValues([channels.1], seed: 3)
        let (xd, wd) = (Tensor<Double>(converting: x), Tensor<Double>(converting: w))
        let step = KernelSteps(stride)
        let expected = xd.transposedConv2D(wd, bias: Tensor(converting: bias), stride: step)
        #expect(relativeError(x.transposedConv2D(w, bias: bias, stride: step), expected) < 3e-6)
        let dy: Tensor<Float> = testValues(expected.shape, seed: 4)
        let dyd = Tensor<Double>(converting: dy)
        #expect(
          relativeError(
            dy.transposedConv2DDataGradient(w, inputShape: x.shape, stride: step),
            dyd.transposedConv2DDataGradient(wd, inputShape: x.shape, stride: step)) < 3e-6)
        #expect(
          relativeError(
            x.transposedConv2DWeightGradient(dy, kernelSize: KernelSteps(kernel), stride: step),
            xd.transposedConv2DWeightGradient(dyd, kernelSize: KernelSteps(kernel), stride: step)) < 3e-6)
      }
    }
  }

  /// Both gradients of the parameters at once: the weights' to the bit, the bias's within its sum of rounding errors.
  @Test(arguments: variants, [ConvolutionAlgorithm.fast, .exact])
  func parameterGradientsAreTheTwo(on variant: InstructionSet, by algorithm: ConvolutionAlgorithm) {
    Self.with(variant) {
      for item in Self.cases where item.size.count == 2 {
        let problem = Problem(item)
        let (steps, kernel) = (item.steps, KernelSteps(perAxis: item.kernel))
        let (weight, bias) = problem.input.conv2DParameterGradients(
          problem.gradient, kernelSize: kernel, stride: steps.stride, padding: steps.padding,
          dilation: steps.dilation, algorithm: algorithm)
        let alone = problem.input.conv2DWeightGradient(
          problem.gradient, kernelSize: kernel, stride: steps.stride, padding: steps.padding,
          dilation: steps.dilation, algorithm: algorithm)
        #expect(weight.isIdentical(to: alone), "\(item)")
        let gradient = Tensor<Double>(converting: problem.gradient)
        let expected = gradient.convolutionBiasGradient()
        let magnitude = gradient.magnitude.convolutionBiasGradient()
        #expect(bias.shape == expected.shape)
        for channel in 0..<expected.elementCount {
          #expect(
            abs(Double(bias[channel].item) - expected[channel].item) <= 1e-6 * magnitude[channel].item,
            "\(item), channel \(channel)")
        }
      }
      let (a, b): (Tensor<Float>, Tensor<Float>) = (
        testValues([2, 9, 10, 13], seed: 1), testValues([2, 9, 10, 27], seed: 2)
      )
      let dy: Tensor<Float> = testValues([2, 9, 10, 24], seed: 3)
      let joined = a.conv2DParameterGradients(
        joinedWith: b, dy, kernelSize: 3, padding: 1, algorithm: algorithm)
      #expect(
        joined.weight.isIdentical(
          to: a.conv2DWeightGradient(joinedWith: b, dy, kernelSize: 3, padding: 1, algorithm: algorithm)))
      #expect(relativeError(joined.bias, Tensor<Double>(converting: dy).convolutionBiasGradient()) < 3e-6)
    }
  }

  /// The same bits with one, two and three threads.
  @Test func bitsDoNotDependOnThreads() {
    let threads = ComputeThreads.count
    defer { ComputeThreads.count = threads }
    for item in [
      ConvolutionCase.image(4, 33, 30, 20, kernel: 3, 40, padding: 1),
      .image(2, 20, 21, 140, kernel: 3, 130, padding: 1),
      .image(3, 40, 40, 3, kernel: 3, 8, padding: 1),
      // Winograd's blocks of about 56 and 112 tiles, and fewer tiles than threads.
      .image(1, 50, 50, 100, kernel: 3, 100, padding: 1),
      .image(1, 70, 70, 16, kernel: 3, 160, padding: 1),
      .image(1, 4, 4, 20, kernel: 3, 30, padding: 1),
    ] {
      let problem = Problem(item, withReference: false)
      let results = [1, 2, 3].map { count in
        ComputeThreads.count = count
        return [
          problem.input.conv2D(problem.weight, padding: 1),
          problem.gradient.conv2DDataGradient(problem.weight, inputShape: item.inputShape, padding: 1),
          problem.input.conv2DWeightGradient(problem.gradient, kernelSize: 3, padding: 1),
          problem.gradient.convolutionBiasGradient(),
          problem.input.conv2DParameterGradients(problem.gradient, kernelSize: 3, padding: 1).bias,
        ]
      }
      for result in results[1...] {
        #expect(zip(result, results[0]).allSatisfy { $0.isIdentical(to: $1) }, "\(item)")
      }
    }
    let x: Tensor<Float> = testValues([2, 16, 16, 130], seed: 1)
    let gradient: Tensor<Float> = testValues([2, 32, 32, 32], seed: 2)
    let weights = [1, 2, 3].map { count in
      ComputeThreads.count = count
      return x.transposedConv2DWeightGradient(gradient, kernelSize: 2, stride: 2)
    }
    #expect(weights.allSatisfy { $0.isIdentical(to: weights[0]) }, "transposed")
  }

  /// A NaN in one pixel: the exact path keeps it to the nine outputs that read it, Winograd to the tiles.
  @Test func nonFiniteValuesPass() {
    var image = Tensor<Float>(ones: [1, 16, 16, 16])
    image[0, 5, 5, 3] = .nan
    image[0, 13, 13, 0] = .infinity
    let weight = Tensor<Float>(ones: [3, 3, 16, 16])
    let exact = image.conv2D(weight, padding: 1, algorithm: .exact)
    let fast = image.conv2D(weight, padding: 1)
    for row in 0..<16 {
      for column in 0..<16 {
        let readsNaN = abs(row - 5) <= 1 && abs(column - 5) <= 1
        let readsInfinity = abs(row - 13) <= 1 && abs(column - 13) <= 1
        #expect(exact[0, row, column, 7].isNaN == readsNaN)
        #expect((exact[0, row, column, 7] == .infinity) == readsInfinity)
        // Tiles begin at multiples of 4 and read one pixel around: (5, 5) is read by the tile of rows 4...7
        // alone, (13, 13) by that of rows 12...15.
        let inTiles = row / 4 == 1 && column / 4 == 1 || row / 4 == 3 && column / 4 == 3
        if !inTiles { #expect(fast[0, row, column, 7].isFinite) }
        if readsNaN || readsInfinity { #expect(!fast[0, row, column, 7].isFinite) }
      }
    }
  }

  @Test func emptyShapes() {
    let weight = Tensor<Float>(ones: [3, 3, 16, 32])
    for algorithm in [ConvolutionAlgorithm.fast, .exact] {
      #expect(
        Tensor<Float>(zeros: [0, 8, 8, 16]).conv2D(weight, padding: 1, algorithm: algorithm).shape
          == [0, 8, 8, 32])
      #expect(
        Tensor<Float>(ones: [1, 2, 5, 16]).conv2D(weight, algorithm: algorithm).shape == [1, 0, 3, 32])
      #expect(
        Tensor<Float>(zeros: [0, 8, 8, 16]).conv2DWeightGradient(
          Tensor(zeros: [0, 8, 8, 32]), kernelSize: 3, padding: 1, algorithm: algorithm)
          == Tensor(zeros: [3, 3, 16, 32]))
      let (weightGradient, biasGradient) = Tensor<Float>(zeros: [0, 8, 8, 16]).conv2DParameterGradients(
        Tensor(zeros: [0, 8, 8, 32]), kernelSize: 3, padding: 1, algorithm: algorithm)
      #expect(weightGradient == Tensor(zeros: [3, 3, 16, 32]) && biasGradient == Tensor(zeros: [32]))
      #expect(
        Tensor<Float>(zeros: [1, 0, 3, 32]).conv2DDataGradient(
          weight, inputShape: [1, 2, 5, 16], algorithm: algorithm) == Tensor(zeros: [1, 2, 5, 16]))
    }
    #expect(
      Tensor<Float>(ones: [1, 2, 1, 0]).conv2D(Tensor(ones: [1, 1, 0, 2]), bias: Tensor([3, 4]))
        == Tensor([3, 4, 3, 4], shape: [1, 2, 1, 2]))
  }

  private static func with(_ variant: InstructionSet, _ body: () -> Void) {
    #expect(InstructionSet.active == variant)
    body()
  }

  /// Inputs in `Float` and results of the definition in `Double`.
  struct Problem {
    let input: Tensor<Float>
    let weight: Tensor<Float>
    let bias: Tensor<Float>
    let gradient: Tensor<Float>
    var output = Tensor<Double>([])
    var dataGradient = Tensor<Double>([])
    var weightGradient = Tensor<Double>([])

    init(_ item: ConvolutionCase, withReference: Bool = true) {
      input = testValues(item.inputShape, seed: 1)
      weight = testValues(item.weightShape, seed: 2)
      bias = testValues([item.outputChannels], seed: 3)
      gradient = testValues(item.outputShape, seed: 4)
      guard withReference else { return }
      // The double path agrees with the definition (ConvolutionTests) and is faster than its loops.
      let (x, w) = (Tensor<Double>(converting: input), Tensor<Double>(converting: weight))
      let dy = Tensor<Double>(converting: gradient)
      let steps = item.steps
      let kernel = KernelSteps(perAxis: item.kernel)
      if item.size.count == 2 {
        output = x.conv2D(
          w, bias: Tensor(converting: bias), stride: steps.stride, padding: steps.padding,
          dilation: steps.dilation)
        dataGradient = dy.conv2DDataGradient(
          w, inputShape: item.inputShape, stride: steps.stride, padding: steps.padding,
          dilation: steps.dilation)
        weightGradient = x.conv2DWeightGradient(
          dy, kernelSize: kernel, stride: steps.stride, padding: steps.padding, dilation: steps.dilation)
      } else {
        output = x.conv3D(
          w, bias: Tensor(converting: bias), stride: steps.stride, padding: steps.padding,
          dilation: steps.dilation)
        dataGradient = dy.conv3DDataGradient(
          w, inputShape: item.inputShape, stride: steps.stride, padding: steps.padding,
          dilation: steps.dilation)
        weightGradient = x.conv3DWeightGradient(
          dy, kernelSize: kernel, stride: steps.stride, padding: steps.padding, dilation: steps.dilation)
      }
    }
  }
}
