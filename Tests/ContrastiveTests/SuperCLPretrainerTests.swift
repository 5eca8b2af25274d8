import Contrastive
import Foundation
import NN
import Superpixel
import Tensor
import TestSupport
import Testing

@Suite struct SuperCLPretrainerTests {
  /// Slices of bright blocks in noise.
  private var images: [PretrainingImage<Float>] {
    (0..<5).map { index in
      var image = Tensor<Float>(converting: testRows([36, 30, 1], seed: UInt64(index))) * 0.1
      image.replaceBox(at: [4 + 2 * index, 6, 0], with: Tensor(ones: [12, 10, 1]))
      return PretrainingImage(image, position: Double(index + 1) / 5)
    }
  }

  private func pretrainer(_ change: (inout SuperCLConfiguration) -> Void = { _ in }) throws
    -> SuperCLPretrainer<Float>
  {
    var configuration = SuperCLConfiguration()
    configuration.patchSize = 32
    configuration.batchSize = 3
    configuration.steps = 5
    configuration.slic.segmentCount = 9
    configuration.intraLevel = .stage(1)
    change(&configuration)
    var generator = PhiloxGenerator(seed: 1)
    return try SuperCLPretrainer(
      SuperCLNetwork(UNetConfiguration(width: 2), using: &generator), configuration)
  }

  @Test(arguments: [1, 3]) func stoppedAndResumedItIsTheUnbrokenTraining(_ stop: Int) throws {
    let whole = try pretrainer()
    try whole.train(on: images)
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("supercl-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    try pretrainer().train(
      on: images, checkpoint: CheckpointPolicy(url, everySteps: 100),
      progress: { $0.step == stop ? .stop : .proceed })
    let resumed = try pretrainer()
    try resumed.loop.resume(from: url)
    #expect(resumed.loop.step == stop)
    try resumed.train(on: images)
    #expect(try resumed.network.state().data() == whole.network.state().data())
    // As text, for a similarity without pairs is NaN, whose sign a file does not keep.
    let histories = [resumed, whole].map { "\($0.loop.history)".replacing("-nan", with: "nan") }
    #expect(histories[0] == histories[1])
    #expect(whole.loop.step == 5)
  }

  @Test func twoRunsWithOneSeedAreEqualAndAnotherSeedIsNot() throws {
    func state(_ seed: UInt64) throws -> Data {
      let pretrainer = try pretrainer { $0.seed = seed }
      try pretrainer.train(on: images)
      return try pretrainer.network.state().data()
    }
    #expect(try state(1) == state(1))
    #expect(try state(1) != state(2))
  }

  @Test func aDatasetTrainsAsItsImagesDo() throws {
    let (fromMemory, fromDataset) = (try pretrainer(), try pretrainer())
    try fromMemory.train(on: images)
    let originals = images
    try fromDataset.train(on: ArrayDataset(Array(0..<5)).mapped { originals[$0] })
    #expect(try fromDataset.network.state().data() == fromMemory.network.state().data())
    let wrong = ArrayDataset([0]).mapped { _ in PretrainingImage(Tensor<Float>(zeros: [32, 32, 2])) }
    #expect(
      throws: SuperCLError.badImages("image 0 has shape [32, 32, 2]; the encoder takes [height, width, 1]")
    ) { try pretrainer().train(on: wrong) }
  }

  @Test func everyTermAndDiagnosticIsReported() throws {
    let pretrainer = try pretrainer()
    try pretrainer.train(on: images)
    let names = [
      "loss", "instance", "intra", "inter", "components", "imagePositives", "pixelPositives",
      "positiveSimilarity", "negativeSimilarity",
    ]
    for terms in pretrainer.loop.history {
      #expect(terms.map(\.name) == names)
      let values = Dictionary(uniqueKeysWithValues: terms.map { ($0.name, $0.value) })
      let sum = (values["instance"] ?? 0) + (values["intra"] ?? 0) + 0.5 * (values["inter"] ?? 0)
      #expect(abs((values["loss"] ?? 0) - sum) < 1e-4)
    }
  }

  @Test func trainingLowersTheLoss() throws {
    let pretrainer = try pretrainer {
      $0.steps = 40
      $0.learningRate = 0.02
    }
    try pretrainer.train(on: images)
    let losses = pretrainer.loop.history.map { $0[0].value }
    let (first, last) = (losses[..<8].reduce(0, +), losses[32...].reduce(0, +))
    #expect(last < 0.95 * first, "\(losses)")
  }

  @Test func aCollapseIsWarnedOf() throws {
    // Constant images: the features of all are equal, and every graph has one component.
    let flat = (0..<3).map { _ in PretrainingImage(Tensor<Float>(zeros: [32, 32, 1])) }
    let pretrainer = try pretrainer { $0.steps = 2 }
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("supercl-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    // Without negatives their similarity is NaN, which a checkpoint must be able to hold.
    try pretrainer.train(on: flat, checkpoint: CheckpointPolicy(url, everySteps: 1))
    #expect(pretrainer.warnings.contains { $0.key.contains("one component") && $0.value == 2 })
    let resumed = try self.pretrainer { $0.steps = 2 }
    try resumed.loop.resume(from: url)
    let values = [resumed, pretrainer].map { $0.loop.history.flatMap { $0.map(\.value) } }
    #expect(values[0].contains { $0.isNaN })
    #expect(zip(values[0], values[1]).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
  }

  @Test func tooCoarseALevelIsWarnedOf() throws {
    let pretrainer = try pretrainer {
      $0.steps = 1
      $0.intraLevel = .bottleneck
    }
    try pretrainer.train(on: images)
    #expect(pretrainer.warnings.keys.contains { $0.contains("positives per pixel") })
  }

  @Test func aSetThatFillsNoBatchCannotDropTheRest() throws {
    let pretrainer = try pretrainer {
      $0.batchSize = 6
      $0.epochs = .perEpoch(.dropped)
    }
    #expect(
      throws: SuperCLError.badImages("5 images do not fill a batch of 6, and the rest of an epoch is dropped")
    ) { try pretrainer.train(on: images) }
  }

  @Test func theReleasedSettingsTrain() throws {
    for preset in [SuperCLConfiguration.asReleased, .kitsAsReleased, .brats] {
      let pretrainer = try pretrainer {
        let small = $0
        $0 = preset
        ($0.patchSize, $0.batchSize, $0.steps, $0.intraLevel) = (32, 3, 2, small.intraLevel)
        $0.slic.segmentCount = 9
      }
      let channels = preset == .brats ? 4 : 1
      var generator = PhiloxGenerator(seed: 1)
      let network = SuperCLNetwork<Float>(
        UNetConfiguration(inputChannels: channels, width: 2), using: &generator)
      let released = try SuperCLPretrainer(network, pretrainer.configuration)
      try released.train(
        on: images.map {
          PretrainingImage(
            Tensor(concatenating: [Tensor<Float>](repeating: $0.image * 200, count: channels), along: -1))
        })
      #expect(released.loop.history.count == 2)
    }
  }

  @Test func imagesThatCannotBeTrainedOnAreErrors() throws {
    #expect(throws: SuperCLError.badImages("there are no images to pre-train on")) {
      try pretrainer().train(on: [])
    }
    #expect(
      throws: SuperCLError.badImages("image 0 has shape [32, 32, 2]; the encoder takes [height, width, 1]")
    ) { try pretrainer().train(on: [PretrainingImage(Tensor(zeros: [32, 32, 2]))]) }
    #expect(throws: SuperCLError.badImages("image 0 has no pixels: shape [0, 32, 1]")) {
      try pretrainer().train(on: [PretrainingImage(Tensor(zeros: [0, 32, 1]))])
    }
    var broken = Tensor<Float>(zeros: [32, 32, 1])
    broken[3, 4, 0] = .nan
    #expect(throws: SuperCLError.badImages("image 1 has values that are not finite")) {
      try pretrainer().train(on: [images[0], PretrainingImage(broken)])
    }
  }

  @Test func aPatchThatTheEncoderCannotHalveIsAnError() {
    let error = #expect(throws: SuperCLError.self) { try pretrainer { $0.patchSize = 40 } }
    #expect(error == .badConfiguration(field: "patchSize", value: "40", reason: "must be a multiple of 16"))
  }
}
