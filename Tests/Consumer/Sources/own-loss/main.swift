// A contrastive loss of one's own, twice: composed of the library's operators, and with a backward function written out.
// Both must agree with each other and with finite differences.
import Autograd
import Tensor

/// The triplet loss `max(0, |a - p|^2 - |a - n|^2 + margin)`, averaged over rows `[N, d]`, from operators.
func tripletLoss(_ rows: [Variable<Double>], margin: Double) -> Variable<Double> {
  let positive = (rows[0] - rows[1]).squared().sum(along: 1)
  let negative = (rows[0] - rows[2]).squared().sum(along: 1)
  return (positive - negative + margin).relu().mean()
}

/// The same with its own backward: `2 (n - p), 2 (p - a), 2 (a - n)` over N in the rows that are not yet apart.
struct TripletLoss: CustomOperator {
  let margin: Double

  func forward(_ rows: [Tensor<Double>]) -> (
    Tensor<Double>, saved: (rows: [Tensor<Double>], active: Tensor<Double>)
  ) {
    let gaps =
      (rows[0] - rows[1]).squared().sum(along: 1) - (rows[0] - rows[2]).squared().sum(along: 1) + margin
    let active = Tensor<Double>(mask: gaps .> 0).expanded(at: 1)
    return (gaps.relu().mean(), (rows, active))
  }

  func backward(
    _ gradient: Tensor<Double>, saved: (rows: [Tensor<Double>], active: Tensor<Double>)
  ) -> [Tensor<Double>?] {
    let (a, p, n) = (saved.rows[0], saved.rows[1], saved.rows[2])
    let scale = saved.active * (2 * gradient.item / Double(a.shape[0]))
    return [(n - p) * scale, (p - a) * scale, (a - n) * scale]
  }
}

var generator = PhiloxGenerator(seed: 1)
let rows = (0..<3).map { _ in
  Tensor<Double>(normalWithMean: 0, standardDeviation: 1, shape: [6, 4], using: &generator)
}
let own = TripletLoss(margin: 0.5)
let composed = rows.map { Variable($0, requiresGradient: true) }
let custom = rows.map { Variable($0, requiresGradient: true) }
let first = tripletLoss(composed, margin: 0.5)
let second = own(custom[0], custom[1], custom[2])
first.backward()
second.backward()
precondition(first.value.isClose(to: second.value, absoluteTolerance: 1e-12), "the two losses differ")
for (left, right) in zip(composed, custom) {
  guard let a = left.gradient, let b = right.gradient else { preconditionFailure("a gradient is missing") }
  precondition(a.isClose(to: b, absoluteTolerance: 1e-12), "the two gradients differ")
}
let check = GradientCheck().run(at: rows, using: &generator) { own($0[0], $0[1], $0[2]) }
precondition(check.passes, "\(check)")
print("own loss \(first.item): \(check)")
