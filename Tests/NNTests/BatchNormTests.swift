import Autograd
import NN
import Tensor
import TestSupport
import Testing

@Suite struct BatchNormTests {
  @Test func inTrainingItIsTheReference() throws {
    try compareLayer("batchNorm.train", tolerance: 1e-12) { filled(BatchNorm2D<Double>(channels: 4), $0) }
    try compareLayer("batchNorm.train", tolerance: 1e-5) { filled(BatchNorm2D<Float>(channels: 4), $0) }
    try compareLayer("batchNorm3D.train", tolerance: 1e-12) { filled(BatchNorm3D<Double>(channels: 3), $0) }
    try compareLayer("batchNorm3D.train", tolerance: 1e-5) { filled(BatchNorm3D<Float>(channels: 3), $0) }
  }

  @Test func withTheFusedActivationItIsTheReference() throws {
    try compareLayer("batchNormLeakyReLU.train", tolerance: 1e-12) {
      filled(BatchNorm2D<Double>(channels: 4, negativeSlope: 0.01), $0)
    }
    try compareLayer("batchNormLeakyReLU.train", tolerance: 1e-5) {
      filled(BatchNorm2D<Float>(channels: 4, negativeSlope: 0.01), $0)
    }
  }

  @Test func inEvaluationItIsTheReference() throws {
    let reference = try ReferenceValues("layers", in: .module)
    try compareLayer("batchNorm.eval", tolerance: 1e-12) { values in
      let layer = filled(BatchNorm2D<Double>(channels: 4), values)
      layer.runningMean.value = try reference.tensor("batchNorm.runningMean.before")
      layer.runningVariance.value = try reference.tensor("batchNorm.runningVariance.before")
      layer.setMode(.evaluation)
      return layer
    }
  }

  @Test func runningStatisticsAreTheReference() throws {
    let reference = try ReferenceValues("layers", in: .module)
    let layer = BatchNorm2D<Double>(channels: 4)
    layer.runningMean.value = try reference.tensor("batchNorm.runningMean.before")
    layer.runningVariance.value = try reference.tensor("batchNorm.runningVariance.before")
    let input = try reference.tensor("batchNorm.train.input", as: Double.self)
    func expect(_ moment: String) throws {
      let mean = try reference.tensor("batchNorm.runningMean.\(moment)", as: Double.self)
      let variance = try reference.tensor("batchNorm.runningVariance.\(moment)", as: Double.self)
      #expect(layer.runningMean.value.isClose(to: mean, absoluteTolerance: 1e-13), "\(moment)")
      #expect(layer.runningVariance.value.isClose(to: variance, absoluteTolerance: 1e-13), "\(moment)")
    }
    _ = layer(Variable(input))
    try expect("after")
    _ = layer(Variable(input * 0.5))
    try expect("afterHalf")
    #expect(layer.batchesTracked.value == 2)
  }

  @Test func evaluationLeavesTheStatisticsAlone() {
    let layer = BatchNorm2D<Float>(channels: 2)
    layer.setMode(.evaluation)
    _ = layer(Variable(testTensor([2, 3, 3, 2])))
    #expect(layer.runningMean.value == Tensor(zeros: [2]))
    #expect(layer.runningVariance.value == Tensor(ones: [2]))
    #expect(layer.batchesTracked.value == 0)
  }

  @Test func anEmptyBatchLeavesTheStatisticsAlone() {
    let layer = BatchNorm2D<Float>(channels: 2)
    #expect(layer(Variable(Tensor(zeros: [0, 3, 3, 2]))).shape == [0, 3, 3, 2])
    #expect(layer.runningMean.value == Tensor(zeros: [2]))
    #expect(layer.runningVariance.value == Tensor(ones: [2]))
    #expect(layer.batchesTracked.value == 0)
  }

  @Test func aConstantImageBecomesTheBias() {
    let layer = BatchNorm2D<Float>(channels: 1)
    layer.bias?.value = Tensor([3])
    let output = layer(Variable(Tensor(repeating: 7, shape: [2, 4, 4, 1])))
    #expect(output.value == Tensor(repeating: 3, shape: [2, 4, 4, 1]))
  }

  /// What is not learned is neither a parameter nor in the state; gradients agree with finite differences all the same.
  @Test(arguments: [NormAffine.scaleAndShift, .scale, .neither])
  func scaleAndShiftAreLeftOutByName(affine: NormAffine) {
    let layer = BatchNorm<Double>(channels: 3, affine: affine, negativeSlope: 0.1)
    let learned = affine == .scaleAndShift ? ["weight", "bias"] : affine == .scale ? ["weight"] : []
    #expect(layer.namedParameters.map(\.name) == learned)
    #expect(
      layer.state().entries.keys.sorted()
        == (learned + ["running_mean", "running_var", "num_batches_tracked"]).sorted())
    var generator = SplitMix64(seed: 3)
    let input = Tensor<Double>(normalWithMean: 2, standardDeviation: 3, shape: [5, 2, 3], using: &generator)
    let whole = BatchNorm<Double>(channels: 3, negativeSlope: 0.1)
    #expect(layer(Variable(input)).value.maximumAbsoluteDifference(to: whole(Variable(input)).value) <= 1e-12)
    layer.setMode(.evaluation)
    whole.setMode(.evaluation)
    #expect(layer(Variable(input)).value.maximumAbsoluteDifference(to: whole(Variable(input)).value) <= 1e-12)
    layer.setMode(.training)
    let result = GradientCheck().run(at: [input], using: &generator) { layer($0[0]) }
    #expect(result.passes, "\(result)")
    layer.zeroGradients()
    layer(Variable(input, requiresGradient: true)).sum().backward()
    #expect(layer.parameters.allSatisfy { $0.gradient != nil })
  }

  @Test func trainingOnOneValuePerChannelStopsWithTheShape() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchNorm2D<Float>(channels: 2)(Variable(Tensor([3, -1], shape: [1, 1, 1, 2])))
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.contains("[1, 1, 1, 2]"), "\(text)")
  }

  @Test func twoValuesTrainAndOneIsEvaluated() {
    let layer = BatchNorm2D<Float>(channels: 1, epsilon: 0)
    let output = layer(Variable(Tensor([1, 3], shape: [2, 1, 1, 1])))
    #expect(output.value == Tensor([-1, 1], shape: [2, 1, 1, 1]))
    // The unbiased variance of 1 and 3 is 2: .9 + .2.
    #expect(layer.runningVariance.value.isClose(to: Tensor([1.1]), absoluteTolerance: 1e-6))
    layer.setMode(.evaluation)
    layer.runningMean.value = Tensor([2])
    layer.runningVariance.value = Tensor([4])
    #expect(layer(Variable(Tensor([8], shape: [1, 1, 1, 1]))).value == Tensor([3], shape: [1, 1, 1, 1]))
  }
}
