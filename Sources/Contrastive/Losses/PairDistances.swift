import Tensor

/// The distances of all pairs of unit rows `[N, d]`, a block of anchors at a time, and the way back for gradients: no N x N
/// matrix is there.
///
/// Most come from one matrix product, `|u|^2 + |v|^2 - 2 u.v`; near pairs, for which that would lose their digits, from the
/// difference itself.
struct PairDistances<Scalar: TensorFloatingPointScalar> {
  enum Form { case euclidean, squared }

  private let rows: Tensor<Scalar>
  private let squares: Tensor<Scalar>
  private let form: Form

  init(_ rows: Tensor<Scalar>, _ form: Form) {
    self.rows = rows
    self.form = form
    squares = rows.squared().sum(along: 1)
  }

  /// Anchors whose distances are held at once.
  private static var blockLength: Int { 32 }
  /// Below this square of a distance the difference is taken: the product has lost two digits there.
  private static var nearSquare: Scalar { 0.02 }
  private var nearDistance: Scalar { form == .squared ? Self.nearSquare : Self.nearSquare.squareRoot() }

  var blocks: [Range<Int>] {
    stride(from: 0, to: rows.shape[0], by: Self.blockLength).map {
      $0..<min($0 + Self.blockLength, rows.shape[0])
    }
  }

  /// `|u_i - u_j|` or its square for the anchors i of a block and all rows j, `[b, N]`; 0 where they are the same row.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func distances(of block: Range<Int>) -> Tensor<Scalar> {
    let (count, features) = (rows.shape[0], rows.shape[1])
    var result = rows[block].matmul(rows, transposing: .right)
    let (rows, squares) = (rows.pointer, squares.pointer)
    result.withUnsafeMutableBufferPointer { values in
      guard let values = values.baseAddress else { return }
      Parallel.for(block.count, grain: max(1, (1 << 14) / max(count, 1))) { range in
        for place in range {
          let (i, own) = (block.lowerBound + place, values + place * count)
          for j in 0..<count {
            var square = squares[i] + squares[j] - 2 * own[j]
            if square < Self.nearSquare {
              square = 0
              for k in 0..<features {
                let away = rows[i * features + k] - rows[j * features + k]
                square += away * away
              }
            }
            own[j] = form == .squared ? square : square.squareRoot()
          }
        }
      }
    }
    return result
  }

  /// A gradient by the rows, `sum over pairs of c_ij (u_i - u_j)` for i and the opposite for j, while it is collected.
  struct Gradient {
    /// `-sum of c_ij u_j` and the differences of near pairs so far, `[N, d]`.
    fileprivate var others: Tensor<Scalar>
    /// The sum of a row's c over all pairs that it is in, `[N]`.
    fileprivate var sums: Tensor<Scalar>
  }

  var noGradient: Gradient { Gradient(others: Tensor(zeros: rows.shape), sums: Tensor(zeros: squares.shape)) }

  /// Adds the slopes `[b, N]` of a loss by the distances of a block.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func add(
    _ slopes: consuming Tensor<Scalar>, by distances: Tensor<Scalar>, of block: Range<Int>,
    to gradient: inout Gradient
  ) {
    takeToDifferences(&slopes, distances, block, &gradient)
    gradient.sums[block] += slopes.sum(along: 1)
    gradient.sums += slopes.sum(along: 0)
    slopes *= -1
    gradient.others[block] += slopes.matmul(rows)
    gradient.others.add(productOf: slopes, rows[block], transposing: .left)
  }

  /// Turns slopes by distances into c of far pairs; near ones, whose slopes may be so large that their differences must be
  /// taken first, are added at once.
  private func takeToDifferences(
    _ slopes: inout Tensor<Scalar>, _ distances: Tensor<Scalar>, _ block: Range<Int>,
    _ gradient: inout Gradient
  ) {
    let (count, features) = (rows.shape[0], rows.shape[1])
    let (rows, distances) = (rows.pointer, distances.pointer)
    gradient.others.withUnsafeMutableBufferPointer { target in
      slopes.withUnsafeMutableBufferPointer { slopes in
        for place in slopes.indices where slopes[place] != 0 {
          let distance = distances[place]
          // At distance 0 the root has no slope.
          let slope = form == .squared ? 2 * slopes[place] : distance > 0 ? slopes[place] / distance : 0
          let isNear = distance < nearDistance
          slopes[place] = isNear ? 0 : slope
          guard isNear, slope != 0 else { continue }
          let (i, j) = ((block.lowerBound + place / count) * features, place % count * features)
          for k in 0..<features {
            let part = slope * (rows[i + k] - rows[j + k])
            target[i + k] += part
            target[j + k] -= part
          }
        }
      }
    }
  }

  /// The gradient by the unit rows, `[N, d]`.
  func gradient(_ collected: consuming Gradient) -> Tensor<Scalar> {
    let sums = collected.sums
    collected.others.add(rows, timesRows: sums)
    return collected.others
  }
}
