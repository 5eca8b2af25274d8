import Autograd
import Tensor
import Testing

@Suite struct ConvolutionTests {
  typealias Options = (stride: KernelSteps, padding: KernelSteps, dilation: KernelSteps)

  /// Image shape, kernel, output channels and steps: odd sizes, size 1, strides, dilation.
  static let images: [(TensorShape, TensorShape, Options)] = [
    ([2, 5, 4, 3], [3, 3, 3, 2], (1, 1, 1)),
    ([1, 1, 1, 1], [3, 3, 1, 1], (1, 1, 1)),
    ([1, 7, 6, 2], [3, 2, 2, 3], (2, [1, 0], 1)),
    ([1, 7, 5, 1], [2, 2, 1, 2], (1, 0, 2)),
  ]

  @Test(arguments: images.indices) func conv2D(index: Int) {
    let (image, kernel, steps) = Self.images[index]
    expectGradient(of: "conv2D", at: points([image, kernel, [kernel[-1]]])) {
      $0[0].conv2D(
        $0[1], bias: $0[2], stride: steps.stride, padding: steps.padding, dilation: steps.dilation)
    }
  }

  @Test func conv2DJoined() {
    expectGradient(of: "conv2D", at: points([[2, 4, 5, 2], [2, 4, 5, 3], [3, 3, 5, 2], [2]])) {
      $0[0].conv2D(joinedWith: $0[1], $0[2], bias: $0[3], padding: 1)
    }
  }

  @Test func conv3D() {
    expectGradient(of: "conv3D", at: points([[1, 3, 4, 3, 2], [3, 3, 3, 2, 2], [2]])) {
      $0[0].conv3D($0[1], bias: $0[2], stride: [1, 2, 1], padding: 1)
    }
  }

  @Test func conv3DJoined() {
    expectGradient(of: "conv3D", at: points([[1, 3, 2, 3, 2], [1, 3, 2, 3, 1], [1, 2, 3, 3, 2]])) {
      $0[0].conv3D(joinedWith: $0[1], $0[2], padding: [0, 1, 1])
    }
  }

  /// `Float` with as many channels as Winograd's method takes, in planes and volumes: each gradient, projected on random
  /// numbers, beside that of `Double`, which is computed by the definition.
  @Test(arguments: [[5, 6], [4, 5, 6]]) func manyChannels(size: [Int]) {
    let shapes: [TensorShape] = [
      TensorShape([2] + size + [16]), TensorShape([2] + size + [4]),
      TensorShape(size.map { _ in 3 } + [20, 17]), [17],
    ]
    let numbers = points(shapes)
    func gradients<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) -> [Tensor<Double>?] {
      let x = numbers.map { Variable(Tensor<Scalar>(converting: $0), requiresGradient: true) }
      let y =
        size.count == 2
        ? x[0].conv2D(joinedWith: x[1], x[2], bias: x[3], padding: 1)
        : x[0].conv3D(joinedWith: x[1], x[2], bias: x[3], padding: 1)
      y.backward(gradient: Tensor(converting: points([y.shape])[0]))
      return x.map { $0.gradient.map { Tensor(converting: $0) } }
    }
    for (fast, exact) in zip(gradients(Float.self), gradients(Double.self)) {
      guard let fast, let exact else {
        Issue.record("a gradient is missing")
        continue
      }
      let direction = points([exact.shape, exact.shape])[1]
      let error = ((fast - exact) * direction).sum().item.magnitude
      // A random sign for each of n errors: their sum is about the root of n times one of them.
      let size = ((exact * exact).sum().item * (direction * direction).mean().item).squareRoot()
      #expect(error < 1e-5 * size, "\(exact.shape): \(error) of \(size)")
    }
  }

  @Test(arguments: [1, 2]) func transposedConv2D(stride: Int) {
    expectGradient(of: "transposedConv2D", at: points([[2, 3, 2, 3], [2, 2, 3, 2], [2]])) {
      $0[0].transposedConv2D($0[1], bias: $0[2], stride: KernelSteps(stride))
    }
  }

  @Test func transposedConv3D() {
    expectGradient(of: "transposedConv3D", at: points([[1, 2, 3, 2, 2], [2, 2, 2, 2, 3], [3]])) {
      $0[0].transposedConv3D($0[1], bias: $0[2], stride: 2)
    }
  }

  /// The image is a constant: only the weights get a gradient, which is the sum of the 2x2 windows.
  @Test func constantInput() {
    let image = Variable(Tensor<Double>(arange: 1, to: 10).reshaped([1, 3, 3, 1]))
    let weight = Variable(Tensor<Double>(ones: [2, 2, 1, 1]), requiresGradient: true)
    image.conv2D(weight).backward(gradient: Tensor(ones: [1, 2, 2, 1]))
    #expect(weight.gradient == Tensor([12, 16, 24, 28], shape: [2, 2, 1, 1]))
    #expect(image.gradient == nil)
  }

  private func points(_ shapes: [TensorShape]) -> [Tensor<Double>] {
    shapes.enumerated().map { testTensor($1, seed: UInt64($0) + 1) }
  }
}
