import Tensor

/// The distances of all pairs of rows `[N, d]`, and the way back for gradients.
///
/// Most come from one matrix product, `|u|^2 + |v|^2 - 2 u.v`; near pairs, for which that would lose their digits, from the
/// difference itself.
struct PairDistances<Scalar: TensorFloatingPointScalar> {
  /// `|u_i - u_j|` or its square, `[N, N]`, symmetric with zeros on the diagonal.
  let distances: Tensor<Scalar>
  private let isSquared: Bool

  /// Below this square of a distance the difference is taken: the product has lost two digits there.
  private static var nearSquare: Scalar { 0.02 }

  init(_ rows: Tensor<Scalar>, squared: Bool) {
    let (count, features) = (rows.shape[0], rows.shape[1])
    let squares = rows.squared().sum(along: 1).scalars
    var result = rows.matmul(rows, transposing: .right)
    result.withUnsafeMutableBufferPointer { values in
      rows.withUnsafeBufferPointer { rows in
        guard let values = values.baseAddress else { return }
        Parallel.for(count, grain: max(1, (1 << 14) / max(count, 1))) { range in
          for i in range {
            for j in 0..<count {
              var square = squares[i] + squares[j] - 2 * values[i * count + j]
              if square < Self.nearSquare {
                square = 0
                for k in 0..<features {
                  let away = rows[i * features + k] - rows[j * features + k]
                  square += away * away
                }
              }
              values[i * count + j] = squared ? square : square.squareRoot()
            }
          }
        }
      }
    }
    distances = result
    isSquared = squared
  }

  /// From the slopes of a loss by the distances, `[N, N]` and not symmetric, those by the differences `u_i - u_j`.
  func symmetricSlopes(_ slopes: Tensor<Scalar>) -> DifferenceSlopes<Scalar> {
    var both = slopes + slopes.transposed()
    var near: [DifferenceSlopes<Scalar>.Pair] = []
    let (count, isSquared) = (distances.shape[0], isSquared)
    let nearDistance = isSquared ? Self.nearSquare : Self.nearSquare.squareRoot()
    both.withUnsafeMutableBufferPointer { both in
      distances.withUnsafeBufferPointer { distances in
        for place in both.indices where both[place] != 0 {
          let distance = distances[place]
          // At distance 0 the root has no slope.
          let slope = isSquared ? 2 * both[place] : distance > 0 ? both[place] / distance : 0
          let isNear = distance < nearDistance
          both[place] = isNear ? 0 : slope
          let (row, column) = (place / count, place % count)
          if isNear, row < column, slope != 0 { near.append(.init(row: row, column: column, slope: slope)) }
        }
      }
    }
    return DifferenceSlopes(far: both, near: near)
  }
}

/// A gradient `sum over j of s_ij (u_i - u_j)` with symmetric s.
struct DifferenceSlopes<Scalar: TensorFloatingPointScalar> {
  struct Pair {
    let row: Int
    let column: Int
    let slope: Scalar
  }

  /// `[N, N]`, 0 for near pairs.
  let far: Tensor<Scalar>
  /// Pairs whose slopes may be so large that their differences must be taken first.
  let near: [Pair]

  func gradient(of rows: Tensor<Scalar>) -> Tensor<Scalar> {
    var result = rows * far.sum(along: 1).expanded(at: 1) - far.matmul(rows)
    let features = rows.shape[1]
    result.withUnsafeMutableBufferPointer { result in
      rows.withUnsafeBufferPointer { rows in
        for pair in near {
          for k in 0..<features {
            let (i, j) = (pair.row * features + k, pair.column * features + k)
            let part = pair.slope * (rows[i] - rows[j])
            result[i] += part
            result[j] -= part
          }
        }
      }
    }
    return result
  }
}
