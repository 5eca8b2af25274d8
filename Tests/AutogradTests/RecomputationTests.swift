import Autograd
import Tensor
import Testing

/// A convolution behind batch norm does not keep a large input but has it computed again.
@Suite struct RecomputationTests {
  /// Inputs and parameters of convolution, batch norm, convolution (joined with a second input, or transposed). The
  /// input is as large as those that are computed again.
  private let x: Variable<Float> = {
    var generator = PhiloxGenerator(seed: 1)
    return Variable(
      Tensor(uniform: -1..<1, shape: [8, 512, 512, 4], using: &generator), requiresGradient: true)
  }()
  private let weight = Variable(testTensor([4], seed: 2).sigmoid().float, requiresGradient: true)
  private let bias = Variable(testTensor([4], seed: 3).float, requiresGradient: true)
  private let kernel = Variable(testTensor([3, 3, 4, 6], seed: 4).float, requiresGradient: true)
  private let joined = Variable(testTensor([3, 3, 8, 6], seed: 5).float, requiresGradient: true)
  private let up = Variable(testTensor([2, 2, 4, 6], seed: 6).float, requiresGradient: true)

  /// The gradients of everything; `pass` stands between batch norm and the convolutions.
  private func gradients(_ pass: (Variable<Float>) -> Variable<Float>) -> [Tensor<Float>?] {
    let all = [x, weight, bias, kernel, joined, up]
    for variable in all { variable.gradient = nil }
    let trained = pass(x.batchNorm(weight: weight, bias: bias, negativeSlope: 0.01).output)
    let evaluated = pass(
      x.batchNorm(
        weight: weight, bias: bias, mean: Tensor(repeating: 0.1, shape: [4]), variance: Tensor(ones: [4])))
    let sums = [
      trained.conv2D(kernel, padding: 1), trained.conv2D(joinedWith: evaluated, joined, padding: 1),
      evaluated.transposedConv2D(up, stride: 2),
    ].map { ($0 * $0).sum() }
    (sums[0] + sums[1] + sums[2]).backward()
    return all.map(\.gradient)
  }

  @Test func gradientsHaveTheBitsOfAKeptInput() {
    // An operator that knows no way to compute its value again.
    let kept = gradients { .recorded("kept", inputs: [$0], value: $0.value) { [$0] } }
    #expect(gradients { $0 } == kept)
    #expect(kept.allSatisfy { $0 != nil })
  }

  // The counters are the whole process's, so this one runs in a process of its own.
  @Test func theGraphDoesNotHoldTheInput() async {
    await #expect(processExitsWith: .success) {
      let x = Variable(Tensor<Float>(ones: [8, 512, 512, 4]), requiresGradient: true)
      let small = Variable(Tensor<Float>(ones: [8, 512, 511, 4]), requiresGradient: true)
      let kernel = Variable(Tensor<Float>(ones: [3, 3, 4, 6]), requiresGradient: true)
      func bytesOfGraph(_ x: Variable<Float>, _ pass: (Variable<Float>) -> Variable<Float>) -> Int {
        let before = TensorMemory.activeBytes
        let loss = pass(x.batchNorm().output).conv2D(kernel, padding: 1).sum()
        return withExtendedLifetime(loss) { TensorMemory.activeBytes - before }
      }
      func saved(_ x: Variable<Float>) -> Int {
        let kept = bytesOfGraph(x) { .recorded("kept", inputs: [$0], value: $0.value) { [$0] } }
        return kept - bytesOfGraph(x) { $0 }
      }
      #expect(saved(x) >= SavedTensor<Float>.recomputedByteCount)
      #expect(saved(small) < 1 << 20)
    }
  }

  @Test func aSavedTensorIsTheValue() {
    let y = x.batchNorm(weight: weight, bias: bias, negativeSlope: 0.01).output
    #expect(y.saved.tensor == y.value)
    #expect(y.saved.shape == y.shape)
    #expect(x.saved.tensor == x.value)
  }

  @Test func anOperatorOfOnesOwnCanBeRecomputed() {
    let input = x.value
    let doubled = Variable.recorded(
      "doubled", inputs: [x], value: input * 2, recomputation: { input * 2 }, backward: { [$0 * 2] })
    x.gradient = nil
    doubled.conv2D(kernel, padding: 1).sum().backward()
    let own = x.gradient
    x.gradient = nil
    (x * 2).conv2D(kernel, padding: 1).sum().backward()
    #expect(own == x.gradient)
  }
}

extension Tensor<Double> {
  fileprivate var float: Tensor<Float> { Tensor<Float>(converting: self) }
}
