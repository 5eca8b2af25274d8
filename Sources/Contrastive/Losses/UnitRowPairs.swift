import Tensor

/// Rows u and v of two tensors `[N, d]` that belong together, each divided by its length as it is read: no unit rows are kept.
struct UnitRowPairs<Scalar: TensorFloatingPointScalar> {
  enum Side { case first, second }

  private let first, second: ContrastiveRows<Scalar>
  private let cost: NegativeCosineLoss.Form

  /// - Parameters:
  ///   - first: `[N, d]`.
  ///   - second: `[N, d]`.
  ///   - floor: The least length that rows are divided by.
  ///   - cost: `-u . v`, or `|u - v|^2`.
  init(
    _ first: Tensor<Scalar>, _ second: Tensor<Scalar>, floor: CosineFloor, cost: NegativeCosineLoss.Form
  ) {
    self.first = ContrastiveRows(first, normalization: floor.normalization())
    self.second = ContrastiveRows(second, normalization: floor.normalization())
    self.cost = cost
  }

  private var features: Int { first.dimension }
  /// Rows that take some microseconds.
  private var grain: Int { max(1, (1 << 14) / max(1, features)) }

  /// What each pair costs, `[N]`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func costs() -> Tensor<Scalar> {
    Tensor(shape: [first.rowCount]) { costs in
      guard let costs = costs.baseAddress else { return }
      Parallel.for(first.rowCount, grain: grain) { range in
        withUnsafeTemporaryAllocation(of: Scalar.self, capacity: max(features, 1)) { scratch in
          guard let scratch = scratch.baseAddress else { return }
          for row in range { costs[row] = pairCost(row, scratch) }
        }
      }
    }
  }

  private func pairCost(_ row: Int, _ scratch: UnsafeMutablePointer<Scalar>) -> Scalar {
    let (u, v) = (first.row(row, group: 0), second.row(row, group: 0))
    let (s, t) = (first.scales.pointer[row], second.scales.pointer[row])
    switch cost {
    case .negativeCosine: return -RowKernels.dot(u, scaledBy: s, v, scaledBy: t, count: features)
    case .squaredDistance:
      // The difference itself: 2 - 2 cos has lost its digits where rows are near.
      RowKernels.combine(
        scratch, u, scaledBy: s, factor: 1, v, scaledBy: t, factor: -1, count: features)
      return RowKernels.dot(scratch, scratch, count: features)
    }
  }

  /// The gradient of `sum_i slope_i cost_i` by the rows of one side, `[N, d]`; slopes are `[N]`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func gradient(_ slopes: Tensor<Scalar>, by side: Side) -> Tensor<Scalar> {
    let (own, other) = side == .first ? (first, second) : (second, first)
    // By u: -v of the cosine, 2 (u - v) of the distance; by v the same with both in each other's place.
    let (ownFactor, otherFactor): (Scalar, Scalar) = cost == .negativeCosine ? (0, -1) : (2, -2)
    let unitGradient = Tensor<Scalar>(shape: [own.rowCount, features]) { target in
      guard let target = target.baseAddress else { return }
      Parallel.for(own.rowCount, grain: grain) { range in
        for row in range {
          let slope = slopes.pointer[row]
          RowKernels.combine(
            target + row * features, own.row(row, group: 0), scaledBy: own.scales.pointer[row],
            factor: ownFactor * slope, other.row(row, group: 0), scaledBy: other.scales.pointer[row],
            factor: otherFactor * slope, count: features)
        }
      }
    }
    return own.gradient(consume unitGradient)
  }
}
