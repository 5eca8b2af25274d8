import Foundation
import Tensor

/// The contrastive product row by row in plain loops: what `Double` uses, and what the tiled kernels are tested against.
///
/// Every similarity is computed anew where it is needed, and each row is shifted by its own maximum, so any temperature is
/// safe.
enum ContrastiveExact {
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func reduce<Scalar: TensorFloatingPointScalar>(
    _ comparison: RowComparison<Scalar>, _ terms: [PairTerm<Scalar>]
  ) -> [PairSums<Scalar>] {
    let (anchors, references) = (comparison.anchors, comparison.references)
    let count = max(references.rowCount, 1)
    var values = terms.map { _ in Tensor<Scalar>(zeros: comparison.shape) }
    var slopes = values
    var places = terms.map { _ in Tensor<Int32>(zeros: comparison.shape) }
    for (index, term) in terms.enumerated() {
      values[index].withUnsafeMutableBufferPointer { values in
        slopes[index].withUnsafeMutableBufferPointer { slopes in
          places[index].withUnsafeMutableBufferPointer { places in
            forEachRow(of: anchors, against: references) { group, row in
              withUnsafeTemporaryAllocation(of: Scalar.self, capacity: count) { cosines in
                guard let start = cosines.baseAddress else { return }
                Self.cosines(start, of: row, in: anchors, to: references, group: group)
                let filter = PairFilter(comparison, term.selection, group: group)
                let kept = (0..<references.rowCount).filter { filter.keeps(row, $0) }
                let place = group * anchors.rowCount + row
                (values[place], slopes[place], places[place]) = term.value(
                  kept.map { start[$0] }, at: place, of: kept)
              }
            }
          }
        }
      }
    }
    return terms.indices.map { PairSums(values: values[$0], slopes: slopes[$0], places: places[$0]) }
  }

  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func addGradient<Scalar: TensorFloatingPointScalar>(
    _ comparison: RowComparison<Scalar>, _ terms: [WeightedTerm<Scalar>], by side: ComparisonSide,
    to gradient: inout ContrastiveGradient<Scalar>
  ) {
    let (rows, others) =
      side == .anchors
      ? (comparison.anchors, comparison.references) : (comparison.references, comparison.anchors)
    let isShared = comparison.isAmongThemselves
    gradient.withMutableViews { pointers in
      forEachRow(of: rows, against: others) { group, row in
        guard let target = ContrastiveGradient.row(row, group: group, of: rows, in: pointers) else { return }
        let filters = terms.map { PairFilter(comparison, $0.term.selection, group: group) }
        let first = group * comparison.anchors.rowCount
        withUnsafeTemporaryAllocation(of: Scalar.self, capacity: max(others.rowCount, 1)) { factors in
          guard let factors = factors.baseAddress else { return }
          cosines(factors, of: row, in: rows, to: others, group: group)
          for other in 0..<others.rowCount {
            let (anchor, reference) = side == .anchors ? (row, other) : (other, row)
            var factor: Scalar = 0
            for (term, filter) in zip(terms, filters) where filter.keeps(anchor, reference) {
              factor += term.slope(factors[other], at: first + anchor)
              if isShared { factor += term.slope(factors[other], at: first + reference) }
            }
            factors[other] = factor
          }
          addRows(of: others, group: group, factors: factors, to: target)
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

  /// `z_row . z_j` for all rows j of `others`.
  private static func cosines<Scalar: TensorFloatingPointScalar>(
    _ result: UnsafeMutablePointer<Scalar>, of row: Int, in rows: ContrastiveRows<Scalar>,
    to others: ContrastiveRows<Scalar>, group: Int
  ) {
    let own = rows.row(row, group: group)
    let scale = rows.scales.pointer[group * rows.rowCount + row]
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

  /// `target += sum_j factors_j z_j`.
  private static func addRows<Scalar: TensorFloatingPointScalar>(
    of rows: ContrastiveRows<Scalar>, group: Int, factors: UnsafePointer<Scalar>,
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
          factor: factors[first + index], count: rows.dimension)
      }
      first += count
    }
  }
}

/// Which pairs of a group count.
private struct PairFilter {
  private let exclusion: ExcludedReference
  /// Index of each row within its view, where a row leaves out its own of every view.
  private var indices: [Int] = []
  private let selection: PairSelection
  private let (anchorStart, referenceStart, referenceCount): (Int, Int, Int)

  init<Scalar>(_ comparison: RowComparison<Scalar>, _ selection: PairSelection, group: Int) {
    self.selection = selection
    referenceCount = comparison.references.rowCount
    anchorStart = group * comparison.anchors.rowCount
    referenceStart = group * referenceCount
    switch comparison.kind {
    case .amongThemselves(.itself): exclusion = .sameIndex
    case .amongThemselves(.ownIndexOfEveryView):
      exclusion = .none
      indices = comparison.anchors.rowCounts.flatMap { Array(0..<$0) }
    case .withReferences(let excluded): exclusion = excluded
    }
  }

  func keeps(_ anchor: Int, _ reference: Int) -> Bool {
    if indices.isEmpty ? exclusion.reference(of: anchor) == reference : indices[anchor] == indices[reference]
    {
      return false
    }
    switch selection {
    case .all: return true
    case .positives(let pairs): return isPositive(anchor, reference, pairs)
    case .others(let pairs): return !isPositive(anchor, reference, pairs)
    }
  }

  private func isPositive(_ anchor: Int, _ reference: Int, _ pairs: PositivePairs) -> Bool {
    switch pairs {
    case .labels(let sets):
      sets.anchorLabels.pointer[anchorStart + anchor]
        == sets.referenceLabels.pointer[referenceStart + reference]
    case .mask(let mask): mask.pointer[anchor * referenceCount + reference]
    }
  }
}

extension PairTerm {
  /// The value for the anchor at a place with cosines to some references, with the slope by its offset and the reference of
  /// the largest.
  fileprivate func value(
    _ cosines: [Scalar], at place: Int, of references: [Int]
  ) -> (value: Scalar, slope: Scalar, place: Int32) {
    switch reduction {
    case .logSumExp:
      let largest = cosines.reduce(-Scalar.infinity) { $1 <= $0 ? $0 : $1 } / temperature
      guard largest.isFinite else { return (largest, 0, -1) }
      let sum = cosines.reduce(0.0) { $0 + exp(($1 / temperature - largest).doubleValue) }
      return (largest + Scalar(converting: log(sum)), 0, -1)
    case .sum: return (cosines.reduce(0, +) / temperature, 0, -1)
    case .softplus(let offsets):
      var (sum, slope) = (0.0, 0.0)
      for cosine in cosines {
        let x = (offsets.pointer[place] - cosine / temperature).doubleValue
        sum += max(x, 0) + log1p(exp(-abs(x)))
        slope += sigmoid(x)
      }
      return (Scalar(converting: sum), Scalar(converting: slope), -1)
    case .largest:
      var best = (-Scalar.infinity, -1)
      for (cosine, reference) in zip(cosines, references) where cosine > best.0 { best = (cosine, reference) }
      return (best.0, 0, Int32(best.1))
    }
  }
}

extension WeightedTerm {
  /// The slope of the weighted value at a place by one of its cosines.
  fileprivate func slope(_ cosine: Scalar, at place: Int) -> Scalar {
    let weight = weights.pointer[place]
    guard weight != 0 else { return 0 }
    let factor = weight / term.temperature
    switch term.reduction {
    case .logSumExp:
      let exponent = cosine / term.temperature - values.pointer[place]
      return factor * Scalar(converting: exp(exponent.doubleValue))
    case .sum: return factor
    case .softplus(let offsets):
      return -factor
        * Scalar(
          converting: sigmoid((offsets.pointer[place] - cosine / term.temperature).doubleValue))
    case .largest: shapePreconditionFailure("the largest similarity has no gradient here")
    }
  }
}

/// `1 / (1 + e^-x)`.
private func sigmoid(_ x: Double) -> Double {
  let e = exp(-abs(x))
  return (x < 0 ? e : 1) / (1 + e)
}
