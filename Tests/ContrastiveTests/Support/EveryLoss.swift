import Autograd
import Contrastive
import Tensor
import TestSupport

/// A loss of the library in one form: of two views `[N, 3]`.
struct PairLoss<Scalar: TensorFloatingPointScalar> {
  let name: String
  /// Whether it grows with its rows, so that rows of 1e20 may cost more than 32 bits hold.
  let hasScale: Bool
  let loss: (Variable<Scalar>, Variable<Scalar>) -> Variable<Scalar>

  init(
    _ name: String, hasScale: Bool = false,
    _ loss: @escaping (Variable<Scalar>, Variable<Scalar>) -> Variable<Scalar>
  ) {
    (self.name, self.hasScale, self.loss) = (name, hasScale, loss)
  }
}

/// Every public loss of Contrastive, at a temperature where it has one.
func everyLoss<Scalar: TensorFloatingPointScalar>(
  _ type: Scalar.Type, temperature: Double = 0.1
) -> [PairLoss<Scalar>] {
  cosineLosses(temperature) + groupLosses(temperature) + otherLosses(temperature)
}

/// Labels of two views of so many images: 0 and 1 in turn, alike in both views.
private func pairLabels(_ count: Int) -> Tensor<Int32> {
  Tensor<Int32>((0..<2 * count).map { Int32($0 % max(count, 1) % 2) })
}

/// The losses of ContrastiveLosses.md.
private func cosineLosses<Scalar: TensorFloatingPointScalar>(_ temperature: Double) -> [PairLoss<Scalar>] {
  let scale = ContrastiveTemperature(temperature, base: nil)
  func rows(_ views: Variable<Scalar>...) -> Variable<Scalar> { Variable(concatenating: views, along: 0) }
  func labeled(_ name: String, _ loss: SupervisedContrastiveLoss) -> PairLoss<Scalar> {
    PairLoss(name) { loss(rows($0, $1), labels: pairLabels($0.shape[0])) }
  }
  return [
    labeled("SupCon outside", SupervisedContrastiveLoss(scale)),
    labeled("SupCon inside", SupervisedContrastiveLoss(scale, form: .inside)),
    labeled("SupCon with a factor", SupervisedContrastiveLoss(.init(temperature, base: 0.07))),
    PairLoss("NT-Xent") { NTXentLoss(temperature: temperature)($0, $1) },
    PairLoss("InfoNCE") { InfoNCELoss(temperature: temperature)(queries: $0, keys: $1) },
    PairLoss("InfoNCE with a queue") {
      InfoNCELoss(temperature: temperature)(
        queries: $0, keys: $1, negatives: Variable(Tensor(converting: testRows([2, 3], seed: 4))))
    },
    PairLoss("DCL") { DecoupledContrastiveLoss(temperature: temperature)($0, $1) },
    PairLoss("DCLW") {
      DecoupledContrastiveLoss(temperature: temperature, weighting: .vonMisesFisher())($0, $1)
    },
    PairLoss("hard negatives") { HardNegativeContrastiveLoss(temperature: temperature)($0, $1) },
    PairLoss("hard negatives without weights") {
      HardNegativeContrastiveLoss(temperature: temperature, concentration: 0, positivePrior: 0)($0, $1)
    },
    PairLoss("pairwise NT-Xent") {
      PairwiseNTXentLoss(temperature: temperature)(rows($0, $1), labels: pairLabels($0.shape[0]))
    },
    PairLoss("ILCP") {
      let (count, loss) = ($0.shape[0], IntraImageContrastiveLoss(scale))
      let maps = [$0, $1].map { $0.reshaped([1, count, 1, 3]) }
      let superpixels = Tensor<Int32>((0..<count).map { Int32($0 % 2) }, shape: [1, count, 1])
      return (try? loss(maps[0], maps[1], superpixels: superpixels)) ?? Variable(.nan)
    },
    PairLoss("IGCP") {
      let both = rows($0, $1)
      let components = ConnectedComponentLabels(NearestNeighborGraph(both.value))
      return InterImageContrastiveLoss(scale)(both, components: components)
    },
  ]
}

/// Those of single methods that compare rows of several images.
private func groupLosses<Scalar: TensorFloatingPointScalar>(_ temperature: Double) -> [PairLoss<Scalar>] {
  /// So many rows of both views in turn; none where there are none.
  func repeated(_ a: Variable<Scalar>, _ b: Variable<Scalar>, _ count: Int) -> Variable<Scalar> {
    let both = Variable(concatenating: [a, b], along: 0)
    return both.shape[0] == 0 ? both : both.gathered(at: (0..<count).map { $0 % both.shape[0] })
  }
  func partition(_ name: String, _ pairs: PartitionPairs) -> PairLoss<Scalar> {
    PairLoss(name) {
      PartitionContrastiveLoss(temperature: temperature, pairs: pairs)(
        repeated($0, $1, pairs == .withinVolume ? 12 : 16), parts: 2)
    }
  }
  /// The rows as places of one image; place 0 is the region, the next and the last are negatives.
  func map(_ rows: Variable<Scalar>) -> (map: Variable<Scalar>, negatives: [[Int]]) {
    let count = rows.shape[0]
    if count == 0 { return (rows.reshaped([0, 2, 3]), [[1, 1]]) }
    return (rows.reshaped([1, count, 3]), [[min(1, count - 1), count - 1]])
  }
  let local = LocalRegionContrastiveLoss(temperature: temperature)
  return [
    partition("GCL", .acrossVolumes), partition("GCL within volumes", .withinVolume),
    partition("GCL as released", .acrossVolumesAsReleased),
    PairLoss("GCL's regions") { local(map($0).map, map($1).map, negatives: map($0).negatives) },
    PairLoss("GCL's regions across volumes") {
      let three = [$0, $1].map { Variable(concatenating: [map($0).map, map($0).map, map($0).map], along: 0) }
      return local.acrossVolumes(three[0], three[1], parts: 1, negatives: map($0).negatives)
    },
    PairLoss("WCL's components") { ComponentContrastiveLoss(temperature: temperature)($0, $1) },
    PairLoss("SwAV") {
      SwAVLoss(temperature: temperature)([$0, $1], codes: [$0, $1].map { Sinkhorn().codes(of: $0.value) })
    },
    PairLoss("dense contrast") {
      let count = $0.shape[0]
      let loss = DenseContrastLoss(temperature: temperature)
      return loss(
        queries: $0.reshaped([1, 1, count, 3]), keys: $1.value.reshaped([1, 1, count, 3]),
        matches: Tensor<Int32>((0..<count).map { Int32($0) }, shape: [1, count]),
        negatives: loss.queueRows(of: Tensor(ones: [2, 1, 1, 3]))) + $1.sum() * 0
    },
    PairLoss("pixel contrast") {
      var generator = SplitMix64(seed: 1)
      return PixelContrastLoss(.init(temperature, base: nil))(
        Variable(stacking: [$0, $1]), labels: pairLabels($0.shape[0]).reshaped([2, $0.shape[0]]),
        using: &generator)
    },
  ]
}

/// Those without a denominator.
private func otherLosses<Scalar: TensorFloatingPointScalar>(_ temperature: Double) -> [PairLoss<Scalar>] {
  func triplet(_ name: String, _ loss: TripletLoss) -> PairLoss<Scalar> {
    PairLoss("triplet, \(name)") {
      loss(Variable(concatenating: [$0, $1], along: 0), labels: pairLabels($0.shape[0]))
    }
  }
  return [
    PairLoss("negative cosine") { NegativeCosineLoss(targetGradient: .flowing)($0, targets: $1) },
    PairLoss("squared distance") {
      NegativeCosineLoss(.squaredDistance, targetGradient: .flowing)($0, targets: $1)
    },
    PairLoss("Barlow Twins") { BarlowTwinsLoss()($0, $1) },
    PairLoss("VICReg as released", hasScale: true) { VICRegLoss()($0, $1) },
    PairLoss("VICReg as published", hasScale: true) { VICRegLoss(.asPublished)($0, $1) },
    PairLoss("alignment and uniformity") { AlignmentUniformityLoss()($0, $1) },
    PairLoss("alignment of power 1") { AlignmentUniformityLoss(exponent: 1)($0, $1) },
    triplet("all", TripletLoss(mining: .all)), triplet("semihard", TripletLoss(mining: .semihard)),
    triplet("hard", TripletLoss(mining: .hard)), triplet("batch-hard", TripletLoss(mining: .batchHard)),
    triplet("squared", TripletLoss(distance: .squaredEuclidean)),
    PairLoss("restoration", hasScale: true) {
      RestorationLoss().generator(
        contrast: NTXentLoss(temperature: temperature)($0, $1), restored: $0, original: $1.value, judged: $0
      ).loss
    },
    PairLoss("discriminator", hasScale: true) { RestorationLoss().discriminator(real: $0, restored: $1) },
  ]
}
