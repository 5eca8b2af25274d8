import Autograd
import Tensor
import Testing

@Suite struct NormalizationGradientTests {
  /// Inputs whose pre-activations stay away from the kink: the bias puts whole channels on either side.
  static func points(_ shape: TensorShape) -> [Tensor<Double>] {
    let channels = shape[-1]
    let bias = Tensor<Double>((0..<channels).map { $0 % 2 == 0 ? 9 : -9 })
    // Not seed 1: the cotangent is drawn from it, and a cotangent equal to x has gradient 0.
    return [testTensor(shape, seed: 8), testTensor([channels], seed: 2).sigmoid() + 0.5, bias]
  }

  @Test(arguments: [[3, 4, 5, 2], [1, 1, 7, 3], [2, 3, 2, 2, 4], [5, 1]]) func batchNorm(_ shape: [Int]) {
    for slope in [1, 0.01, 0] {
      expectGradient(of: "batchNorm", at: Self.points(TensorShape(shape))) {
        $0[0].batchNorm(weight: $0[1], bias: $0[2], negativeSlope: slope).output
      }
      let channels = shape[shape.count - 1]
      let (mean, variance) = (testTensor([channels], seed: 3) * 0.1, testTensor([channels], seed: 4).exp())
      expectGradient(of: "batchNorm", at: Self.points(TensorShape(shape))) {
        $0[0].batchNorm(
          weight: $0[1], bias: $0[2], mean: mean, variance: variance + 1, negativeSlope: slope)
      }
    }
  }

  @Test func batchNormWithoutParameters() {
    expectGradient(of: "batchNorm", at: [testTensor([6, 3])]) { $0[0].batchNorm().output }
    expectGradient(of: "batchNorm", at: [testTensor([6, 3]), Tensor([9, -9, 9])]) {
      $0[0].batchNorm(bias: $0[1], negativeSlope: 0.2).output
    }
  }

  @Test(arguments: [[2, 4, 5, 2], [1, 2, 7, 4], [2, 3, 2, 2, 4]]) func instanceAndGroupNorm(_ shape: [Int]) {
    expectGradient(of: "instanceNorm", at: Self.points(TensorShape(shape))) {
      $0[0].instanceNorm(weight: $0[1], bias: $0[2], negativeSlope: 0.1)
    }
    expectGradient(of: "groupNorm", at: Self.points(TensorShape(shape))) {
      $0[0].groupNorm(groupCount: 2, weight: $0[1], bias: $0[2], negativeSlope: 0.1)
    }
  }

  @Test func layerNorm() {
    expectGradient(
      of: "layerNorm", at: [testTensor([2, 3, 5]), testTensor([5], seed: 2), testTensor([5], seed: 3)]
    ) {
      $0[0].layerNorm(weight: $0[1], bias: $0[2])
    }
    expectGradient(of: "layerNorm", at: [testTensor([2, 3, 5]), testTensor([3, 5], seed: 2)]) {
      $0[0].layerNorm(axisCount: 2, weight: $0[1])
    }
  }

  /// Without recording, nothing is saved: the result tracks no gradient.
  @Test func evaluationRecordsNothing() {
    let x = Variable(testTensor([4, 2]), requiresGradient: true)
    #expect(!withoutGradient { x.batchNorm().output }.tracksGradient)
  }
}
