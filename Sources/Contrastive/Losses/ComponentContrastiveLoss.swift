public import Autograd
public import Tensor

/// WCL's loss of weak labels: rows in one connected component of the other view's nearest-neighbour graph attract.
///
/// Of each view's unit rows u (N images, one row each) the graph of nearest neighbours has components; M_v(i) is what shares
/// a component with image i in view v. With `s_ij = u_i.u_j / T` within one view:
///
///     S(view, M) = mean over i of [ log( sum over k != i of exp(s_ik) ) - mean over j in M(i), j != i, of s_ij ]
///     L = 1/2 [ S(view 1, M_2) + S(view 2, M_1) ]
///
/// Labels are swapped, views never mixed: each denominator has the N - 1 other rows of its own view. Every row has a
/// positive, for its nearest neighbour is in its component. Labels are values: gradients flow through the rows alone.
///
/// With weights w of the images each mean over i is sum w_i l_i / sum w_i; an image of weight 0 is no anchor and stays a negative.
///
/// Equal rows give log(N - 1); one image, and none, cost 0. The scale of rows leaves no trace; a row of zeros has cosine 0 with
/// all and no gradient.
///
/// Differs from ``InterImageContrastiveLoss`` (SuperCL), which takes one graph over both views and never swaps.
///
/// O(N^2 d) time, O(N d) memory: no matrix of all pairs. Source: Zheng et al., ICCV 2021, section 3.2, and its released code.
public struct ComponentContrastiveLoss: Sendable, Hashable, Codable {
  /// T: .1.
  public var temperature: Double
  /// The least length that rows are divided by: 1e-12.
  public var floor: CosineFloor

  /// - Precondition: the temperature is positive.
  public init(temperature: Double = 0.1, floor: CosineFloor = .normalize) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    self.temperature = temperature
    self.floor = floor
  }

  /// The loss of two views `[N, d]` of the same N images, in the same order.
  ///
  /// `weights`: what each image counts as an anchor, `[N]`, not negative; alike where `nil`.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    callAsFunction(
      view1, view2, components: [components(of: view1.value), components(of: view2.value)], weights: weights)
  }

  /// The same with the components of view 1 and of view 2 given.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, components: [ConnectedComponentLabels],
    weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    shapePrecondition(
      view1.shape.rank == 2 && view1.shape == view2.shape,
      "views of shapes \(view1.shape) and \(view2.shape) do not pair")
    shapePrecondition(
      components.count == 2 && components.allSatisfy { $0.labels.count == view1.shape[0] },
      "components of \(components.map(\.labels.count)) rows do not fit two views of \(view1.shape[0])")
    let loss = SupervisedContrastiveLoss(.init(temperature, base: nil), floor: floor)
    func half(_ rows: Variable<Scalar>, _ components: ConnectedComponentLabels) -> Variable<Scalar> {
      loss(rows, labels: Tensor<Int32>(components.labels.map { Int32($0) }), weights: weights)
    }
    return (half(view1, components[1]) + half(view2, components[0])) / 2
  }

  /// The components of one view's rows `[N, d]`.
  public func components<Scalar: TensorFloatingPointScalar>(
    of rows: Tensor<Scalar>
  ) -> ConnectedComponentLabels {
    ConnectedComponentLabels(NearestNeighborGraph(rows, floor: floor))
  }
}
