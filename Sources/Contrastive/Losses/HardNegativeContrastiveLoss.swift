import Foundation
public import Autograd
public import Tensor

/// NT-Xent with hard negatives weighted up, and corrected for negatives that are positives unknown to the labels.
///
///     L = 1/2N sum over i of -log( e^s_ip / (e^s_ip + G_i) )                s_ij = cos(z_i, z_j) / T, M = 2N - 2
///     G_i = max( (R_i - tau M e^s_ip) / (1 - tau), M e^(-1/T) )
///     R_i = sum over k of e^((1 + beta) s_ik) / mean over k of e^(beta s_ik)       k not in {i, p}
///
/// R is M times a mean of `e^s_ik` with weights `e^(beta s_ik)`; tau is the chance that a negative is of the anchor's class.
/// Gradients flow through the weights. With beta and tau 0 it is ``NTXentLoss``. One image has no negatives: its loss is 0.
/// Equal rows give log(2N - 1), whatever beta and tau. The scale of rows leaves no trace; a row of zeros has cosine 0 with all
/// and no gradient. Without rows the loss is 0. O(N d) memory.
///
/// Too large a beta hurts: on STL-10 1 is best, 6 worse than none. Source: Robinson et al., ICLR 2021, and its released
/// code.
public struct HardNegativeContrastiveLoss: Sendable, Hashable, Codable {
  /// T: .5.
  public var temperature: Double
  /// beta, how much hard negatives are weighted up: 1.
  public var concentration: Double
  /// tau+, the chance of a positive among the negatives: .1.
  public var positivePrior: Double
  /// The least length that rows are divided by: 1e-8.
  public var floor: CosineFloor

  /// - Precondition: the temperature is positive, beta not negative, tau+ in 0..<1.
  public init(
    temperature: Double = 0.5, concentration: Double = 1, positivePrior: Double = 0.1,
    floor: CosineFloor = .cosineSimilarity
  ) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    shapePrecondition(concentration >= 0, "a concentration is not negative: \(concentration)")
    shapePrecondition((0..<1).contains(positivePrior), "a prior is in 0..<1, not \(positivePrior)")
    self.temperature = temperature
    self.concentration = concentration
    self.positivePrior = positivePrior
    self.floor = floor
  }

  /// The loss of two views `[N, d]` of the same images in the same order.
  ///
  /// `weights`: weights of the anchors, `[2N]`, view 1, then view 2; see ``NTXentLoss``.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    let pair = ViewPair(view1, view2, floor: floor, leavingOut: .ownIndexOfEveryView)
    // The sums of e^((1 + beta) s) and e^(beta s) are those of e^s at lower temperatures.
    var terms = [PairTerm<Scalar>(.logSumExp, temperature: Scalar(temperature / (1 + concentration)))]
    if concentration > 0 {
      terms.append(PairTerm(.logSumExp, temperature: Scalar(temperature / concentration)))
    }
    let count = Double(2 * pair.count - 2)
    return pair.loss("hardNegatives", terms, weights) { sums -> AnchorLoss<Scalar>? in
      guard count > 0 else { return nil }
      let mean = concentration > 0 ? sums.second.doubleValue - log(count) : 0
      return loss(sums: sums, logRatio: sums.first.doubleValue - mean, count: count)
    }
  }

  /// The loss of an anchor. All exponentials are relative to `e^(1/T)`, the largest there can be.
  private func loss<Scalar>(
    sums: AnchorSums<Scalar>, logRatio: Double, count: Double
  ) -> AnchorLoss<Scalar> {
    let inverse = 1 / temperature
    let positive = exp((sums.cosines.doubleValue - 1) * inverse)
    let ratio = exp(logRatio - inverse)
    let corrected = (ratio - positivePrior * count * positive) / (1 - positivePrior)
    let least = count * exp(-2 * inverse)
    let negatives = max(corrected, least)
    let total = positive + negatives
    // Where the least value stands, G is a constant.
    let slope = corrected > least ? 1 / ((1 - positivePrior) * total) : 0
    let byPositive = -negatives / total - slope * positivePrior * count * positive
    return AnchorLoss(
      value: Scalar(log1p(negatives / positive)), first: Scalar(slope * ratio),
      second: Scalar(concentration > 0 ? -slope * ratio : 0), cosines: Scalar(byPositive * inverse))
  }
}
