import Autograd
import Contrastive
import Foundation
import NN
import Superpixel
import Tensor
import TestSupport
import Testing

@Suite struct PretrainingTaskTests {
  /// Slices of bright blocks in noise.
  private var images: [PretrainingImage] {
    (0..<5).map { index in
      var image = Tensor<Float>(converting: testRows([36, 30, 1], seed: UInt64(index))) * 0.1
      image.replaceBox(at: [4 + 2 * index, 6, 0], with: Tensor(ones: [12, 10, 1]))
      return PretrainingImage(image, position: Double(index + 1) / 5)
    }
  }

  private func task(_ change: (inout SuperCL) -> Void = { _ in }) throws -> PretrainingTask<SuperCL> {
    var method = SuperCL(patchSize: 32, steps: 5, batchSize: 3)
    method.slic.segmentCount = 9
    method.intraLevel = .stage(1)
    change(&method)
    return try PretrainingTask(method, encoder: .unet(width: 2))
  }

  /// The terms of every step.
  private func history(_ task: PretrainingTask<SuperCL>, on images: [PretrainingImage]) throws -> [[LossTerm]]
  {
    var history: [[LossTerm]] = []
    try TrainingLoop(task, on: images).run {
      history.append($0.terms)
      return .proceed
    }
    return history
  }

  @Test(arguments: [1, 3], [0, 2]) func stoppedAndResumedItIsTheUnbrokenTraining(_ stop: Int, _ workers: Int)
    throws
  {
    let whole = try task()
    try TrainingLoop(whole, on: images).run()
    let folder = try TemporaryFolder()
    let policy = CheckpointPolicy(folder.file("state"), everySteps: 100)
    try TrainingLoop(task(), on: images).run(checkpoint: policy) { $0.step == stop ? .stop : .proceed }
    let resumed = try task()
    let loop = try TrainingLoop(resumed, on: images, workers: workers)
    try loop.resume(from: policy.url)
    #expect(loop.step == stop)
    try loop.run()
    #expect(try resumed.learner.state().data() == whole.learner.state().data())
  }

  @Test func anotherNumberOfTheMethodIsAnotherTraining() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    try TrainingLoop(task(), on: images).write(to: url)
    let cases: [(PretrainingTask<SuperCL>, String)] = [
      (try task { $0.temperature = 0.2 }, "settings.values.temperature is 0.1 in the file and 0.2"),
      (try task { $0.slic.compactness = 5 }, "settings.values.slic.compactness is 10 in the file and 5"),
      (
        try PretrainingTask(task().method, encoder: .unet(width: 3)),
        "settings.encoder.settings.configuration.widths[0] is 2 in the file and 3"
      ),
    ]
    for (other, expected) in cases {
      let error = #expect(throws: CheckpointError.self) {
        try TrainingLoop(other, on: images).resume(from: url)
      }
      #expect(error?.context.contains(expected) == true, "\(error?.context ?? "")")
    }
  }

  @Test func twoRunsWithOneSeedAreEqualAndAnotherSeedIsNot() throws {
    func state(_ seed: UInt64) throws -> Data {
      let task = try task { $0.recipe.seed = seed }
      try TrainingLoop(task, on: images).run()
      return try task.learner.state().data()
    }
    #expect(try state(1) == state(1))
    #expect(try state(1) != state(2))
  }

  @Test func aDatasetTrainsAsItsImagesDo() throws {
    let (fromMemory, fromDataset) = (try task(), try task())
    try TrainingLoop(fromMemory, on: images).run()
    let originals = images
    try TrainingLoop(fromDataset, on: ArrayDataset(Array(0..<5)).mapped { originals[$0] }).run()
    #expect(try fromDataset.learner.state().data() == fromMemory.learner.state().data())
    let wrong = ArrayDataset([0]).mapped { _ in PretrainingImage(Tensor(zeros: [32, 32, 2])) }
    let error = #expect(throws: DataError.self) { try TrainingLoop(task(), on: wrong).run() }
    #expect(
      error?.underlying as? PretrainingError
        == PretrainingError(
          .badImages("image 0 has shape [32, 32, 2]; the encoder takes [height, width, 1]")))
  }

  @Test func everyTermAndDiagnosticIsReported() throws {
    let names = [
      "loss", "instance", "intra", "inter", "components", "imagePositives", "positiveSimilarity",
      "negativeSimilarity", "spread", "pixelPositives", "superpixels",
    ]
    for terms in try history(task(), on: images) {
      #expect(terms.map(\.name) == names)
      let values = Dictionary(uniqueKeysWithValues: terms.map { ($0.name, $0.value) })
      let sum = (values["instance"] ?? 0) + (values["intra"] ?? 0) + 0.5 * (values["inter"] ?? 0)
      #expect(abs((values["loss"] ?? 0) - sum) < 1e-4)
      // The squares of the deviations of unit rows sum to 1 minus the mean cosine of all pairs (a mean of deviations is
      // no more than its quadratic mean), which lies between those of positives and of others.
      let cosine = min(values["positiveSimilarity"] ?? 1, values["negativeSimilarity"] ?? 1)
      let spread = values["spread"] ?? 0
      #expect(spread > 0 && spread * spread <= 1 - cosine + 1e-4)
    }
  }

  @Test func trainingLowersTheLoss() throws {
    let task = try task {
      $0.recipe.steps = 40
      $0.learningRate = 0.02
    }
    let losses = try history(task, on: images).map { $0[0].value }
    let (first, last) = (losses[..<8].reduce(0, +), losses[32...].reduce(0, +))
    #expect(last < 0.95 * first, "\(losses)")
  }

  @Test func aCollapseIsWarnedOf() throws {
    // Constant images: the features of all are equal, and every graph has one component.
    let flat = (0..<3).map { _ in PretrainingImage(Tensor<Float>(zeros: [32, 32, 1])) }
    let task = try task { $0.recipe.steps = 2 }
    let folder = try TemporaryFolder()
    let policy = CheckpointPolicy(folder.file("state"), everySteps: 1)
    let loop = try TrainingLoop(task, on: flat)
    var reports: [String] = []
    try loop.run(checkpoint: policy) {
      reports.append("\($0)")
      return .proceed
    }
    #expect(loop.warningCounts["one component"] == 2)
    #expect(reports.allSatisfy { $0.contains("warning: one component covers the batch") })
    // Without negatives their similarity is NaN, which the log must be able to hold.
    let log = try TrainingLog.entries(of: policy.logURL)
    #expect(log.count == 2 && log[0].terms.contains { $0.value.isNaN })
  }

  @Test func tooCoarseALevelIsWarnedOf() throws {
    let task = try task {
      $0.recipe.steps = 1
      $0.intraLevel = .bottleneck
    }
    let loop = try TrainingLoop(task, on: images)
    try loop.run()
    #expect(loop.warningCounts["few positives per pixel"] == 1)
  }

  /// The library's own choice of level and superpixels is no reason to warn, and is said in the first report.
  @Test func theDefaultTrainsWithoutAWarning() throws {
    let task = try PretrainingTask(SuperCL(patchSize: 32, steps: 3, batchSize: 3), encoder: .unet(width: 2))
    #expect(task.method.intraLevel == .stage(1))
    let loop = try TrainingLoop(task, on: images)
    var lines: [String] = []
    try loop.run {
      lines.append("\($0)")
      return .proceed
    }
    #expect(loop.warningCounts["few positives per pixel"] == nil)
    #expect(lines[0].hasPrefix("note: ILCP reads the stage 1 (1/2) of patches of 32 px: 256 pixels an image"))
    #expect(!lines[1].contains("note:"))
  }

  /// One slice without position in a batch leaves the others theirs.
  @Test func slicesWithAndWithoutPositionMix() throws {
    var mixed = images
    mixed[1].position = nil
    let task = try task { $0.recipe.batchSize = 5 }
    #expect(try history(task, on: mixed).count == 5)
  }

  @Test func aSetThatFillsNoBatchCannotDropTheRest() throws {
    let task = try task {
      $0.recipe.batchSize = 6
      $0.recipe.lastBatch = .dropped
    }
    #expect(throws: TrainingError.self) { try TrainingLoop(task, on: images) }
  }

  @Test func theReleasedSettingsTrain() throws {
    for preset in [SuperCL.asReleased, .kitsAsReleased, .brats] {
      var method = preset
      (method.patchSize, method.intraLevel) = (32, .stage(1))
      (method.recipe.batchSize, method.recipe.steps) = (3, 2)
      method.slic.segmentCount = 9
      let channels = preset == .brats ? 4 : 1
      let released = try PretrainingTask(method, encoder: .unet(inputChannels: channels, width: 2))
      let repeated = images.map {
        PretrainingImage(
          Tensor(concatenating: [Tensor<Float>](repeating: $0.image * 200, count: channels), along: -1))
      }
      #expect(try TrainingLoop(released, on: repeated).run() == .finished)
    }
  }

  @Test func imagesThatCannotBeTrainedOnAreErrors() throws {
    #expect(throws: TrainingError(.badData("there are no examples to train on"))) {
      try TrainingLoop(task(), on: [])
    }
    #expect(
      throws: PretrainingError(
        .badImages(
          "image 0 has shape [32, 32, 2]; the encoder takes [height, width, 1]"))
    ) { try TrainingLoop(task(), on: [PretrainingImage(Tensor(zeros: [32, 32, 2]))]) }
    #expect(throws: PretrainingError(.badImages("image 0 has no pixels: shape [0, 32, 1]"))) {
      try TrainingLoop(task(), on: [PretrainingImage(Tensor(zeros: [0, 32, 1]))])
    }
    var broken = Tensor<Float>(zeros: [32, 32, 1])
    broken[3, 4, 0] = .nan
    #expect(throws: PretrainingError(.badImages("image 1 has 1 values that are not finite"))) {
      try TrainingLoop(task(), on: [images[0], PretrainingImage(broken)])
    }
  }

  /// One convolution, and a dropout behind it.
  private final class Dropping: FeatureEncoder {
    typealias Scalar = Float
    let conv: Conv2D<Float>
    let dropout: Dropout<Float>
    let encoderDescription = EncoderDescription(
      inputChannels: 1, levels: [.init(channels: 2, stride: [1, 1])])
    var members: [ModuleMember<Float>] { [.module("conv", conv), .module("dropout", dropout)] }

    init(probability: Double, using generator: inout PhiloxGenerator) {
      conv = Conv2D(inputChannels: 1, outputChannels: 2, kernelSize: 3, padding: 1, using: &generator)
      dropout = Dropout(probability: probability)
    }

    func callAsFunction(_ image: Variable<Float>) -> [Variable<Float>] { [dropout(conv(image))] }
  }

  /// Its layers would stop the process in the first step.
  @Test func anEncoderThatDropsIsRefusedByName() throws {
    func task(_ probability: Double) throws -> PretrainingTask<SuperCL> {
      try PretrainingTask(
        SuperCL(patchSize: 32, steps: 1, batchSize: 2),
        encoder: EncoderBlueprint("dropping", settings: probability) {
          Dropping(probability: probability, using: &$0)
        })
    }
    let error = #expect(throws: PretrainingError.self) { try task(0.3) }
    #expect(error?.field == "encoder" && error?.context.contains("dropping with a dropout of 0.3") == true)
    #expect(try TrainingLoop(task(0), on: images).run() == .finished)
  }
}
