#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The contrastive product row by row in plain loops: what `Double` uses, and what the tiled kernels are
/// tested against.
///
/// Every similarity is computed anew where it is needed, and each row is shifted by its own maximum, so any
/// temperature is safe.
enum ContrastiveExact {
  static func logSumExp<Scalar: TensorFloatingPointScalar>(
    anchors: ContrastiveRows<Scalar>, references: ContrastiveRows<Scalar>, temperature: Scalar,
    exclusion: ReferenceExclusion
  ) -> Tensor<Scalar> {
    Tensor(shape: [anchors.groupCount, anchors.rowCount]) { result in
      guard let result = result.baseAddress else { return }
      forEachRow(of: anchors, against: references) { group, row in
        let excluded = exclusion.reference(of: row)
        withUnsafeTemporaryAllocation(of: Scalar.self, capacity: max(references.rowCount, 1)) { similarity in
          guard let similarity = similarity.baseAddress else { return }
          similarities(
            similarity, of: row, in: anchors, to: references, group: group, temperature: temperature)
          if excluded >= 0, excluded < references.rowCount { similarity[excluded] = -.infinity }
          result[group * anchors.rowCount + row] = logSumExp(similarity, count: references.rowCount)
        }
      }
    }
  }

  static func addSymmetricGradient<Scalar: TensorFloatingPointScalar>(
    _ rows: ContrastiveRows<Scalar>, temperature: Scalar, logSumExp: Tensor<Scalar>,
    weights: Tensor<Scalar>, to gradient: inout ContrastiveGradient<Scalar>
  ) {
    gradient.withMutableViews { pointers in
      forEachRow(of: rows, against: rows) { group, row in
        guard let target = ContrastiveGradient.row(row, group: group, of: rows, in: pointers) else { return }
        let lse = logSumExp.pointer + group * rows.rowCount
        let weight = weights.pointer + group * rows.rowCount
        withUnsafeTemporaryAllocation(of: Scalar.self, capacity: max(rows.rowCount, 1)) { factors in
          guard let factors = factors.baseAddress else { return }
          similarities(factors, of: row, in: rows, to: rows, group: group, temperature: temperature)
          for other in 0..<rows.rowCount {
            let similarity = factors[other]
            let own = weight[row] == 0 ? 0 : weight[row] * exponential(similarity - lse[row])
            let back = weight[other] == 0 ? 0 : weight[other] * exponential(similarity - lse[other])
            factors[other] = other == row ? 0 : own + back
          }
          addRows(of: rows, group: group, factors: factors, scale: 1 / temperature, to: target)
        }
      }
    }
  }

  static func addGradient<Scalar: TensorFloatingPointScalar>(
    anchors: ContrastiveRows<Scalar>, references: ContrastiveRows<Scalar>, temperature: Scalar,
    exclusion: ReferenceExclusion, logSumExp: Tensor<Scalar>, weights: Tensor<Scalar>,
    toAnchors anchorGradient: inout ContrastiveGradient<Scalar>,
    toReferences referenceGradient: inout ContrastiveGradient<Scalar>?
  ) {
    func factor(_ similarity: Scalar, group: Int, anchor: Int, reference: Int) -> Scalar {
      let index = group * anchors.rowCount + anchor
      let weight = weights.pointer[index]
      guard weight != 0, exclusion.reference(of: anchor) != reference else { return 0 }
      return weight * exponential(similarity - logSumExp.pointer[index])
    }
    anchorGradient.withMutableViews { pointers in
      forEachRow(of: anchors, against: references) { group, row in
        guard let target = ContrastiveGradient.row(row, group: group, of: anchors, in: pointers) else {
          return
        }
        withUnsafeTemporaryAllocation(of: Scalar.self, capacity: max(references.rowCount, 1)) { factors in
          guard let factors = factors.baseAddress else { return }
          similarities(factors, of: row, in: anchors, to: references, group: group, temperature: temperature)
          for other in 0..<references.rowCount {
            factors[other] = factor(factors[other], group: group, anchor: row, reference: other)
          }
          addRows(of: references, group: group, factors: factors, scale: 1 / temperature, to: target)
        }
      }
    }
    referenceGradient?.withMutableViews { pointers in
      forEachRow(of: references, against: anchors) { group, row in
        guard let target = ContrastiveGradient.row(row, group: group, of: references, in: pointers) else {
          return
        }
        withUnsafeTemporaryAllocation(of: Scalar.self, capacity: max(anchors.rowCount, 1)) { factors in
          guard let factors = factors.baseAddress else { return }
          similarities(factors, of: row, in: references, to: anchors, group: group, temperature: temperature)
          for other in 0..<anchors.rowCount {
            factors[other] = factor(factors[other], group: group, anchor: other, reference: row)
          }
          addRows(of: anchors, group: group, factors: factors, scale: 1 / temperature, to: target)
        }
      }
    }
  }

  // MARK: Rows

  private static func forEachRow<Scalar>(
    of rows: ContrastiveRows<Scalar>, against others: ContrastiveRows<Scalar>,
    _ body: (_ group: Int, _ row: Int) -> Void
  ) {
    let work = max(1, others.rowCount * max(1, rows.dimension))
    Parallel.for(rows.groupCount * rows.rowCount, grain: max(1, (1 << 17) / work)) { range in
      for index in range { body(index / rows.rowCount, index % rows.rowCount) }
    }
  }

  /// `s_j = z_row . z_j / t` for all rows j of `others`.
  private static func similarities<Scalar: TensorFloatingPointScalar>(
    _ result: UnsafeMutablePointer<Scalar>, of row: Int, in rows: ContrastiveRows<Scalar>,
    to others: ContrastiveRows<Scalar>, group: Int, temperature: Scalar
  ) {
    let own = rows.row(row, group: group)
    let scale = rows.scales.pointer[group * rows.rowCount + row] / temperature
    let scales = others.scales.pointer + group * others.rowCount
    var first = 0
    for view in others.views {
      let count = view.shape[1]
      let start = view.pointer + group * count * rows.dimension
      for index in 0..<count {
        result[first + index] = RowKernels.dot(
          own, scaledBy: scale, start + index * rows.dimension, scaledBy: scales[first + index],
          count: rows.dimension)
      }
      first += count
    }
  }

  /// `target += scale sum_j factors_j z_j`.
  private static func addRows<Scalar: TensorFloatingPointScalar>(
    of rows: ContrastiveRows<Scalar>, group: Int, factors: UnsafePointer<Scalar>, scale: Scalar,
    to target: UnsafeMutablePointer<Scalar>
  ) {
    let scales = rows.scales.pointer + group * rows.rowCount
    var first = 0
    for view in rows.views {
      let count = view.shape[1]
      let start = view.pointer + group * count * rows.dimension
      for index in 0..<count where factors[first + index] != 0 {
        RowKernels.add(
          target, start + index * rows.dimension, scaledBy: scales[first + index],
          factor: factors[first + index] * scale, count: rows.dimension)
      }
      first += count
    }
  }

  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  private static func logSumExp<Scalar: TensorFloatingPointScalar>(
    _ values: UnsafePointer<Scalar>, count: Int
  ) -> Scalar {
    var largest = -Scalar.infinity
    for index in 0..<count where !(values[index] <= largest) { largest = values[index] }
    guard largest.isFinite else { return largest }
    var sum: Scalar = 0
    for index in 0..<count { sum += exponential(values[index] - largest) }
    return largest + Scalar(converting: log(sum.doubleValue))
  }

  @inline(__always)
  private static func exponential<Scalar: TensorFloatingPointScalar>(_ value: Scalar) -> Scalar {
    Scalar(converting: exp(value.doubleValue))
  }

}
