import Autograd
import NN
import Tensor
import TestSupport
import Testing

@Suite struct UNetTests {
  private func referenceNetwork<Scalar: TensorFloatingPointScalar>() throws -> UNet<Scalar> {
    var generator = SplitMix64(seed: 1)
    let network = UNet<Scalar>(
      UNetConfiguration(inputChannels: 2, widths: [4, 8, 8, 8, 16]), classCount: 3, using: &generator)
    try network.load(from: fixture("unet", "safetensors"))
    return network
  }

  @Test func inEvaluationTheLogitsAreTheReference() throws {
    let reference = try ReferenceValues("unet", in: .module)
    func error<Scalar: TensorFloatingPointScalar>(_: Scalar.Type) throws -> Double {
      let network: UNet<Scalar> = try referenceNetwork()
      network.setMode(.evaluation)
      return network(Variable(try reference.tensor("input"))).value
        .relativeError(to: try reference.tensor("eval.logits"))
    }
    #expect(try error(Double.self) <= 1e-12)
    #expect(try error(Float.self) <= 1e-5)
  }

  @Test func inTrainingLogitsLossGradientsAndBuffersAreTheReference() throws {
    try train(Double.self, tolerance: 1e-10)
    try train(Float.self, tolerance: 1e-4)
  }

  private func train<Scalar: TensorFloatingPointScalar>(_: Scalar.Type, tolerance: Double) throws {
    let reference = try ReferenceValues("unet", in: .module)
    let network: UNet<Scalar> = try referenceNetwork()
    network.setMode(.training)
    let logits = network(Variable(try reference.tensor("input")))
    #expect(logits.value.relativeError(to: try reference.tensor("train.logits")) <= tolerance)
    let loss = CrossEntropyLoss()(logits, try reference.tensor("labels"))
    #expect(abs(Double(loss.item) - (try reference.number("train.crossEntropy"))) <= tolerance)
    loss.backward()
    #expect(network.parameters.count == reference.names.count { $0.hasPrefix("gradient.") })
    for (name, parameter) in network.namedParameters {
      let gradient = try #require(parameter.gradientInFileOrder, "\(name) has no gradient")
      if name.contains("stages.") && name.contains("conv") && name.hasSuffix("bias") {
        // In front of a batch norm the true gradient is 0.
        let weight = try reference.tensor("gradient.\(name.dropLast(4))weight", as: Double.self)
        #expect(gradient.euclideanNorm <= 1e-6 * weight.euclideanNorm, "\(name)")
      } else {
        let error = gradient.relativeError(to: try reference.tensor("gradient.\(name)"))
        #expect(error <= tolerance, "gradient of \(name) is off by \(error)")
      }
    }
    for (name, buffer) in network.namedBuffers {
      let error = buffer.value.relativeError(to: try reference.tensor("train.buffer.\(name)"))
      #expect(error <= tolerance, "\(name) is off by \(error)")
    }
  }

  @Test func decoderAndHeadBearTheNamesOfTheMethod() {
    var generator = SplitMix64(seed: 1)
    let names = UNet<Float>(UNetConfiguration(width: 2), classCount: 2, using: &generator).state().entries
      .keys
    var expected: [String] = ["head.weight"]
    for stage in 0..<4 {
      expected += ["weight", "bias"].map { "decoder.stages.\(stage).up.\($0)" }
      for index in 1...2 {
        expected += ["weight", "bias"].map { "decoder.stages.\(stage).conv\(index).\($0)" }
        expected += ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"].map {
          "decoder.stages.\(stage).norm\(index).\($0)"
        }
      }
    }
    #expect(Set(names.filter { !$0.hasPrefix("encoder.") }) == Set(expected))
  }

  @Test func aPretrainedEncoderLoadsIntoAUNet() throws {
    let folder = try TemporaryFolder()
    var generator = SplitMix64(seed: 1)
    let configuration = UNetConfiguration(width: 2)
    let encoder = UNetEncoder<Float>(configuration, using: &generator)
    _ = encoder(Variable(testTensor([1, 16, 16, 1])))
    try encoder.save(to: folder.file("encoder.safetensors"))
    let network = UNet<Float>(configuration, classCount: 2, using: &generator)
    #expect(network.encoder.parameters.map(\.value) != encoder.parameters.map(\.value))
    let report = try network.encoder.load(from: folder.file("encoder.safetensors"))
    #expect(report.isComplete)
    #expect(network.encoder.state().entries == encoder.state().entries)
  }

  // MARK: Training

  @Test func someStepsLowerTheLoss() throws {
    var generator = SplitMix64(seed: 1)
    let network = UNet<Float>(UNetConfiguration(width: 4), classCount: 3, using: &generator)
    // Bands of six rows.
    let labels = Tensor<Int32>(shape: [2, 16, 16]) { buffer in
      for index in buffer.indices { buffer[index] = Int32(index / 16 % 16 / 6) }
    }
    let images = Tensor<Float>(converting: labels).expanded(at: -1)
    let optimizer = Optimizer(network, .adam(), learningRate: 1e-2)
    let loss = CombinedLoss.crossEntropyAndDice
    var values: [Float] = []
    for _ in 0..<20 {
      let value = loss(network(Variable(images)), labels)
      values.append(value.item)
      value.backward()
      try optimizer.step()
      network.zeroGradients()
    }
    #expect(values[19] < 0.4 * values[0], "\(values)")
  }

  /// Two volumes of 16 x 16 x 16, each with a bright and a dark block in noise.
  @Test func aVolumetricNetworkLearnsTwoVolumes() throws {
    var generator = SplitMix64(seed: 2)
    let network = UNet3D<Float>(UNetConfiguration(widths: [4, 8]), classCount: 3, using: &generator)
    let labels = Tensor<Int32>(shape: [2, 16, 16, 16]) { buffer in
      for index in buffer.indices {
        let place = [index / 4096, index / 256 % 16, index / 16 % 16, index % 16]
        let isFirst = place[1] < 6 && place[2] < 8 + 2 * place[0] && place[3] < 7
        let isSecond = place[1] > 8 && place[2] > 7 && place[3] > 5 + 2 * place[0]
        buffer[index] = isFirst ? 1 : isSecond ? 2 : 0
      }
    }
    let noise: Tensor<Float> = testTensor([2, 16, 16, 16]) * 0.2
    let values: [Float] = [0, 1, -1]
    let images = (Tensor(labels.scalars.map { values[Int($0)] }, shape: labels.shape) + noise).expanded(
      at: -1)
    let task = SegmentationTask(
      network, classCount: 3, recipe: TrainingRecipe(steps: 160, batchSize: 2),
      optimizer: OptimizerSettings(
        .adam(), rate: .cosine(start: 2e-2, end: 1e-3, steps: 160), weightDecay: 1e-5))
    try TrainingLoop(task, on: (0..<2).map { LabeledImage(image: images[$0], labels: labels[$0]) }).run()
    let predicted = try network.predictedLabels(images)
    #expect(predicted.shape == labels.shape)
    for label in [Int32(1), 2] {
      let (found, known) = (predicted .== label, labels .== label)
      let overlap = (found .& known).scalars.count { $0 }
      let sizes = found.scalars.count { $0 } + known.scalars.count { $0 }
      let dice = 2 * Double(overlap) / Double(sizes)
      #expect(dice >= 0.95, "Dice of class \(label) is \(dice)")
    }
  }
}
