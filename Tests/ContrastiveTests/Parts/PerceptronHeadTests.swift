import Autograd
import Contrastive
import NN
import Tensor
import TestSupport
import Testing

@Suite struct PerceptronHeadTests {
  static let plans: [PerceptronPlan] = [
    .swAV(hidden: 5, output: 2), .simCLR(layers: 2, hidden: 5, output: 2),
    .simCLR(layers: 3, hidden: 5, output: 2),
    .moCoV3(layers: 2, hidden: 5, output: 2), .byol(hidden: 5, output: 2),
    .simSiamProjector(hidden: 5, output: 2),
    .simSiamPredictor(hidden: 5, output: 2),
    .simTripletProjector(hidden: 5, output: 2), .simTripletPredictor(hidden: 5, output: 2),
    .deSD(hidden: 5, output: 2), PerceptronPlan([4, 2], hiddenNorm: nil), PerceptronPlan([2]),
  ]

  private func head(_ plan: PerceptronPlan) -> PerceptronHead<Double> {
    var generator = SplitMix64(seed: 4)
    return PerceptronHead(inputFeatures: 3, plan, using: &generator)
  }

  /// By the input, and by every parameter.
  @Test(arguments: plans) func gradientsAgreeWithFiniteDifferences(plan: PerceptronPlan) {
    let head = head(plan)
    let result = checkGradient(at: [testRows([6, 2, 2, 3])]) { head($0[0]) }
    #expect(result.passes, "\(plan): \(result)")
    let weights = head.parameters.map(\.value)
    head.zeroGradients()
    let images = Variable(testRows([6, 2, 2, 3]))
    let direction = Variable(testRows([6, 2], seed: 9))
    (head(images) * direction).sum().backward()
    for (index, parameter) in head.parameters.enumerated() {
      let gradient = parameter.gradient ?? Tensor(zeros: parameter.shape)
      let way = testRows(parameter.shape, seed: 11)
      let sides = [1e-6, -1e-6].map { step -> Double in
        parameter.value = weights[index] + way * step
        return (head(images) * direction).sum().item
      }
      parameter.value = weights[index]
      let slope = (sides[0] - sides[1]) / 2e-6
      #expect(abs((gradient * way).sum().item - slope) <= 1e-5 * max(1, abs(slope)), "\(plan), \(index)")
    }
  }

  @Test func rowsAreTakenAsTheyAreAndMapsArePooled() {
    let head = head(.byol(hidden: 5, output: 2))
    let maps = testRows([6, 2, 2, 3])
    let rows = maps.mean(along: [1, 2])
    #expect(head(Variable(maps)).value.maximumAbsoluteDifference(to: head(Variable(rows)).value) <= 1e-12)
    let volumes = testRows([6, 2, 2, 2, 3])
    #expect(head(Variable(volumes)).shape == [6, 2])
  }

  /// Mean 0 and variance 1 of every output over the batch, up to the learned scale; a shift is left out.
  @Test func outputNormsAreWhatTheirNamesSay() {
    for (plan, names) in [
      (PerceptronPlan.simCLR(layers: 1, hidden: 0, output: 2), ["fc1.weight", "norm1.weight"]),
      (.simSiamProjector(layers: 1, hidden: 0, output: 2), ["fc1.weight"]),
      (
        .simTripletProjector(layers: 1, hidden: 0, output: 2),
        ["fc1.weight", "fc1.bias", "norm1.weight", "norm1.bias"]
      ),
    ] {
      let head = head(plan)
      #expect(head.namedParameters.map(\.name) == names)
      let rows = head(Variable(testRows([8, 3]))).value
      #expect(rows.mean(along: 0).maximumAbsoluteDifference(to: Tensor(zeros: [2])) <= 1e-12)
      #expect(rows.squared().mean(along: 0).maximumAbsoluteDifference(to: Tensor(ones: [2])) <= 1e-3)
    }
  }

  /// The outputs are cosines with the directions, whatever their lengths; a held layer has no gradient.
  @Test func distillationHeadsGiveCosines() {
    var generator = SplitMix64(seed: 4)
    let head = DistillationHead<Double>(
      inputFeatures: 3, .deSD(hidden: 5, output: 4), outputs: 7, using: &generator)
    let images = Variable(testRows([6, 2, 2, 3]))
    let outputs = head(images).value
    #expect(outputs.shape == [6, 7] && outputs.max().item <= 1 && outputs.min().item >= -1)
    let directions = head.last.weight.value
    head.last.weight.value = directions * 3
    #expect(head(images).value.maximumAbsoluteDifference(to: outputs) <= 1e-12)
    let rows = head.perceptron(images).value
    let expected = (rows / rows.norm(along: 1).expanded(at: 1)).matmul(
      directions / directions.norm(along: 1).expanded(at: 1), transposing: .right)
    #expect(outputs.maximumAbsoluteDifference(to: expected) <= 1e-12)
    let result = checkGradient(at: [testRows([6, 2, 2, 3])]) { head($0[0]) }
    #expect(result.passes, "\(result)")
    head(images).sum().backward()
    #expect(head.last.weight.gradient != nil)
    head.last.hold()
    #expect(head.last.weight.gradient == nil)
  }
}
