import CSuperCLKernels
import Foundation
import Tensor

/// The contrastive product of floats by tiles, on the vectorised kernels.
///
/// With rows compared among themselves a tile serves both of its blocks: one exponential a pair.
enum ContrastiveTiles {
  static func reduce(
    _ comparison: RowComparison<Float>, _ terms: [PairTerm<Float>]
  ) -> [PairSums<Float>] {
    let reductions = terms.map { TileReduction($0, comparison) }
    forEachTile(of: comparison, by: .anchors, tilesAtOnce: 1) { visit in
      for reduction in reductions { reduction.add(&visit.tile, at: visit.place) }
    }
    return reductions.map { $0.result() }
  }

  /// The same with ``PairSums/means`` of the first term, where it is a logarithm over all references of a temperature whose
  /// exponentials need no running maximum; else without.
  static func reduceWithMeans(
    _ comparison: RowComparison<Float>, _ terms: [PairTerm<Float>]
  ) -> [PairSums<Float>] {
    guard case .withReferences(.none) = comparison.kind, let first = terms.first,
      case .logSumExp = first.reduction, terms.allSatisfy(\.selection.isAll),
      first.temperature >= TileReduction.smallestPlainTemperature
    else { return reduce(comparison, terms) }
    let others = terms.dropFirst().map { TileReduction($0, comparison) }
    let (contrastive, pairs) = (scl_contrastive().pointee, scl_pair().pointee)
    let (dimension, inverse) = (comparison.anchors.dimension, 1 / first.temperature)
    var sums = Tensor<Float>(zeros: comparison.shape)
    var means = Tensor<Float>(zeros: TensorShape(comparison.shape.dimensions + [dimension]))
    sums.withUnsafeMutableBufferPointer { sums in
      means.withUnsafeMutableBufferPointer { means in
        guard let sums = sums.baseAddress, let means = means.baseAddress else { return }
        let ones = Tensor<Float>(ones: [comparison.anchors.rowCount])
        forEachTile(of: comparison, by: .anchors, tilesAtOnce: 1) { visit in
          for other in others { other.add(&visit.tile, at: visit.place) }
          let row = visit.place.row
          contrastive.exp_weights(&visit.tile, inverse, ones.pointer, nil)
          pairs.sums(&visit.tile, sums + row)
          contrastive.add_product(
            &visit.tile, visit.references + visit.reference.along, dimension, means + row * dimension)
        }
        for row in 0..<comparison.shape.elementCount where sums[row] > 0 {
          let scale = 1 / sums[row]
          for index in row * dimension..<(row + 1) * dimension { means[index] *= scale }
        }
      }
    }
    let logs = Tensor<Float>(shape: comparison.shape) { logs in
      for index in logs.indices {
        logs[index] = Float(1 / Double(first.temperature) + log(Double(sums.pointer[index])))
      }
    }
    return [PairSums(values: logs, means: means)] + others.map { $0.result() }
  }

  static func addGradient(
    _ comparison: RowComparison<Float>, _ terms: [WeightedTerm<Float>], by side: ComparisonSide,
    to views: [UnsafeMutablePointer<Float>?]
  ) {
    let slopes = terms.map { TileSlope($0, comparison) }
    let kernels = scl_contrastive().pointee
    let dimension = comparison.anchors.dimension
    forEachTile(of: comparison, by: side, tilesAtOnce: terms.count) { visit in
      visit.weigh(slopes)
      if side == .anchors, let gradient = visit.anchorBlocks.gradient(visit.anchor, visit.group, in: views) {
        kernels.add_product(&visit.tile, visit.references + visit.reference.along, dimension, gradient)
      }
      guard side == .references || visit.place.bringsColumns,
        let gradient = visit.referenceBlocks.gradient(visit.reference, visit.group, in: views)
      else { return }
      kernels.add_transposed_product(&visit.tile, visit.anchors + visit.anchor.along, dimension, gradient)
    }
  }

  /// Calls `body` with the similarities of every pair of blocks. Two calls that run at once share no block of `side`, and
  /// those of a block come in a fixed order.
  private static func forEachTile(
    of comparison: RowComparison<Float>, by side: ComparisonSide, tilesAtOnce: Int,
    _ body: (inout TileVisit) -> Void
  ) {
    let anchors = ContrastiveBlocks(comparison.anchors)
    let references = comparison.isAmongThemselves ? anchors : ContrastiveBlocks(comparison.references)
    let rounds = rounds(comparison, anchors, references, by: side)
    let ownForms = comparison.isAmongThemselves ? 0 : references.packedCount
    ContrastiveBlocks.forEachGroupRun(
      comparison.anchors.groupCount, packedCount: anchors.packedCount + ownForms
    ) { groups, packed in
      anchors.pack(groups: groups, into: packed)
      let others = ownForms == 0 ? packed : packed + groups.count * anchors.packedCount
      if ownForms > 0 { references.pack(groups: groups, into: others) }
      for chains in rounds where !chains.isEmpty {
        Parallel.for(groups.count * chains.count, grain: 1) { range in
          let size = anchors.capacity * references.capacity
          let scratch = WorkingMemory<Float>(count: size * max(tilesAtOnce, 1))
          for index in range {
            let (group, chain) = index.quotientAndRemainder(dividingBy: chains.count)
            let anchorForms = UnsafePointer(packed + group * anchors.packedCount)
            let referenceForms = UnsafePointer(others + group * references.packedCount)
            for (anchor, reference) in chains[chain] {
              var visit = TileVisit(
                comparison, anchors, references, anchor: anchor, reference: reference,
                group: groups.lowerBound + group, anchorForms: anchorForms, referenceForms: referenceForms,
                scratch: scratch.pointer, spare: tilesAtOnce > 1 ? scratch.pointer + size : nil)
              body(&visit)
            }
          }
        }
      }
    }
  }

  /// Pairs of blocks in rounds of chains: the chains of a round may run at once, the pairs of a chain follow one another.
  private static func rounds(
    _ comparison: RowComparison<Float>, _ anchors: ContrastiveBlocks, _ references: ContrastiveBlocks,
    by side: ComparisonSide
  ) -> [[[(Int, Int)]]] {
    if comparison.isAmongThemselves { return anchors.rounds.map { $0.map { [$0] } } }
    let (left, right) = (anchors.blocks.indices, references.blocks.indices)
    switch side {
    case .anchors: return [left.map { anchor in right.map { (anchor, $0) } }]
    case .references: return [right.map { reference in left.map { ($0, reference) } }]
    }
  }
}

/// A tile of similarities while it is worked on.
struct TileVisit {
  let group: Int
  let place: TilePlace
  let anchorBlocks, referenceBlocks: ContrastiveBlocks
  let anchor, reference: ContrastiveBlocks.Block
  /// The packed forms of the group.
  let anchors, references: UnsafePointer<Float>
  var tile: scl_similarity_tile
  /// Memory for a second tile, of the same layout.
  private let spare: UnsafeMutablePointer<Float>?

  init(
    _ comparison: RowComparison<Float>, _ anchorBlocks: ContrastiveBlocks,
    _ referenceBlocks: ContrastiveBlocks, anchor anchorIndex: Int, reference referenceIndex: Int, group: Int,
    anchorForms: UnsafePointer<Float>, referenceForms: UnsafePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, spare: UnsafeMutablePointer<Float>?
  ) {
    self.group = group
    (self.anchorBlocks, self.referenceBlocks) = (anchorBlocks, referenceBlocks)
    (anchor, reference) = (anchorBlocks.blocks[anchorIndex], referenceBlocks.blocks[referenceIndex])
    (anchors, references) = (anchorForms, referenceForms)
    self.spare = spare
    place = TilePlace(
      row: group * comparison.anchors.rowCount + anchor.first,
      column: group * comparison.references.rowCount + reference.first, firstReference: reference.first,
      isShared: comparison.isAmongThemselves,
      isDiagonal: comparison.isAmongThemselves && anchorIndex == referenceIndex)
    let excluded =
      switch comparison.kind {
      case .amongThemselves(.itself): anchor.first - reference.first
      case .amongThemselves(.ownIndexOfEveryView): anchor.firstInView - reference.firstInView
      case .withReferences(.none): Int.max / 2
      case .withReferences(.index(let offset)): anchor.first + offset - reference.first
      }
    tile = scl_similarity_tile(
      values: scratch, rows: anchor.count, columns: reference.count, stride: reference.count,
      excluded: excluded)
    scl_contrastive().pointee.similarities(
      anchors + anchor.across, references + reference.across, comparison.anchors.dimension, &tile)
  }

  /// Turns the similarities into the sum of the slopes of one or two terms.
  mutating func weigh(_ slopes: [TileSlope]) {
    guard let last = slopes.last, let values = tile.values else { return }
    let count = tile.rows * tile.columns
    if slopes.count > 1, let spare {
      spare.update(from: values, count: count)
      tile.values = spare
      slopes[0].apply(&tile, at: place)
      tile.values = values
    }
    last.apply(&tile, at: place)
    if slopes.count > 1, let spare { scl_contrastive().pointee.add(values, spare, 1, count) }
  }
}

/// Where a tile lies.
struct TilePlace {
  /// Its first anchor and its first reference, counted over all groups.
  let row, column: Int
  /// Its first reference, counted within the group.
  let firstReference: Int
  /// Whether its columns are anchors too.
  let isShared: Bool
  /// Whether its columns are the very anchors of its rows: every pair is there twice.
  let isDiagonal: Bool

  /// Whether the columns are anchors that no row of the tile stands for.
  var bringsColumns: Bool { isShared && !isDiagonal }
}
