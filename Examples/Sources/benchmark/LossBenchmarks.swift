import Autograd
import Contrastive
import Tensor

/// ILCP alone, forward and backward: eight images, two views of 32 x 32 pixels each, 100 superpixels. And the losses that
/// compare all of 8,192 rows of 128.
let lossBenchmarks: [BenchmarkCase] =
  [512, 128].map { channels in
    BenchmarkCase(name: "ILCP \(channels)") { intraImageCase(channels: channels) }
  } + rowLosses.map { name, loss in BenchmarkCase(name: "\(name) 8192") { rowCase(loss) } }

private typealias RowLoss = (Variable<Float>, Variable<Float>, Tensor<Int32>) -> Variable<Float>

/// Of two views of 4,096 images; labels are 64 classes, the same for both views.
private let rowLosses: [(String, RowLoss)] = [
  ("NT-Xent", { first, second, _ in NTXentLoss()(first, second) }),
  ("DCL", { first, second, _ in DecoupledContrastiveLoss()(first, second) }),
  ("hard negatives", { first, second, _ in HardNegativeContrastiveLoss()(first, second) }),
  (
    "SupCon inside",
    { first, second, labels in
      SupervisedContrastiveLoss(form: .inside)
        .groupLosses([first, second].map { $0.expanded(at: 0) }, labels: labels.expanded(at: 0)).losses.sum()
    }
  ),
  (
    "pairwise NT-Xent",
    { first, second, labels in
      PairwiseNTXentLoss()(Variable(concatenating: [first, second], along: 0), labels: labels)
    }
  ),
]

private func rowCase(_ loss: @escaping RowLoss) -> () throws -> Void {
  var generator = PhiloxGenerator(seed: 1)
  let views = (0..<2).map { _ in
    Variable(
      Tensor<Float>(normalWithMean: 0, standardDeviation: 1, shape: [4096, 128], using: &generator),
      requiresGradient: true)
  }
  let labels = Tensor<Int32>((0..<8192).map { Int32($0 % 64) })
  return {
    for view in views { view.gradient = nil }
    loss(views[0], views[1], labels).backward()
  }
}

private func intraImageCase(channels: Int) -> () throws -> Void {
  var generator = PhiloxGenerator(seed: 1)
  let views = (0..<2).map { _ in
    Variable(
      Tensor<Float>(uniform: -1..<1, shape: [8, 32, 32, channels], using: &generator), requiresGradient: true)
  }
  // Cells of 3 x 3 pixels, about a hundred an image: what superpixels look like at this level.
  let superpixels = Tensor<Int32>(shape: [8, 32, 32]) { labels in
    for index in labels.indices { labels[index] = Int32(index / 32 % 32 / 3 * 11 + index % 32 / 3) }
  }
  let loss = IntraImageContrastiveLoss()
  return {
    for view in views { view.gradient = nil }
    try loss(views[0], views[1], superpixels: superpixels).backward()
  }
}
