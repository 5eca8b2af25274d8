import Autograd
import Contrastive
import Foundation
import Tensor

/// The contrastive losses as their formulas read, over the whole matrix of similarities: what the tiled losses are tested
/// against. Gradients come from the tape.
struct NaiveContrastive {
  let temperature: Double

  /// `cos(a_i, r_j) / T`, `[N, M]`.
  func similarities(_ anchors: Variable<Double>, _ references: Variable<Double>) -> Variable<Double> {
    unit(anchors).matmul(unit(references), transposing: .right) / temperature
  }

  private func unit(_ rows: Variable<Double>) -> Variable<Double> {
    rows / rows.squared().sum(along: 1).sqrt().expanded(at: 1)
  }

  /// `log sum over j with mask_ij of exp(s_ij)`, `[N]`; -1e30 where there is none.
  func logSumExp(_ s: Variable<Double>, where mask: Tensor<Bool>) -> Variable<Double> {
    s.replacing(with: -1e30, where: mask.map { !$0 }).logSumExp(along: 1)
  }

  /// `sum over j with mask_ij of s_ij`, `[N]`.
  func sum(_ s: Variable<Double>, where mask: Tensor<Bool>) -> Variable<Double> {
    s.replacing(with: 0, where: mask.map { !$0 }).sum(along: 1)
  }

  /// The weighted mean over the rows for which `isAnchor`; 0 where there are none.
  func mean(_ losses: Variable<Double>, _ weights: [Double], where isAnchor: [Bool]) -> Variable<Double> {
    let share = Tensor<Double>(zip(weights, isAnchor).map { $1 ? $0 : 0 })
    let total = share.sum().item
    return (losses * Variable(share)).sum() / (total > 0 ? total : 1)
  }

  func supervised(
    _ s: Variable<Double>, compared: Tensor<Bool>, positives: Tensor<Bool>,
    form: SupervisedContrastiveLoss.Form, weights: [Double]
  ) -> Variable<Double> {
    let counts = Tensor<Double>(mask: positives).sum(along: 1)
    let divisor = Variable(counts.maximum(1))
    let all = logSumExp(s, where: compared)
    let losses =
      switch form {
      case .outside: all - sum(s, where: positives) / divisor
      case .inside: all - logSumExp(s, where: positives) + divisor.log()
      }
    // A row without positives has -(-1e30) inside; its weight is 0.
    return mean(losses, weights, where: counts.scalars.map { $0 > 0 })
  }

  func decoupled(_ z: Variable<Double>, sigma: Double?, weights: [Double]) -> Variable<Double> {
    let (s, n) = (similarities(z, z), z.shape[0] / 2)
    let own = sum(s, where: Pairs.otherView(n))
    var attraction = Tensor<Double>(ones: [2 * n])
    if let sigma {
      let shares = (own.value.sliced(along: 0, 0..<n) * (temperature / sigma)).softmax(along: 0)
      let half = 2 - shares * Double(n)
      attraction = Tensor(concatenating: [half, half], along: 0)
    }
    return mean(
      logSumExp(s, where: Pairs.otherImages(n)) - own * Variable(attraction), weights,
      where: Array(repeating: true, count: 2 * n))
  }

  func hardNegatives(
    _ z: Variable<Double>, beta: Double, tau: Double, weights: [Double]
  ) -> Variable<Double> {
    let (s, n) = (similarities(z, z), z.shape[0] / 2)
    let count = Double(2 * n - 2)
    let others = Pairs.otherImages(n)
    let own = sum(s, where: Pairs.otherView(n)).exp()
    let importance = (s * beta).exp().replacing(with: 0, where: others.map { !$0 })
    let weighted = (importance * s.exp()).sum(along: 1) / (importance.sum(along: 1) / count)
    let corrected = (weighted - own * (tau * count)) / (1 - tau)
    let negatives = corrected.maximum(count * exp(-1 / temperature))
    return mean((own / (own + negatives)).log() * -1, weights, where: Array(repeating: true, count: 2 * n))
  }

  func pairwise(
    _ s: Variable<Double>, compared: Tensor<Bool>, positives: Tensor<Bool>, weights: [Double]
  ) -> Variable<Double> {
    let others = zip(compared.scalars, positives.scalars).map { $0 && !$1 }
    let negatives = logSumExp(s, where: Tensor(others, shape: s.shape))
    let share =
      Tensor<Double>(mask: positives) * Tensor(weights).expanded(at: 1)
    let losses = (negatives.expanded(at: 1) - s).softplus()
    let total = share.sum().item
    return (losses * Variable(share)).sum() / (total > 0 ? total : 1)
  }
}

extension Tensor where Scalar == Bool {
  func map(_ transform: (Bool) -> Bool) -> Tensor<Bool> { Tensor(scalars.map(transform), shape: shape) }
}

/// Masks of pairs.
enum Pairs {
  static func mask(_ n: Int, _ m: Int, _ isPair: (Int, Int) -> Bool) -> Tensor<Bool> {
    Tensor((0..<n * m).map { isPair($0 / m, $0 % m) }, shape: [n, m])
  }

  static func otherView(_ n: Int) -> Tensor<Bool> { mask(2 * n, 2 * n) { $0 != $1 && $0 % n == $1 % n } }
  static func otherImages(_ n: Int) -> Tensor<Bool> { mask(2 * n, 2 * n) { $0 % n != $1 % n } }
  static func others(_ n: Int) -> Tensor<Bool> { mask(n, n) { $0 != $1 } }
  static func equalLabels(_ left: [Int32], _ right: [Int32], except: (Int, Int) -> Bool) -> Tensor<Bool> {
    mask(left.count, right.count) { left[$0] == right[$1] && !except($0, $1) }
  }
}
