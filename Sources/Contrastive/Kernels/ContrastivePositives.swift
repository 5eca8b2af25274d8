package import Tensor

/// The part of a contrastive loss that concerns positives, by sums over labels: no pair is visited.
extension ContrastiveProduct {
  /// `sum over positives j of a_i . r_j` for every anchor, `[groups, anchor rows]`:
  /// with S_y the sum of the references of label y, `a_i . S_{y_i}` less the excluded reference's part.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package static func positiveSums<Scalar>(
    _ comparison: RowComparison<Scalar>, _ positives: PositiveSets
  ) -> Tensor<Scalar> {
    positives.check(comparison)
    let (anchors, references) = (comparison.anchors, comparison.references)
    let dimension = anchors.dimension
    return Tensor(shape: comparison.shape) { result in
      guard let result = result.baseAddress else { return }
      Parallel.for(anchors.groupCount, grain: 1) { groups in
        for group in groups {
          let sums = labelSums(of: references, labels: positives.referenceLabels, positives, group: group)
          let (labels, scales) = (positives.anchorLabels.pointer, anchors.scales.pointer)
          let otherScales = references.scales.pointer + group * references.rowCount
          let sumsStart = sums.pointer
          for row in 0..<anchors.rowCount {
            let index = group * anchors.rowCount + row
            let own = anchors.row(row, group: group)
            var sum = RowKernels.dot(
              own, scaledBy: scales[index], sumsStart + Int(labels[index]) * dimension, scaledBy: 1,
              count: dimension)
            func other(_ reference: Int) -> Scalar {
              RowKernels.dot(
                own, scaledBy: scales[index], references.row(reference, group: group),
                scaledBy: otherScales[reference], count: dimension)
            }
            let (excluded, partner) = positives.exceptions(of: row, group: group)
            if excluded >= 0 { sum -= other(excluded) }
            if partner >= 0 { sum += other(partner) }
            result[index] = sum
          }
        }
      }
    }
  }

  /// Adds the gradient of `sum_i w_i (sum over positives j of a_i . r_j)` with respect to the unit anchors:
  /// `da_i += w_i (S_{y_i} - r_excluded)`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package static func addPositiveGradient<Scalar>(
    _ comparison: RowComparison<Scalar>, _ positives: PositiveSets, weights: Tensor<Scalar>,
    to gradient: inout ContrastiveGradient<Scalar>
  ) {
    positives.check(comparison)
    PairTerm.check(weights, comparison, "weights")
    let (anchors, references) = (comparison.anchors, comparison.references)
    let dimension = anchors.dimension
    gradient.withMutableViews { pointers in
      Parallel.for(anchors.groupCount, grain: 1) { groups in
        for group in groups {
          let sums = labelSums(of: references, labels: positives.referenceLabels, positives, group: group)
          let (labels, rowWeights) = (positives.anchorLabels.pointer, weights.pointer)
          let otherScales = references.scales.pointer + group * references.rowCount
          let sumsStart = sums.pointer
          for row in 0..<anchors.rowCount {
            let index = group * anchors.rowCount + row
            let weight = rowWeights[index]
            guard weight != 0,
              let target = ContrastiveGradient.row(row, group: group, of: anchors, in: pointers)
            else { continue }
            RowKernels.add(
              target, sumsStart + Int(labels[index]) * dimension, factor: weight, count: dimension)
            func add(_ reference: Int, _ factor: Scalar) {
              RowKernels.add(
                target, references.row(reference, group: group), scaledBy: otherScales[reference],
                factor: factor, count: dimension)
            }
            let (excluded, partner) = positives.exceptions(of: row, group: group)
            if excluded >= 0 { add(excluded, -weight) }
            if partner >= 0 { add(partner, weight) }
          }
        }
      }
    }
  }

  /// The same with respect to the unit references: `dr_j += sum over anchors i with y_i = y_j of w_i a_i`, without the anchors
  /// that exclude j.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package static func addPositiveReferenceGradient<Scalar>(
    _ comparison: RowComparison<Scalar>, _ positives: PositiveSets, weights: Tensor<Scalar>,
    to gradient: inout ContrastiveGradient<Scalar>
  ) {
    positives.check(comparison)
    PairTerm.check(weights, comparison, "weights")
    let (anchors, references) = (comparison.anchors, comparison.references)
    let dimension = anchors.dimension
    gradient.withMutableViews { pointers in
      Parallel.for(anchors.groupCount, grain: 1) { groups in
        for group in groups {
          let sums = labelSums(
            of: anchors, labels: positives.anchorLabels, positives, weights: weights, group: group)
          let (labels, rowWeights) = (positives.referenceLabels.pointer, weights.pointer)
          let (scales, sumsStart) = (anchors.scales.pointer, sums.pointer)
          for row in 0..<references.rowCount {
            guard let target = ContrastiveGradient.row(row, group: group, of: references, in: pointers)
            else { continue }
            let label = Int(labels[group * references.rowCount + row])
            RowKernels.add(target, sumsStart + label * dimension, factor: 1, count: dimension)
          }
          for row in 0..<anchors.rowCount {
            let index = group * anchors.rowCount + row
            func add(to reference: Int, _ factor: Scalar) {
              guard
                let target = ContrastiveGradient.row(reference, group: group, of: references, in: pointers)
              else { return }
              RowKernels.add(
                target, anchors.row(row, group: group), scaledBy: scales[index], factor: factor,
                count: dimension)
            }
            let (excluded, partner) = positives.exceptions(of: row, group: group)
            if excluded >= 0 { add(to: excluded, -rowWeights[index]) }
            if partner >= 0 { add(to: partner, rowWeights[index]) }
          }
        }
      }
    }
  }

  /// `S_y = sum of (w_i) z_i with label y`, `[labels, dimensions]`, for one group.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func labelSums<Scalar>(
    of rows: ContrastiveRows<Scalar>, labels: Tensor<Int32>, _ positives: PositiveSets,
    weights: Tensor<Scalar>? = nil, group: Int
  ) -> Tensor<Scalar> {
    var sums = Tensor<Scalar>(zeros: [positives.labelCounts[group], rows.dimension])
    let (labels, scales, weights) = (labels.pointer, rows.scales.pointer, weights?.pointer)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      for row in 0..<rows.rowCount {
        let index = group * rows.rowCount + row
        RowKernels.add(
          sums + Int(labels[index]) * rows.dimension, rows.row(row, group: group), scaledBy: scales[index],
          factor: weights?[index] ?? 1, count: rows.dimension)
      }
    }
    return sums
  }
}
