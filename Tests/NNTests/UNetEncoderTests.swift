import Autograd
import NN
import Tensor
import TestSupport
import Testing

/// An encoder and a projector, as SuperCL trains them.
private final class EncoderAndProjector<Scalar: TensorFloatingPointScalar>: Module {
  let encoder: UNetEncoder<Scalar>
  let projector: ProjectionHead<Scalar>

  init() throws {
    var generator = SplitMix64(seed: 1)
    encoder = UNetEncoder(UNetConfiguration(widths: [4, 8, 8, 8, 16]), using: &generator)
    projector = ProjectionHead(inputFeatures: 16, hiddenFeatures: 16, outputFeatures: 12, using: &generator)
    try load(from: fixture("encoder", "safetensors"))
  }

  var members: [ModuleMember<Scalar>] { [.module("encoder", encoder), .module("projector", projector)] }
}

@Suite struct UNetEncoderTests {
  @Test func inEvaluationTheFeaturesAreTheReference() throws {
    try evaluate(Double.self, tolerance: 1e-12)
    try evaluate(Float.self, tolerance: 1e-5)
  }

  private func evaluate<Scalar: TensorFloatingPointScalar>(_: Scalar.Type, tolerance: Double) throws {
    let reference = try ReferenceValues("encoder", in: .module)
    let network = try EncoderAndProjector<Scalar>()
    network.setMode(.evaluation)
    let levels = network.encoder(Variable(try reference.tensor("input")))
    for (level, name) in zip(levels, ["level0", "level1", "level2", "level3", "bottleneck"]) {
      let error = level.value.relativeError(to: try reference.tensor("eval.\(name)"))
      #expect(error <= tolerance, "\(name) is off by \(error) in \(Scalar.self)")
    }
    let z = network.projector(levels[4]).value
    #expect(z.relativeError(to: try reference.tensor("eval.z")) <= tolerance)
  }

  @Test func inTrainingFeaturesAndBuffersAreTheReference() throws {
    try train(Double.self, tolerance: 1e-12)
    try train(Float.self, tolerance: 1e-4)
  }

  private func train<Scalar: TensorFloatingPointScalar>(_: Scalar.Type, tolerance: Double) throws {
    let reference = try ReferenceValues("encoder", in: .module)
    let network = try EncoderAndProjector<Scalar>()
    network.setMode(.training)
    let levels = network.encoder(Variable(try reference.tensor("input")))
    #expect(levels[3].value.relativeError(to: try reference.tensor("train.level3")) <= tolerance)
    #expect(levels[4].value.relativeError(to: try reference.tensor("train.bottleneck")) <= tolerance)
    let z = network.projector(levels[4]).value
    #expect(z.relativeError(to: try reference.tensor("train.z")) <= tolerance)
    for (name, buffer) in network.namedBuffers {
      let error = buffer.value.relativeError(to: try reference.tensor("train.buffer.\(name)"))
      #expect(error <= tolerance, "\(name) is off by \(error)")
    }
  }

  @Test func parametersAreCountedAsInTheMethod() {
    var generator = SplitMix64(seed: 1)
    let encoder = UNetEncoder<Float>(using: &generator)
    let projector = ProjectionHead<Float>(using: &generator)
    #expect(encoder.parameterCount == 4_713_568)
    #expect(projector.parameterCount == 525_312)
    #expect(encoder.parameterCount + projector.parameterCount == 5_238_880)
    let fourChannels = UNetEncoder<Float>(UNetConfiguration(inputChannels: 4), using: &generator)
    #expect(fourChannels.parameterCount + projector.parameterCount == 5_239_744)
  }

  @Test func namesAreThoseOfTheMethod() throws {
    var expected: [String] = []
    for stage in 0..<4 {
      for index in 1...2 {
        expected += ["weight", "bias"].map { "encoder.stages.\(stage).conv\(index).\($0)" }
        expected += ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"].map {
          "encoder.stages.\(stage).norm\(index).\($0)"
        }
      }
    }
    for index in 1...2 {
      expected += ["weight", "bias"].flatMap {
        ["encoder.center.conv\(index).\($0)", "projector.fc\(index).\($0)"]
      }
    }
    let names = try EncoderAndProjector<Float>().state().entries.keys
    #expect(Set(names) == Set(expected))
    #expect(names.count == expected.count)
  }

  @Test func oneSeedGivesOneNetwork() {
    func weights(_ seed: UInt64) -> [Tensor<Float>] {
      var generator = SplitMix64(seed: seed)
      return UNetEncoder<Float>(UNetConfiguration(width: 2), using: &generator).parameters.map(\.value)
    }
    #expect(weights(3) == weights(3))
    #expect(weights(3) != weights(4))
  }

  @Test func aSideThatIsNoMultipleOfSixteenStops() async {
    await #expect(processExitsWith: .failure) {
      var generator = SplitMix64(seed: 1)
      let encoder = UNetEncoder<Float>(UNetConfiguration(width: 2), using: &generator)
      _ = encoder(Variable(Tensor(zeros: [1, 16, 24, 1])))
    }
  }
}
