/// The part of a contrastive loss that compares every row with every other, without ever holding the matrix
/// of similarities.
///
/// With unit rows z and a temperature t the similarities are `s_ij = z_i . z_j / t`. Forward needs
/// `lse_i = log sum_{k != i} exp(s_ik)`; backward computes the similarities again, tile by tile. Memory
/// beside input and gradient is O(rows), time O(rows^2 dimensions). Results do not depend on the number of
/// threads. A loss is a thin layer over three calls each way:
///
///     let rows = ContrastiveRows(views: [first, second])                  // [groups, n, d] each
///     let positives = PositiveSets(labels: labels)                        // [groups, 2n]
///     let lse = ContrastiveProduct.logSumExp(rows, temperature: 0.1)      // [groups, 2n]
///     let sums = ContrastiveProduct.positiveSums(rows, positives)         // [groups, 2n]
///     // loss = sum_i w_i (lse_i - sums_i / (temperature counts_i))
///     var gradient = ContrastiveGradient(for: rows)
///     ContrastiveProduct.addLogSumExpGradient(
///       rows, temperature: 0.1, logSumExp: lse, weights: w, to: &gradient)
///     ContrastiveProduct.addPositiveGradient(rows, positives, weights: v, to: &gradient)
///     let gradients = gradient.throughNormalization(of: rows)             // shaped like the views
package enum ContrastiveProduct {
  /// `lse_i = log sum_{k != i} exp(z_i . z_k / t)` for every row of every group, `[groups, rows]`.
  ///
  /// A group of one row has nothing to sum: -infinity.
  ///
  /// - Precondition: `temperature > 0`.
  package static func logSumExp<Scalar>(
    _ rows: ContrastiveRows<Scalar>, temperature: Scalar
  ) -> Tensor<Scalar> {
    checkTemperature(temperature)
    if let rows = rows as? ContrastiveRows<Float>,
      let result = ContrastiveFast.logSumExp(rows, temperature: Float(temperature)) as? Tensor<Scalar>
    {
      return result
    }
    return ContrastiveExact.logSumExp(
      anchors: rows, references: rows, temperature: temperature, exclusion: .reference(offset: 0))
  }

  /// Adds the gradient of `sum_i w_i lse_i` with respect to the unit rows:
  /// `dz_k += (1/t) sum_{j != k} (w_k p_kj + w_j p_jk) z_j` with `p_ij = exp(s_ij - lse_i)`.
  ///
  /// - Parameters:
  ///   - logSumExp: the result of the forward call.
  ///   - weights: `w`, `[groups, rows]`.
  package static func addLogSumExpGradient<Scalar>(
    _ rows: ContrastiveRows<Scalar>, temperature: Scalar, logSumExp: Tensor<Scalar>,
    weights: Tensor<Scalar>, to gradient: inout ContrastiveGradient<Scalar>
  ) {
    checkTemperature(temperature)
    checkPerRow(logSumExp, rows, "logSumExp")
    checkPerRow(weights, rows, "weights")
    if let rows = rows as? ContrastiveRows<Float>, let logSumExp = logSumExp as? Tensor<Float>,
      let weights = weights as? Tensor<Float>
    {
      gradient.withMutableViews { views in
        ContrastiveFast.addSymmetricGradient(
          rows, temperature: Float(temperature), logSumExp: logSumExp, weights: weights,
          to: views.map { $0?.asFloat })
      }
      return
    }
    ContrastiveExact.addSymmetricGradient(
      rows, temperature: temperature, logSumExp: logSumExp, weights: weights, to: &gradient)
  }

  /// `lse_i = log sum_k exp(a_i . r_k / t)` over references r that may differ from the anchors a, such as a
  /// queue or the rows of all processes, `[groups, anchor rows]`.
  ///
  /// - Parameter exclusion: which reference an anchor is not compared with.
  /// - Precondition: `temperature > 0`; anchors and references agree in groups and dimensions.
  package static func logSumExp<Scalar>(
    anchors: ContrastiveRows<Scalar>, references: ContrastiveRows<Scalar>, temperature: Scalar,
    excluding exclusion: ReferenceExclusion = .none
  ) -> Tensor<Scalar> {
    checkTemperature(temperature)
    checkPair(anchors, references)
    if let anchors = anchors as? ContrastiveRows<Float>,
      let references = references as? ContrastiveRows<Float>,
      let result = ContrastiveFast.logSumExp(
        anchors: anchors, references: references, temperature: Float(temperature), exclusion: exclusion)
        as? Tensor<Scalar>
    {
      return result
    }
    return ContrastiveExact.logSumExp(
      anchors: anchors, references: references, temperature: temperature, exclusion: exclusion)
  }

  /// Adds the gradients of `sum_i w_i lse_i` with respect to anchors and references:
  /// `da_i += (w_i/t) sum_k p_ik r_k`, `dr_k += (1/t) sum_i w_i p_ik a_i`.
  ///
  /// - Parameter referenceGradient: `nil` where the references are constants, which halves the work.
  package static func addLogSumExpGradient<Scalar>(
    anchors: ContrastiveRows<Scalar>, references: ContrastiveRows<Scalar>, temperature: Scalar,
    excluding exclusion: ReferenceExclusion = .none, logSumExp: Tensor<Scalar>, weights: Tensor<Scalar>,
    toAnchors anchorGradient: inout ContrastiveGradient<Scalar>,
    toReferences referenceGradient: inout ContrastiveGradient<Scalar>?
  ) {
    checkTemperature(temperature)
    checkPair(anchors, references)
    checkPerRow(logSumExp, anchors, "logSumExp")
    checkPerRow(weights, anchors, "weights")
    if let anchors = anchors as? ContrastiveRows<Float>,
      let references = references as? ContrastiveRows<Float>,
      let logSumExp = logSumExp as? Tensor<Float>, let weights = weights as? Tensor<Float>
    {
      anchorGradient.withMutableViews { views in
        ContrastiveFast.addGradient(
          anchors: anchors, references: references, temperature: Float(temperature), exclusion: exclusion,
          logSumExp: logSumExp, weights: weights, toAnchors: views.map { $0?.asFloat }, toReferences: nil)
      }
      referenceGradient?.withMutableViews { views in
        ContrastiveFast.addGradient(
          anchors: anchors, references: references, temperature: Float(temperature), exclusion: exclusion,
          logSumExp: logSumExp, weights: weights, toAnchors: nil, toReferences: views.map { $0?.asFloat })
      }
      return
    }
    ContrastiveExact.addGradient(
      anchors: anchors, references: references, temperature: temperature, exclusion: exclusion,
      logSumExp: logSumExp, weights: weights, toAnchors: &anchorGradient, toReferences: &referenceGradient)
  }

  // MARK: Checks

  private static func checkTemperature<Scalar: TensorFloatingPointScalar>(_ temperature: Scalar) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
  }

  private static func checkPair<Scalar>(
    _ anchors: ContrastiveRows<Scalar>, _ references: ContrastiveRows<Scalar>
  ) {
    shapePrecondition(
      anchors.groupCount == references.groupCount && anchors.dimension == references.dimension,
      "anchors [\(anchors.groupCount), \(anchors.rowCount), \(anchors.dimension)] do not fit references "
        + "[\(references.groupCount), \(references.rowCount), \(references.dimension)]")
  }

  static func checkPerRow<Scalar>(
    _ tensor: Tensor<Scalar>, _ rows: ContrastiveRows<Scalar>, _ name: String
  ) {
    shapePrecondition(
      tensor.shape == [rows.groupCount, rows.rowCount],
      "\(name) of shape \(tensor.shape) does not fit \(rows.groupCount) groups of \(rows.rowCount) rows")
  }
}

/// Which reference an anchor is not compared with.
package enum ReferenceExclusion: Sendable, Equatable {
  case none
  /// Anchor i leaves out reference `i + offset`: itself, where the anchors are a part of the references that
  /// begins at row `offset`.
  case reference(offset: Int)

  /// The reference that `anchor` leaves out, -1 for none.
  @inline(__always)
  func reference(of anchor: Int) -> Int {
    if case .reference(let offset) = self { anchor + offset } else { -1 }
  }
}
