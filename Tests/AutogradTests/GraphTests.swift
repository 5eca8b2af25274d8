import Autograd
import Tensor
import TestSupport
import Testing

/// x^3 as a custom operator, right or wrong by a factor: the checker must tell them apart.
private struct Cube: CustomOperator {
  var factor = 3.0
  func forward(_ inputs: [Tensor<Double>]) -> (Tensor<Double>, saved: Tensor<Double>) {
    let x = inputs[0].scalars
    return (Tensor(x.map { $0 * $0 * $0 }, shape: inputs[0].shape), inputs[0])
  }
  func backward(_ gradient: Tensor<Double>, saved: Tensor<Double>) -> [Tensor<Double>?] {
    let parts = zip(gradient.scalars, saved.scalars).map { factor * $1 * $1 * $0 }
    return [Tensor(parts, shape: saved.shape)]
  }
}

private func plusOne(_ x: Variable<Double>) -> Variable<Double> {
  .recorded("plusOne", inputs: [x], value: Tensor(x.value.scalars.map { $0 + 1 }, shape: x.shape)) { [$0] }
}

private func total(_ x: Variable<Double>) -> Variable<Double> {
  let shape = x.shape
  return .recorded("total", inputs: [x], value: Tensor(x.value.scalars.reduce(0, +))) {
    [Tensor(repeating: $0.item, shape: shape)]
  }
}

@Suite struct GraphTests {
  @Test func gradientOfACubeByHand() {
    let x = Variable(Tensor<Double>([1, 2, -3]), requiresGradient: true)
    total(Cube()(x)).backward()
    #expect(x.gradient == Tensor([3, 12, 27]))
  }

  @Test func gradientsAccumulateOverPassesAndUses() {
    let x = Variable(Tensor<Double>([2]), requiresGradient: true)
    total(Cube()(x)).backward()
    total(Cube()(x)).backward()
    #expect(x.gradient == Tensor([24]))
    x.gradient = nil
    let y = Cube()(x)
    let both = Variable.recorded("add", inputs: [y, y], value: y.value) { [$0, $0] }
    both.backward(gradient: Tensor([1]))
    #expect(x.gradient == Tensor([24]))
  }

  @Test func computedVariablesRetainTheirGradientOnRequest() {
    let x = Variable(Tensor<Double>([2]), requiresGradient: true)
    let kept = Cube()(x)
    let dropped = plusOne(kept)
    kept.retainGradient()
    Cube()(dropped).backward()
    #expect(kept.gradient == Tensor([243]))
    #expect(dropped.gradient == nil)
    #expect(x.gradient == Tensor([2916]))
  }

  @Test func detachedAndUnrecordedValuesTrackNothing() {
    let x = Variable(Tensor<Double>([2]), requiresGradient: true)
    #expect(!Cube()(x.detached()).tracksGradient)
    #expect(!withoutGradient { Cube()(x) }.tracksGradient)
    #expect(Cube()(x).tracksGradient)
  }

  @Test func gradientsWithRespectToLeaveTheRestAlone() {
    let x = Variable(Tensor<Double>([2]), requiresGradient: true)
    let unused = Variable(Tensor<Double>([5, 5]), requiresGradient: true)
    let y = Cube()(x)
    let gradients = total(Cube()(y)).gradients(withRespectTo: [y, unused, x])
    #expect(gradients == [Tensor([192]), Tensor([0, 0]), Tensor([2304])])
    #expect(x.gradient == nil)
  }

  @Test func aSecondBackwardThroughAFreedGraphStops() async {
    await #expect(processExitsWith: .failure) {
      let x = Variable(Tensor<Double>([2]), requiresGradient: true)
      let y = Cube()(x)
      y.backward()
      y.backward()
    }
  }

  // The counters are the whole process's, so each of these two runs in a process of its own.

  @Test func savedTensorsAreFreedDuringBackward() async {
    await #expect(processExitsWith: .success) {
      let x = Variable(Tensor<Double>(zeros: [1 << 16]), requiresGradient: true)
      let before = TensorMemory.activeBytes
      var y = x
      for _ in 0..<20 { y = Cube()(y) }
      let size = (1 << 16) * 8
      // Each step keeps its input: 19 values between x and y, and y itself.
      #expect(TensorMemory.activeBytes - before >= 20 * size)
      let last = y
      y = x
      last.backward(gradient: Tensor(zeros: [1 << 16]))
      // What stays: the last value and the gradient of x.
      #expect(TensorMemory.activeBytes - before <= 3 * size)
    }
  }

  @Test func liveBuffersDoNotGrowOverAThousandSteps() async {
    await #expect(processExitsWith: .success) {
      let x = Variable(Tensor<Double>(ones: [64]), requiresGradient: true)
      func step() {
        x.gradient = nil
        total(Cube()(plusOne(x))).backward()
      }
      step()
      let buffers = TensorMemory.activeBuffers
      for _ in 0..<1000 { step() }
      #expect(TensorMemory.activeBuffers == buffers)
    }
  }

  @Test func aChainOf150000OperatorsIsDifferentiatedAndFreed() {
    let x = Variable(Tensor<Double>([1]), requiresGradient: true)
    func chain() -> Variable<Double> {
      var y = x
      for _ in 0..<150_000 { y = plusOne(y) }
      return y
    }
    _ = chain()
    chain().backward()
    #expect(x.gradient == Tensor([1]))
  }
}

@Suite struct CheckpointingTests {
  @Test func recomputesWithTheSameRandomNumbersAndGradients() {
    let x = Variable(Tensor<Double>([1, 2, 3]), requiresGradient: true)
    let weight = Variable(Tensor<Double>([2]), requiresGradient: true)
    func noisy(_ x: Variable<Double>, _ generator: inout SplitMix64) -> Variable<Double> {
      let scale = Double.random(in: 1..<2, using: &generator) * weight.value.item
      let noise = scale / weight.value.item
      let value = Tensor(x.value.scalars.map { $0 * scale }, shape: x.shape)
      let saved = x.value
      return .recorded("scale", inputs: [x, weight], value: value) { gradient in
        [
          Tensor(gradient.scalars.map { $0 * scale }, shape: saved.shape),
          Tensor([zip(gradient.scalars, saved.scalars).reduce(0) { $0 + $1.0 * $1.1 * noise }]),
        ]
      }
    }
    var plain = SplitMix64(seed: 3)
    let expected = noisy(Cube()(x), &plain)
    expected.backward(gradient: Tensor([1, 10, 100]))
    let gradients = [x.gradient, weight.gradient]
    x.gradient = nil
    weight.gradient = nil
    var replayed = SplitMix64(seed: 3)
    let output = checkpointed([x], using: &replayed) { noisy(Cube()($0[0]), &$1) }
    #expect(output.value == expected.value)
    // Other draws between the passes must not matter.
    for _ in 0..<5 { _ = replayed.next() }
    output.backward(gradient: Tensor([1, 10, 100]))
    #expect([x.gradient, weight.gradient] == gradients)
  }
}

extension CheckpointingTests {
  @Test func backwardInsideWithoutGradientStillRecomputes() {
    let x = Variable(Tensor<Double>([2]), requiresGradient: true)
    let output = checkpointed([x]) { Cube()($0[0]) }
    withoutGradient { output.backward() }
    #expect(x.gradient == Tensor([12]))
  }

  /// It would miss what flows into parameters inside.
  @Test func gradientsThroughACheckpointStop() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Variable(Tensor<Double>([2]), requiresGradient: true)
      _ = checkpointed([x]) { Cube()($0[0]) }.gradients(withRespectTo: [x])
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("checkpointed"), "\(message)")
  }
}

@Suite struct GradientCheckTests {
  @Test func acceptsARightGradient() {
    expectGradient(of: "Cube", at: [testTensor([3, 4])]) { Cube()($0[0]) }
  }

  @Test(arguments: [3.003, 2.997, 0.0, -3.0])
  func rejectsAGradientThatIsWrongByATenthOfAPercent(_ factor: Double) {
    var generator = SplitMix64(seed: 5)
    let result = GradientCheck().run(at: [testTensor([3, 4])], using: &generator) {
      Cube(factor: factor)($0[0])
    }
    #expect(!result.passes)
  }

  @Test func rejectsOneWrongElementAmongMany() {
    var generator = SplitMix64(seed: 6)
    let result = GradientCheck().run(at: [testTensor([50])], using: &generator) { inputs in
      let x = inputs[0].value
      return .recorded("one wrong", inputs: inputs, value: Cube().forward([x]).0) { gradient in
        var part = Cube().backward(gradient, saved: x)[0] ?? x
        part[[17]] += 0.1
        return [part]
      }
    }
    #expect(!result.passes)
  }

  @Test func rejectsAMissingGradientAndNaN() {
    var generator = SplitMix64(seed: 7)
    let x = testTensor([2])
    let missing = GradientCheck().run(at: [x], using: &generator) { inputs in
      .recorded("missing", inputs: inputs, value: inputs[0].value) { _ in [nil] }
    }
    #expect(!missing.passes)
    let broken = GradientCheck().run(at: [x], using: &generator) { inputs in
      .recorded("broken", inputs: inputs, value: inputs[0].value) {
        [Tensor(repeating: .nan, shape: $0.shape)]
      }
    }
    #expect(!broken.passes)
  }
}
