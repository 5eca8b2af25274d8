import Autograd
import Contrastive
import Tensor

/// The losses that compare all of 8,192 rows of 128, forward and backward.
let rowLosses: [BenchmarkCase] = losses.map { name, loss in
  BenchmarkCase(name: "\(name) 8192") { rowCase(loss) }
}

private typealias RowLoss = @Sendable (Variable<Float>, Variable<Float>, Tensor<Int32>) -> Variable<Float>

/// Of two views of 4,096 images; labels are 64 classes, the same for both views.
private let losses: [(String, RowLoss)] = [
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
