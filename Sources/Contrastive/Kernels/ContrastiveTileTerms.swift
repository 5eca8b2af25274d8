import CSuperCLKernels
import Foundation
import Tensor

/// A term's sums of all anchors while tiles arrive, for use from several threads on different rows.
///
/// Unit rows bound the similarity by `1 / t`, which replaces a maximum down to `t = 0.025`, where the smallest exponential
/// is `exp(-80)`; below, a maximum of each row runs along.
struct TileReduction {
  /// Below this temperature exponentials relative to `1 / t` underflow.
  static let smallestPlainTemperature: Float = 0.025

  private let term: PairTerm<Float>
  private let shape: TensorShape
  private let referenceCount: Int
  private let sums: WorkingMemory<Float>
  /// The largest similarity of each row so far, before division by t, or the slopes by the offsets.
  private let second: WorkingMemory<Float>
  private let places: WorkingMemory<Int32>
  private let runsMaxima: Bool

  init(_ term: PairTerm<Float>, _ comparison: RowComparison<Float>) {
    self.term = term
    shape = comparison.shape
    referenceCount = comparison.references.rowCount
    let count = shape.elementCount
    sums = WorkingMemory(count: count)
    second = WorkingMemory(count: count)
    places = WorkingMemory(count: count)
    runsMaxima = term.temperature < Self.smallestPlainTemperature
    var (first, other): (Float, Float) = (0, 0)
    switch term.reduction {
    case .logSumExp: other = -2
    case .largest: first = -2
    case .sum, .softplus: break
    }
    sums.pointer.update(repeating: first, count: count)
    second.pointer.update(repeating: other, count: count)
    places.pointer.update(repeating: -1, count: count)
  }

  /// Adds the pairs of a tile of similarities; those that the term does not run over are left out of the tile for good.
  func add(_ tile: inout scl_similarity_tile, at place: TilePlace) {
    term.selection.narrow(&tile, at: place, referenceCount: referenceCount)
    let (contrastive, pairs) = (scl_contrastive().pointee, scl_pair().pointee)
    let inverse = 1 / term.temperature
    let (row, column) = (place.row, place.column)
    let columnSums = place.bringsColumns ? sums.pointer + column : nil
    let columnSecond = place.bringsColumns ? second.pointer + column : nil
    switch term.reduction {
    case .logSumExp:
      if runsMaxima {
        contrastive.running_sums(
          &tile, inverse, second.pointer + row, sums.pointer + row, columnSecond, columnSums)
      } else {
        contrastive.exp_sums(&tile, inverse, sums.pointer + row, columnSums)
      }
    case .sum:
      shapePrecondition(!place.isShared, "sums of rows among themselves go by labels")
      pairs.sums(&tile, sums.pointer + row)
    case .softplus(let offsets):
      let columnOffsets = place.bringsColumns ? offsets.pointer + column : nil
      pairs.softplus_sums(
        &tile, inverse, offsets.pointer + row, sums.pointer + row, second.pointer + row, columnOffsets,
        columnSums, columnSecond)
    case .largest:
      shapePrecondition(!place.isShared, "the largest similarity needs references")
      pairs.largest(&tile, place.firstReference, sums.pointer + row, places.pointer + row)
    }
  }

  func result() -> PairSums<Float> {
    let values = Tensor<Float>(shape: shape) { result in
      for index in result.indices { result[index] = value(index) }
    }
    switch term.reduction {
    case .logSumExp, .sum: return PairSums(values: values)
    case .softplus:
      return PairSums(values: values, slopes: Tensor(shape: shape) { $0.update(second) })
    case .largest:
      return PairSums(values: values, places: Tensor(shape: shape) { $0.update(places) })
    }
  }

  private func value(_ index: Int) -> Float {
    let sum = sums.pointer[index]
    switch term.reduction {
    case .logSumExp:
      let largest = runsMaxima ? Double(second.pointer[index]) : 1
      return Float(largest / Double(term.temperature) + log(Double(sum)))
    case .sum: return sum / term.temperature
    case .softplus: return sum
    case .largest: return places.pointer[index] < 0 ? -.infinity : sum
    }
  }
}

extension UnsafeMutableBufferPointer where Element: TensorScalar {
  fileprivate func update(_ scratch: WorkingMemory<Element>) {
    for index in indices { self[index] = scratch.pointer[index] }
  }
}

/// What turns a tile of similarities into a term's weights of the gradient.
struct TileSlope {
  private let weighted: WeightedTerm<Float>
  private let isPlain: Bool
  private let referenceCount: Int
  /// What is multiplied in each row: `w / t`, or `w exp(1 / t - lse) / t` for exponentials relative to `1 / t`.
  private let factors: Tensor<Float>

  init(_ weighted: WeightedTerm<Float>, _ comparison: RowComparison<Float>) {
    self.weighted = weighted
    referenceCount = comparison.references.rowCount
    let term = weighted.term
    let isPlain = term.temperature >= TileReduction.smallestPlainTemperature
    self.isPlain = isPlain
    let inverse = 1 / Double(term.temperature)
    let (weights, values) = (weighted.weights.pointer, weighted.values.pointer)
    factors = Tensor(shape: weighted.weights.shape) { factors in
      for index in factors.indices {
        let weight = Double(weights[index])
        let scale: Double =
          switch term.reduction {
          case .logSumExp: isPlain ? exp(inverse - Double(values[index])) : 1
          case .softplus: -1
          case .sum, .largest: 1
          }
        factors[index] = weight == 0 ? 0 : Float(weight * inverse * scale)
      }
    }
  }

  func apply(_ tile: inout scl_similarity_tile, at place: TilePlace) {
    weighted.term.selection.narrow(&tile, at: place, referenceCount: referenceCount)
    let (contrastive, pairs) = (scl_contrastive().pointee, scl_pair().pointee)
    let inverse = 1 / weighted.term.temperature
    let (row, column) = (place.row, place.column)
    let columns = place.isShared ? factors.pointer + column : nil
    switch weighted.term.reduction {
    case .logSumExp:
      if isPlain {
        contrastive.exp_weights(&tile, inverse, factors.pointer + row, columns)
      } else {
        let logs = weighted.values.pointer
        contrastive.log_weights(
          &tile, inverse, factors.pointer + row, logs + row, columns, place.isShared ? logs + column : nil)
      }
    case .sum: pairs.sum_weights(&tile, factors.pointer + row)
    case .softplus(let offsets):
      pairs.softplus_weights(
        &tile, inverse, offsets.pointer + row, factors.pointer + row,
        place.isShared ? offsets.pointer + column : nil, columns)
    case .largest: shapePreconditionFailure("the largest similarity has no gradient here")
    }
  }
}

extension PairSelection {
  /// Leaves the pairs out of a tile that do not belong to the selection.
  func narrow(_ tile: inout scl_similarity_tile, at place: TilePlace, referenceCount: Int) {
    let (pairs, isPositive): (PositivePairs, Bool)
    switch self {
    case .all: return
    case .positives(let positives): (pairs, isPositive) = (positives, true)
    case .others(let positives): (pairs, isPositive) = (positives, false)
    }
    switch pairs {
    case .labels(let sets):
      scl_pair().pointee.keep_labels(
        &tile, sets.anchorLabels.pointer + place.row, sets.referenceLabels.pointer + place.column,
        isPositive ? 1 : 0)
    case .mask(let mask):
      // A Bool is a byte, 0 or 1.
      let bytes = UnsafeRawPointer(mask.pointer).assumingMemoryBound(to: UInt8.self)
      scl_pair().pointee.keep_mask(
        &tile, bytes + place.row * referenceCount + place.column, referenceCount, isPositive ? 1 : 0)
    }
  }
}
