import Autograd
import Contrastive
import NN
import Superpixel
import Tensor
import TestSupport
import Testing

/// Results are equal to the last bit at 1, 2 and 3 threads.
///
/// The number of threads is a setting of the whole process, so every test has a process of its own. Sizes are large and
/// odd enough for several chunks of work.
@Suite struct ThreadCountTests {
  @Test func matrixProductsAreEqual() async {
    await #expect(processExitsWith: .success) {
      expectEqualBytes("matmul") {
        let (a, b) = (random([301, 203]), random([203, 257], seed: 2))
        return [
          a.matmul(b), a.matmul(random([257, 203], seed: 3), transposing: .right),
          random([3, 65, 33]).matmul(random([3, 33, 67], seed: 2)), a.rowProducts(), a.columnProducts(),
        ]
      }
    }
  }

  @Test func matrixProductsInDoubleAreEqual() async {
    await #expect(processExitsWith: .success) {
      expectEqualBytes("matmul in Double") {
        [
          Tensor<Double>(converting: random([301, 203])).matmul(
            Tensor(converting: random([203, 257], seed: 2)))
        ]
      }
    }
  }

  @Test func lossesForLabelsAreEqual() async {
    await #expect(processExitsWith: .success) {
      var generator = SplitMix64(seed: 4)
      let labels = Tensor<Int32>((0..<2 * 67 * 61).map { _ in Int32.random(in: 0..<4, using: &generator) })
        .reshaped([2, 67, 61])
      let losses: [any SegmentationLoss] = [
        CrossEntropyLoss(), CrossEntropyLoss(classWeights: [1, 2, 3, 4], labelSmoothing: 0.1), DiceLoss(),
        DiceLoss(scope: .image), FocalLoss(), TverskyLoss(), CombinedLoss.crossEntropyAndDice,
      ]
      for (index, loss) in losses.enumerated() {
        expectEqualBytes("loss \(index)") {
          valueAndGradients([random([2, 67, 61, 4])]) { loss($0[0], labels) }
        }
      }
    }
  }

  @Test func contrastiveLossesAreEqual() async {
    await #expect(processExitsWith: .success) {
      let rows = random([300, 33])
      let labels = Tensor<Int32>((0..<300).map { Int32($0 % 37) })
      let mask = InstancePositives.otherView.mask(batch: 150)
      expectEqualBytes("supervised by labels") {
        valueAndGradients([rows]) { SupervisedContrastiveLoss()($0[0], labels: labels) }
      }
      expectEqualBytes("supervised by a mask") {
        valueAndGradients([rows]) { SupervisedContrastiveLoss()($0[0], positives: mask) }
      }
      let views = [rows, random([300, 33], seed: 2)]
      expectEqualBytes("NT-Xent") { valueAndGradients(views) { NTXentLoss()($0[0], $0[1]) } }
      expectEqualBytes("InfoNCE") {
        valueAndGradients(views + [random([211, 33], seed: 3)]) {
          InfoNCELoss()(queries: $0[0], keys: $0[1], negatives: $0[2])
        }
      }
      expectEqualBytes("InfoNCE with a held queue") {
        valueAndGradients(views) {
          InfoNCELoss()(queries: $0[0], keys: $0[1], negatives: Variable(random([211, 33], seed: 3)))
        }
      }
      let ownLabels = Tensor<Int32>((0..<300).map { Int32($0 % 37) })
      expectEqualBytes("DCL") { valueAndGradients(views) { DecoupledContrastiveLoss()($0[0], $0[1]) } }
      expectEqualBytes("hard negatives") {
        valueAndGradients(views) { HardNegativeContrastiveLoss()($0[0], $0[1]) }
      }
      expectEqualBytes("supervised inside") {
        valueAndGradients([rows]) { SupervisedContrastiveLoss(form: .inside)($0[0], labels: labels) }
      }
      expectEqualBytes("pairwise by labels") {
        valueAndGradients([rows]) { PairwiseNTXentLoss()($0[0], labels: labels) }
      }
      expectEqualBytes("pairwise with references") {
        valueAndGradients(views) {
          PairwiseNTXentLoss()(
            anchors: $0[0], labels: ownLabels, references: $0[1], referenceLabels: labels,
            excluding: .index(offset: 2))
        }
      }
      let superpixels = Tensor<Int32>((0..<3 * 400).map { Int32($0 / 7 % 20) }).reshaped([3, 20, 20])
      expectEqualBytes("ILCP") {
        valueAndGradients([random([3, 20, 20, 33]), random([3, 20, 20, 33], seed: 2)]) {
          (try? IntraImageContrastiveLoss()($0[0], $0[1], superpixels: superpixels)) ?? Variable(Float.nan)
        }
      }
      let components = ConnectedComponentLabels(NearestNeighborGraph(random([300, 33], seed: 5)))
      expectEqualBytes("IGCP") {
        valueAndGradients([rows]) { InterImageContrastiveLoss()($0[0], components: components) }
      }
    }
  }

  @Test func lossesOfComparedMethodsAreEqual() async {
    await #expect(processExitsWith: .success) {
      let pairs: [(String, ([Variable<Float>]) -> Variable<Float>)] = [
        ("negative cosine", { NegativeCosineLoss(targetGradient: .flowing)($0[0], targets: $0[1]) }),
        ("Barlow Twins", { BarlowTwinsLoss()($0[0], $0[1]) }), ("VICReg", { VICRegLoss()($0[0], $0[1]) }),
        ("alignment and uniformity", { AlignmentUniformityLoss()($0[0], $0[1]) }),
        (
          "triplet",
          {
            TripletLoss(mining: .all)(
              Variable(concatenating: $0, along: 0), labels: Tensor((0..<602).map { Int32($0 % 37) }))
          }
        ),
        (
          "dense contrast",
          {
            DenseContrastLoss()(
              queries: $0[0].reshaped([1, 7, 43, 65]), keys: $0[1].value.reshaped([1, 7, 43, 65]),
              matches: Tensor((0..<301).map { Int32($0) }, shape: [1, 301]),
              negatives: random([211, 65], seed: 3)) + $0[1].sum()
          }
        ),
      ]
      for (name, loss) in pairs {
        expectEqualBytes(name) { valueAndGradients([random([301, 65]), random([301, 65], seed: 2)], loss) }
      }
      let wide = [random([65, 301]), random([65, 301], seed: 2)]
      expectEqualBytes("Barlow Twins of wide rows") {
        valueAndGradients(wide) { BarlowTwinsLoss()($0[0], $0[1]) }
      }
      expectEqualBytes("VICReg of wide rows") { valueAndGradients(wide) { VICRegLoss()($0[0], $0[1]) } }
      expectEqualBytes("SwAV") {
        valueAndGradients([random([1301, 33]), random([1301, 33], seed: 2)]) { scores in
          SwAVLoss()(scores, codes: scores.map { Sinkhorn(epsilon: 0.2).codes(of: $0.value) })
        }
      }
      expectEqualBytes("principal axes") {
        let axes = try PrincipalAxes(random([1301, 65]))
        return [axes.axes, axes.variances]
      }
    }
  }

  /// Views, superpixels, four forwards, backward and update: everything that pre-training computes.
  @Test func stepsOfPretrainingAreEqual() async {
    await #expect(processExitsWith: .success) {
      expectEqualBytes("SuperCL") {
        var method = SuperCL(patchSize: 64, steps: 2, batchSize: 3)
        method.slic.segmentCount = 16
        method.intraLevel = .stage(2)
        let images = (0..<4).map {
          PretrainingImage(random([70, 61, 1], seed: UInt64($0)), position: Double($0 + 1) / 4)
        }
        let task = try PretrainingTask(method, encoder: .unet(width: 8))
        var terms: [Float] = []
        try TrainingLoop(task, on: images).run {
          // A similarity is NaN in a batch without such pairs; a cosine of 2 stands for it.
          terms += $0.terms.map { $0.value.isNaN ? 2 : Float($0.value) }
          return .proceed
        }
        return state(of: task.learner) + [Tensor(terms)]
      }
    }
  }

  @Test func stepsOfSegmentationAreEqual() async {
    await #expect(processExitsWith: .success) {
      expectEqualBytes("U-Net") {
        var generator = PhiloxGenerator(seed: 1)
        let network = UNet<Float>(UNetConfiguration(width: 8), classCount: 3, using: &generator)
        let images = (0..<4).map { index in
          let image = random([48, 64, 1], seed: UInt64(index))
          return LabeledImage(
            image: image, labels: Tensor<Int32>(mask: image .> 0.5).reshaped([48, 64]))
        }
        let task = SegmentationTask(
          network, classCount: 3, recipe: TrainingRecipe(steps: 2, batchSize: 3))
        try TrainingLoop(task, on: images).run()
        return state(of: network)
      }
    }
  }

  @Test func stepsOfAVolumetricNetworkAreEqual() async {
    await #expect(processExitsWith: .success) {
      expectEqualBytes("3-D U-Net") {
        var generator = PhiloxGenerator(seed: 1)
        let network = UNet3D<Float>(UNetConfiguration(widths: [8, 16]), classCount: 2, using: &generator)
        let image = random([16, 24, 20, 1])
        let labeled = LabeledImage(
          image: image, labels: Tensor<Int32>(mask: image .> 0.5).reshaped([16, 24, 20]))
        let task = SegmentationTask(
          network, classCount: 2, recipe: TrainingRecipe(steps: 2, batchSize: 2))
        try TrainingLoop(task, on: [labeled]).run()
        return state(of: network)
      }
    }
  }
}

/// Normal elements, the same for the same seed.
func random(_ shape: TensorShape, seed: UInt64 = 1) -> Tensor<Float> {
  var generator = SplitMix64(seed: seed)
  return Tensor(normalWithMean: 0, standardDeviation: 1, shape: shape, using: &generator)
}

private func valueAndGradients(
  _ points: [Tensor<Float>], _ function: ([Variable<Float>]) -> Variable<Float>
) -> [Tensor<Float>] {
  let leaves = points.map { Variable($0, requiresGradient: true) }
  let value = function(leaves)
  value.backward()
  return [value.value] + leaves.map { $0.gradient ?? Tensor(repeating: .nan, shape: $0.shape) }
}

func state(of network: any Module<Float>) -> [Tensor<Float>] {
  network.parameters.map(\.value) + network.namedBuffers.map(\.buffer.value)
}

/// Runs `body` at 1, 2 and 3 threads and expects the same bits, none of them NaN and not all 0.
func expectEqualBytes<Scalar: TensorFloatingPointScalar>(
  _ name: String, _ body: () throws -> [Tensor<Scalar>]
) {
  do {
    var results: [[Tensor<Scalar>]] = []
    for count in 1...3 {
      ComputeThreads.count = count
      results.append(try body())
    }
    for (index, tensor) in results[0].enumerated() {
      #expect(tensor.isFinite().all(), "\(name): result \(index) is not finite")
      for count in 2...3 {
        #expect(
          tensor.isIdentical(to: results[count - 1][index]),
          "\(name): result \(index) differs at \(count) threads")
      }
    }
    #expect(results[0].contains { $0.norm().item > 0 }, "\(name): all results are 0")
  } catch {
    Issue.record("\(name): \(error)")
  }
}
