public import Autograd
public import Tensor

/// The normalised temperature-scaled cross-entropy of SimCLR: each of the 2N rows attracts the other view of its image
/// and repels the other 2N - 2; the denominator runs over all rows but the anchor itself:
/// `L = -1/2N sum over i of [ s_ip - log sum over k != i of exp(s_ik) ]` with `s_ij = cos(z_i, z_j) / T`.
///
/// O(N d) memory: no N x N matrix is stored. Source: Chen et al., ICML 2020, equation 1.
public struct NTXentLoss: Sendable, Hashable, Codable {
  /// T: .1 in SuperCL; SimCLR's own default is .5.
  public var temperature: Double
  /// The least length that rows are divided by: 1e-8.
  public var floor: CosineFloor

  /// A loss of the given temperature, which divides by lengths of at least `floor`.
  ///
  /// - Precondition: the temperature is positive.
  public init(temperature: Double = 0.1, floor: CosineFloor = .cosineSimilarity) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    self.temperature = temperature
    self.floor = floor
  }

  /// The loss of two views `[N, d]` of the same images in the same order.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>
  ) -> Variable<Scalar> {
    shapePrecondition(
      view1.shape.rank == 2 && view1.shape == view2.shape,
      "views of shapes \(view1.shape) and \(view2.shape) do not pair")
    let count = Int32(view1.shape[0])
    let labels = Tensor<Int32>(Array(0..<count) + Array(0..<count)).expanded(at: 0)
    let loss = SupervisedContrastiveLoss(.init(temperature, base: nil), floor: floor)
    return loss.groupLosses([view1.expanded(at: 0), view2.expanded(at: 0)], labels: labels).losses.sum()
  }
}
