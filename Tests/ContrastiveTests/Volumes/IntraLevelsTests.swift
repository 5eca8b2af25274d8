import Autograd
import Contrastive
import NN
import Superpixel
import Tensor
import TestSupport
import Testing

/// ILCP at several levels, and at a decoder's.
@Suite struct IntraLevelsTests {
  private func method(_ change: (inout SuperCL) -> Void = { _ in }) -> SuperCL {
    var method = SuperCL(patchSize: 32, steps: 3, batchSize: 2)
    method.slic.segmentCount = 6
    method.intraLevel = .stage(2)
    method.weights = .init(instance: 0, intra: 1, inter: 0)
    change(&method)
    return method
  }

  private let images = (0..<3).map {
    PretrainingImage(Tensor<Float>(converting: testRows([36, 34, 1], seed: UInt64($0))))
  }

  private func views(_ method: SuperCL) throws -> SuperCLViews<Float> {
    try SuperCLViewMaker(method).views(of: Array(images.prefix(2)), key: RandomKey(seed: 1).at(step: 0))
  }

  /// ILCP on two features of one level, with the superpixels of view 1 at every n-th pixel.
  private func byHand(_ features: [Variable<Float>], _ map: Tensor<Int32>) throws -> Float {
    let stride = map.shape[1] / features[0].shape[1]
    let labels = map.sliced(along: 1, 0..., step: stride).sliced(along: 2, 0..., step: stride)
    return try IntraImageContrastiveLoss()(features[0], features[1], superpixels: labels).item
  }

  @Test func severalLevelsAreTheirWeightedSum() throws {
    let method = method {
      $0.furtherIntraLevels = [.init(.stage(1), weight: 0.25), .init(.bottleneck, weight: 2)]
    }
    let task = try PretrainingTask(method, encoder: .unet(width: 2))
    let views = try views(method)
    let report = try SuperCLLoss(task.method).evaluate(task.learner, views)
    let levels = [views.fixed!.0, views.fixed!.1].map { task.encoder(Variable($0)) }
    func level(_ index: Int) throws -> Float {
      try byHand(levels.map { $0[index] }, views.superpixels!.0)
    }
    let expected = try level(2) + 0.25 * level(1) + 2 * level(4)
    #expect(abs(report.loss.item - expected) <= 1e-4)
    #expect(task.learner.decoder == nil)
    #expect(task.notes[0].hasSuffix("; and the stage 1, weight 0.25; and the bottleneck, weight 2.0"))
  }

  @Test func aDecoderIsTrainedDownToTheLevelThatIsRead() throws {
    let method = method {
      $0.intraLevel = .decoder(2)
      $0.furtherIntraLevels = [.init(.decoder(1), weight: 0.5)]
    }
    let task = try PretrainingTask(method, encoder: .unet(width: 2))
    let names = Set(task.learner.namedParameters.map(\.name))
    let plain = Set(
      try PretrainingTask(self.method(), encoder: .unet(width: 2)).learner.namedParameters.map(\.name))
    // Of four stages the deepest three: 1/8, 1/4, 1/2.
    let added = names.subtracting(plain)
    #expect(plain.isSubset(of: names) && added.allSatisfy { $0.hasPrefix("decoder.stages.") })
    #expect(Set(added.map { $0.split(separator: ".")[2] }) == ["0", "1", "2"])
    let views = try views(method)
    let report = try SuperCLLoss(task.method).evaluate(task.learner, views)
    report.loss.backward()
    for (name, parameter) in task.learner.namedParameters where !name.hasPrefix("projector") {
      #expect(parameter.gradient != nil, "\(name)")
    }
    let decoder = try #require(task.learner.decoder)
    let maps = [views.fixed!.0, views.fixed!.1].map { decoder.maps(of: task.encoder(Variable($0))) }
    let expected =
      try byHand(maps.map { $0[1] }, views.superpixels!.0)
      + 0.5 * byHand(maps.map { $0[2] }, views.superpixels!.0)
    #expect(abs(report.loss.item - expected) <= 1e-4)
  }

  /// The parameters are those of a U-Net's decoder, and at their weights the encoder begins as without one.
  @Test func aSegmentationNetworkTakesTheDecoder() throws {
    let method = method { $0.intraLevel = .decoder(1) }
    let task = try PretrainingTask(method, encoder: .unet(width: 2))
    let plain = try PretrainingTask(self.method(), encoder: .unet(width: 2))
    #expect(haveSameState(task.encoder, plain.encoder))
    var generator = PhiloxGenerator(seed: 1)
    let network = UNet<Float>(UNetConfiguration(width: 2), classCount: 3, using: &generator)
    let decoder = try #require(task.learner.decoder)
    try network.decoder.load(decoder.state(), policy: .matching)
    let loaded = network.decoder.state()
    for (name, entry) in decoder.state().entries { #expect(loaded.entries[name] == entry, "\(name)") }
  }

  @Test func decodersTrainAndResumeBitForBit() throws {
    let method = method {
      $0.intraLevel = .decoder(2)
      $0.weights = .init()
      $0.recipe.steps = 6
    }
    try expectResumesBitForBit(method, on: ArrayDataset(images + images))
  }

  @Test func levelsThatThereAreNotAreNamed() {
    let cases: [(String, SuperCL)] = [
      ("intraLevel", method { $0.intraLevel = .decoder(4) }),
      ("intraLevel", method { $0.intraLevel = .decoder(-1) }),
      ("interLevel", method { $0.interLevel = .decoder(1) }),
      ("furtherIntraLevels[1]", method { $0.furtherIntraLevels = [.init(.stage(0)), .init(.stage(9))] }),
      ("furtherIntraLevels[0].level", method { $0.furtherIntraLevels = [.init(.automatic)] }),
      ("furtherIntraLevels[0].weight", method { $0.furtherIntraLevels = [.init(.stage(0), weight: -1)] }),
    ]
    for (field, method) in cases {
      let error = pretrainingError { _ = try PretrainingTask(method, encoder: .unet(width: 2)) }
      guard case .badSetting("SuperCL", field, _, _)? = error?.code else {
        Issue.record("\(field): \(String(describing: error))")
        continue
      }
    }
  }

  // MARK: As many superpixels as the image calls for

  /// An even image and one of many blocks, in the order of a batch.
  private var flatAndDetailed: [PretrainingImage] {
    let noise = Tensor<Float>(converting: testRows([64, 64, 1])) * 0.02
    let blocks = Tensor<Float>(shape: [64, 64, 1]) { target in
      for index in target.indices { target[index] = Float((index / 64 / 8 * 5 + index % 64 / 8 * 3) % 7) / 7 }
    }
    var disk = noise
    disk.replaceBox(at: [16, 16, 0], with: Tensor(ones: [32, 32, 1]))
    return [PretrainingImage(disk), PretrainingImage(blocks + noise)]
  }

  /// The default cuts noise finer than the coarse count, which tells the two images apart by more.
  @Test(arguments: [(AdaptiveCount(), 1), (.coarse, 2)])
  func anAdaptiveCountFollowsTheImageAndKeepsWhatILCPNeeds(adaptive: AdaptiveCount, factor: Int) throws {
    var method = SuperCL(patchSize: 64, steps: 1, batchSize: 2)
    method.slic.segmentCount = .adaptive(adaptive)
    method.pixelsPerSuperpixel = 8
    let task = try PretrainingTask(method, encoder: .unet(width: 2))
    // 16 x 16 of 64 x 64 are sampled: four of them, 64 pixels, or more for each.
    #expect(task.method.intraLevel == .stage(2))
    var bounded = adaptive
    bounded.minimumSize = 64
    #expect(task.method.slic.segmentCount == .adaptive(bounded))
    let views = try SuperCLViewMaker(task.method).views(
      of: flatAndDetailed, key: RandomKey(seed: 1).at(step: 0))
    #expect(views.superpixelCounts.count == 4)
    for (image, map) in [(0, views.superpixels!.0), (0, views.superpixels!.1)] + [
      (1, views.superpixels!.0), (1, views.superpixels!.1),
    ] {
      let labels = map[image].scalars
      let sizes = Dictionary(grouping: labels) { $0 }.mapValues(\.count)
      #expect(sizes.values.allSatisfy { $0 >= 64 }, "\(sizes)")
    }
    let (flat, detailed) = (views.superpixelCounts[0], views.superpixelCounts[2])
    #expect(factor * flat < detailed, "\(views.superpixelCounts)")
    let outcome = try task.method.evaluate(
      task.learner, views, at: TrainingMoment(step: 0, totalSteps: 1, key: RandomKey(seed: 1)))
    let mean = Double(views.superpixelCounts.reduce(0, +)) / 4
    #expect(outcome.terms.last.map { $0.name == "superpixels" && $0.value == mean } == true)
    #expect(task.notes[0].hasSuffix("as many as the image calls for, each of at least 64 pixels"))
  }

  /// Superpixels of 8 mm on pixels of 1 and of 2 mm: a quarter as many pixels each.
  @Test func sizesInMillimetersFollowTheSpacing() throws {
    var method = SuperCL(patchSize: 64, steps: 1, batchSize: 1)
    method.slic.segmentCount = .edge(millimeters: 8)
    try method.validate()
    let image = Tensor<Float>(converting: testRows([64, 64, 1])) * 0.01
    func count(_ spacing: Double) throws -> Int {
      let views = try SuperCLViewMaker(method).views(
        of: [PretrainingImage(image, spacing: VoxelSpacing(row: spacing, column: spacing))],
        key: RandomKey(seed: 1).at(step: 0))
      return views.superpixelCounts[0]
    }
    let (coarse, fine) = (try count(1), try count(2))
    #expect((50...80).contains(coarse) && (200...310).contains(fine))
  }
}
