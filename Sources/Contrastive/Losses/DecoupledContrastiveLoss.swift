import Foundation
public import Autograd
public import Tensor

/// DCL, decoupled contrastive learning: NT-Xent without the positive in the denominator, which takes away that the pull of
/// a pair and its push weaken each other.
///
///     L = 1/2N sum over i of [ -w_i s_ip + log sum over k not in {i, p} of exp(s_ik) ]    s_ij = cos(z_i, z_j) / T
///
/// with p the other view of anchor i: 2N - 2 terms. It may be negative. The weights w are 1 (DCL), or larger for pairs that
/// are far apart (DCLW). One image has no negatives: its loss is 0. Equal rows give log(2N - 2). The scale
/// of rows leaves no trace; a row of zeros has cosine 0 with all and no gradient. Without rows the loss is 0. O(N d) memory.
///
/// Not debiased contrastive learning, which is called DCL too. Source: Yeh et al., ECCV 2022; the weights' gradient is
/// stopped, as in Lightly's code: the authors' is not published.
public struct DecoupledContrastiveLoss: Sendable, Hashable, Codable {
  /// w of the positives.
  public enum Weighting: Sendable, Hashable, Codable {
    /// 1: DCL.
    case uniform
    /// `w_i = 2 - N exp(cos_i / sigma) / sum over images j of exp(cos_j / sigma)`, of mean 1, with the cosine of the two
    /// views: DCLW. The paper's sigma is .5.
    case vonMisesFisher(sigma: Double = 0.5)
  }

  /// T: .1.
  public var temperature: Double
  /// w: 1.
  public var weighting: Weighting
  /// The least length that rows are divided by: 1e-8.
  public var floor: CosineFloor

  /// - Precondition: temperature and sigma are positive.
  public init(
    temperature: Double = 0.1, weighting: Weighting = .uniform, floor: CosineFloor = .cosineSimilarity
  ) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    if case .vonMisesFisher(let sigma) = weighting {
      shapePrecondition(sigma > 0, "a sigma is positive, not \(sigma)")
    }
    self.temperature = temperature
    self.weighting = weighting
    self.floor = floor
  }

  /// The loss of two views `[N, d]` of the same images in the same order.
  ///
  /// `weights`: weights of the anchors, `[2N]`, view 1, then view 2; see ``NTXentLoss``.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    let pair = ViewPair(view1, view2, floor: floor, leavingOut: .ownIndexOfEveryView)
    let attraction = attraction(pair)
    let temperature = Scalar(temperature)
    return pair.loss("decoupled", [PairTerm(.logSumExp, temperature: temperature)], weights) {
      guard pair.count > 1 else { return nil }
      let weight = attraction[$0.place % pair.count]
      return AnchorLoss(
        value: $0.first - weight * $0.cosines / temperature, first: 1, cosines: -weight / temperature)
    }
  }

  /// w of each image.
  private func attraction<Scalar>(_ pair: ViewPair<Scalar>) -> [Scalar] {
    guard case .vonMisesFisher(let sigma) = weighting else { return Array(repeating: 1, count: pair.count) }
    let exponents = pair.cosines.scalars.prefix(pair.count).map { $0.doubleValue / sigma }
    let largest = exponents.max() ?? 0
    let shares = exponents.map { exp($0 - largest) }
    let sum = shares.reduce(0, +)
    return shares.map { Scalar(2 - Double(pair.count) * $0 / sum) }
  }
}
