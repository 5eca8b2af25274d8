/// The part of a contrastive loss that concerns positives, by sums over labels.
extension ContrastiveProduct {
  /// `sum over positives j of z_i . z_j` for every row, `[groups, rows]`, by sums over labels: no pair is
  /// visited.
  package static func positiveSums<Scalar>(
    _ rows: ContrastiveRows<Scalar>, _ positives: PositiveSets
  ) -> Tensor<Scalar> {
    positiveSums(anchors: rows, references: rows, positives)
  }

  /// Adds the gradient of `sum_i w_i (sum over positives j of z_i . z_j)` with respect to the unit rows.
  package static func addPositiveGradient<Scalar>(
    _ rows: ContrastiveRows<Scalar>, _ positives: PositiveSets, weights: Tensor<Scalar>,
    to gradient: inout ContrastiveGradient<Scalar>
  ) {
    addAnchorPart(anchors: rows, references: rows, positives, weights: weights, to: &gradient)
    addReferencePart(anchors: rows, references: rows, positives, weights: weights, to: &gradient)
  }

  /// `sum over positives j of a_i . r_j` for every anchor, `[groups, anchor rows]`:
  /// with S_y the sum of the references of label y, `a_i . S_{y_i}` less the excluded reference's part.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package static func positiveSums<Scalar>(
    anchors: ContrastiveRows<Scalar>, references: ContrastiveRows<Scalar>, _ positives: PositiveSets
  ) -> Tensor<Scalar> {
    checkPositives(anchors, references, positives)
    let dimension = anchors.dimension
    return Tensor(shape: [anchors.groupCount, anchors.rowCount]) { result in
      guard let result = result.baseAddress else { return }
      Parallel.for(anchors.groupCount, grain: 1) { groups in
        for group in groups {
          let sums = labelSums(of: references, labels: positives.referenceLabels, positives, group: group)
          for row in 0..<anchors.rowCount {
            let index = group * anchors.rowCount + row
            let own = anchors.row(row, group: group)
            let label = Int(positives.anchorLabels[index])
            let scale = anchors.scales.pointer[index]
            var sum = RowKernels.dot(
              own, scaledBy: scale, sums.pointer + label * dimension, scaledBy: 1, count: dimension)
            let excluded = positives.excludedPositive(of: row, group: group)
            if excluded >= 0 {
              let other = references.row(excluded, group: group)
              sum -= RowKernels.dot(
                own, scaledBy: scale, other,
                scaledBy: references.scales.pointer[group * references.rowCount + excluded], count: dimension)
            }
            result[index] = sum
          }
        }
      }
    }
  }

  /// Adds the gradients of `sum_i w_i (sum over positives j of a_i . r_j)`.
  ///
  /// - Parameter referenceGradient: `nil` where the references are constants.
  package static func addPositiveGradient<Scalar>(
    anchors: ContrastiveRows<Scalar>, references: ContrastiveRows<Scalar>, _ positives: PositiveSets,
    weights: Tensor<Scalar>, toAnchors anchorGradient: inout ContrastiveGradient<Scalar>,
    toReferences referenceGradient: inout ContrastiveGradient<Scalar>?
  ) {
    addAnchorPart(
      anchors: anchors, references: references, positives, weights: weights, to: &anchorGradient)
    guard var gradient = referenceGradient.take() else { return }
    addReferencePart(anchors: anchors, references: references, positives, weights: weights, to: &gradient)
    referenceGradient = gradient
  }

  // MARK: Parts

  /// `da_i += w_i (S_{y_i} - r_excluded)`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func addAnchorPart<Scalar>(
    anchors: ContrastiveRows<Scalar>, references: ContrastiveRows<Scalar>, _ positives: PositiveSets,
    weights: Tensor<Scalar>, to gradient: inout ContrastiveGradient<Scalar>
  ) {
    checkPositives(anchors, references, positives)
    checkPerRow(weights, anchors, "weights")
    let dimension = anchors.dimension
    gradient.withMutableViews { pointers in
      Parallel.for(anchors.groupCount, grain: 1) { groups in
        for group in groups {
          let sums = labelSums(of: references, labels: positives.referenceLabels, positives, group: group)
          for row in 0..<anchors.rowCount {
            let index = group * anchors.rowCount + row
            let weight = weights.pointer[index]
            guard weight != 0,
              let target = ContrastiveGradient.row(row, group: group, of: anchors, in: pointers)
            else { continue }
            let label = Int(positives.anchorLabels[index])
            RowKernels.add(target, sums.pointer + label * dimension, factor: weight, count: dimension)
            let excluded = positives.excludedPositive(of: row, group: group)
            guard excluded >= 0 else { continue }
            let scale = references.scales.pointer[group * references.rowCount + excluded]
            RowKernels.add(
              target, references.row(excluded, group: group), scaledBy: scale, factor: -weight,
              count: dimension)
          }
        }
      }
    }
  }

  /// `dr_j += sum over anchors i with y_i = y_j of w_i a_i`, without the anchors that exclude j.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func addReferencePart<Scalar>(
    anchors: ContrastiveRows<Scalar>, references: ContrastiveRows<Scalar>, _ positives: PositiveSets,
    weights: Tensor<Scalar>, to gradient: inout ContrastiveGradient<Scalar>
  ) {
    let dimension = anchors.dimension
    gradient.withMutableViews { pointers in
      Parallel.for(anchors.groupCount, grain: 1) { groups in
        for group in groups {
          let sums = labelSums(
            of: anchors, labels: positives.anchorLabels, positives, weights: weights, group: group)
          for row in 0..<references.rowCount {
            guard let target = ContrastiveGradient.row(row, group: group, of: references, in: pointers)
            else { continue }
            let label = Int(positives.referenceLabels[group * references.rowCount + row])
            RowKernels.add(target, sums.pointer + label * dimension, factor: 1, count: dimension)
          }
          for row in 0..<anchors.rowCount {
            let excluded = positives.excludedPositive(of: row, group: group)
            let index = group * anchors.rowCount + row
            guard excluded >= 0,
              let target = ContrastiveGradient.row(excluded, group: group, of: references, in: pointers)
            else { continue }
            RowKernels.add(
              target, anchors.row(row, group: group), scaledBy: anchors.scales.pointer[index],
              factor: -weights.pointer[index], count: dimension)
          }
        }
      }
    }
  }

  /// `S_y = sum of (w_i) z_i with label y`, `[labels, dimensions]`, for one group.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func labelSums<Scalar>(
    of rows: ContrastiveRows<Scalar>, labels: [Int32], _ positives: PositiveSets,
    weights: Tensor<Scalar>? = nil, group: Int
  ) -> Tensor<Scalar> {
    var sums = Tensor<Scalar>(zeros: [positives.labelCounts[group], rows.dimension])
    sums.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      for row in 0..<rows.rowCount {
        let index = group * rows.rowCount + row
        RowKernels.add(
          sums + Int(labels[index]) * rows.dimension, rows.row(row, group: group),
          scaledBy: rows.scales.pointer[index], factor: weights?.pointer[index] ?? 1, count: rows.dimension)
      }
    }
    return sums
  }

  private static func checkPositives<Scalar>(
    _ anchors: ContrastiveRows<Scalar>, _ references: ContrastiveRows<Scalar>, _ positives: PositiveSets
  ) {
    shapePrecondition(
      positives.counts.shape == [anchors.groupCount, anchors.rowCount]
        && positives.referenceCount == references.rowCount,
      "labels of shape \(positives.counts.shape) and \(positives.referenceCount) references do not fit "
        + "\(anchors.groupCount) groups of \(anchors.rowCount) anchors and \(references.rowCount) references")
  }
}
