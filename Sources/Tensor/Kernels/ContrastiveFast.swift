internal import CSuperCLKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The contrastive product of floats by tiles, on the vectorised kernels.
///
/// With rows compared among themselves a tile serves both of its blocks: one exponential a pair. Unit rows
/// bound the similarity by `1 / t`, which replaces a maximum down to `t = 0.025`, where the smallest
/// exponential is `exp(-80)`; below, a maximum of each row runs along.
enum ContrastiveFast {
  /// Below this temperature exponentials relative to `1 / t` underflow.
  static let smallestPlainTemperature: Float = 0.025

  // MARK: Rows among themselves

  static func logSumExp(_ rows: ContrastiveRows<Float>, temperature: Float) -> Tensor<Float> {
    let blocks = ContrastiveBlocks(rows)
    var sums = RunningSums(groups: rows.groupCount, rows: rows.rowCount, temperature: temperature)
    sums.withPointers { sums in
      forEachTile(of: blocks) { tile, packed, group, left, right in
        let kernels = scl_contrastive().pointee
        kernels.similarities(packed + left.across, packed + right.across, rows.dimension, &tile)
        let isDiagonal = left.first == right.first
        sums.add(
          &tile, row: group * rows.rowCount + left.first,
          column: isDiagonal ? nil : right.first + group * rows.rowCount)
      }
    }
    return sums.logarithms()
  }

  static func addSymmetricGradient(
    _ rows: ContrastiveRows<Float>, temperature: Float, logSumExp: Tensor<Float>, weights: Tensor<Float>,
    to views: [UnsafeMutablePointer<Float>?]
  ) {
    let blocks = ContrastiveBlocks(rows)
    let factors = TileFactors(temperature: temperature, logSumExp: logSumExp, weights: weights)
    forEachTile(of: blocks) { tile, packed, group, left, right in
      let kernels = scl_contrastive().pointee
      kernels.similarities(packed + left.across, packed + right.across, rows.dimension, &tile)
      let start = group * rows.rowCount
      factors.apply(&tile, row: start + left.first, column: start + right.first)
      guard let leftGradient = blocks.gradient(left, group: group, in: views),
        let rightGradient = blocks.gradient(right, group: group, in: views)
      else { return }
      kernels.add_product(&tile, packed + right.along, rows.dimension, leftGradient)
      if left.first != right.first {
        kernels.add_transposed_product(&tile, packed + left.along, rows.dimension, rightGradient)
      }
    }
  }

  private typealias Block = ContrastiveBlocks.Block

  /// Calls `body` for every pair of blocks of every group with memory for a tile of theirs.
  private static func forEachTile(
    of blocks: ContrastiveBlocks,
    _ body: (inout scl_similarity_tile, UnsafePointer<Float>, _ group: Int, Block, Block) -> Void
  ) {
    let rounds = blocks.rounds
    ContrastiveBlocks.forEachGroupRun(blocks.rows.groupCount, packedCount: blocks.packedCount) {
      groups, packed in
      blocks.pack(groups: groups, into: packed)
      for pairs in rounds where !pairs.isEmpty {
        Parallel.for(groups.count * pairs.count, grain: 1) { range in
          let scratch = Scratch<Float>(count: blocks.capacity * blocks.capacity)
          for index in range {
            let (group, pair) = index.quotientAndRemainder(dividingBy: pairs.count)
            let (left, right) = (blocks.blocks[pairs[pair].0], blocks.blocks[pairs[pair].1])
            var tile = tile(left, right, scratch, exclusion: .reference(offset: 0))
            body(
              &tile, packed + group * blocks.packedCount, groups.lowerBound + group, left, right)
          }
        }
      }
    }
  }

  private static func tile(
    _ left: Block, _ right: Block, _ scratch: Scratch<Float>, exclusion: ReferenceExclusion
  ) -> scl_similarity_tile {
    let excluded =
      switch exclusion {
      case .none: Int.max / 2
      case .reference(let offset): left.first + offset - right.first
      }
    return scl_similarity_tile(
      values: scratch.pointer, rows: left.count, columns: right.count, stride: right.count,
      excluded: excluded)
  }

  // MARK: Anchors against references

  static func logSumExp(
    anchors: ContrastiveRows<Float>, references: ContrastiveRows<Float>, temperature: Float,
    exclusion: ReferenceExclusion
  ) -> Tensor<Float> {
    var sums = RunningSums(groups: anchors.groupCount, rows: anchors.rowCount, temperature: temperature)
    sums.withPointers { sums in
      forEachStrip(ContrastiveBlocks(anchors), ContrastiveBlocks(references), exclusion, by: .anchors) {
        tile, packed, group, anchor, reference in
        let kernels = scl_contrastive().pointee
        kernels.similarities(
          packed.anchors + anchor.across, packed.references + reference.across, anchors.dimension, &tile)
        sums.add(&tile, row: group * anchors.rowCount + anchor.first, column: nil)
      }
    }
    return sums.logarithms()
  }

  /// - Parameter referenceViews: `nil` where the references are constants.
  static func addGradient(
    anchors: ContrastiveRows<Float>, references: ContrastiveRows<Float>, temperature: Float,
    exclusion: ReferenceExclusion, logSumExp: Tensor<Float>, weights: Tensor<Float>,
    toAnchors anchorViews: [UnsafeMutablePointer<Float>?]?,
    toReferences referenceViews: [UnsafeMutablePointer<Float>?]?
  ) {
    let (left, right) = (ContrastiveBlocks(anchors), ContrastiveBlocks(references))
    let factors = TileFactors(temperature: temperature, logSumExp: logSumExp, weights: weights)
    func weigh(
      _ tile: inout scl_similarity_tile, _ packed: Packed, _ group: Int, _ anchor: Block, _ reference: Block
    ) {
      scl_contrastive().pointee.similarities(
        packed.anchors + anchor.across, packed.references + reference.across, anchors.dimension, &tile)
      factors.apply(&tile, row: group * anchors.rowCount + anchor.first, column: nil)
    }
    if let anchorViews {
      forEachStrip(left, right, exclusion, by: .anchors) { tile, packed, group, anchor, reference in
        weigh(&tile, packed, group, anchor, reference)
        guard let target = left.gradient(anchor, group: group, in: anchorViews) else { return }
        scl_contrastive().pointee.add_product(
          &tile, packed.references + reference.along, anchors.dimension, target)
      }
    }
    if let referenceViews {
      forEachStrip(left, right, exclusion, by: .references) { tile, packed, group, anchor, reference in
        weigh(&tile, packed, group, anchor, reference)
        guard let target = right.gradient(reference, group: group, in: referenceViews) else { return }
        scl_contrastive().pointee.add_transposed_product(
          &tile, packed.anchors + anchor.along, anchors.dimension, target)
      }
    }
  }

  /// The packed forms of one group.
  private struct Packed {
    let anchors, references: UnsafePointer<Float>
  }

  private enum StripSide { case anchors, references }

  /// Calls `body` for all pairs of an anchor block with a reference block; the blocks of `side` may run at
  /// once, and each meets those of the other side in order.
  private static func forEachStrip(
    _ anchors: ContrastiveBlocks, _ references: ContrastiveBlocks, _ exclusion: ReferenceExclusion,
    by side: StripSide,
    _ body: (inout scl_similarity_tile, Packed, _ group: Int, _ anchor: Block, _ reference: Block) -> Void
  ) {
    let packedCount = anchors.packedCount + references.packedCount
    let strips = side == .anchors ? anchors.blocks.count : references.blocks.count
    ContrastiveBlocks.forEachGroupRun(anchors.rows.groupCount, packedCount: packedCount) { groups, packed in
      let referenceStart = packed + groups.count * anchors.packedCount
      anchors.pack(groups: groups, into: packed)
      references.pack(groups: groups, into: referenceStart)
      Parallel.for(groups.count * strips, grain: 1) { range in
        let scratch = Scratch<Float>(count: anchors.capacity * references.capacity)
        for index in range {
          let (group, strip) = index.quotientAndRemainder(dividingBy: strips)
          let forms = Packed(
            anchors: packed + group * anchors.packedCount,
            references: referenceStart + group * references.packedCount)
          func visit(_ anchor: Block, _ reference: Block) {
            var tile = tile(anchor, reference, scratch, exclusion: exclusion)
            body(&tile, forms, groups.lowerBound + group, anchor, reference)
          }
          switch side {
          case .anchors:
            for reference in references.blocks { visit(anchors.blocks[strip], reference) }
          case .references:
            for anchor in anchors.blocks { visit(anchor, references.blocks[strip]) }
          }
        }
      }
    }
  }
}

/// The sums of exponentials of all rows while tiles arrive, relative to `1 / t` or to running maxima.
private struct RunningSums {
  private let temperature: Float
  private var sums: Tensor<Float>
  /// The largest similarity of each row so far, before division by t; empty when `1 / t` serves.
  private var maxima: Tensor<Float>

  init(groups: Int, rows: Int, temperature: Float) {
    self.temperature = temperature
    sums = Tensor(zeros: [groups, rows])
    let runs = temperature < ContrastiveFast.smallestPlainTemperature
    maxima = Tensor(repeating: -2, shape: runs ? [groups, rows] : [0, 0])
  }

  /// Where the sums stand, for use from several threads on different rows.
  struct Pointers {
    let inverseTemperature: Float
    let sums: UnsafeMutablePointer<Float>
    let maxima: UnsafeMutablePointer<Float>?

    /// Adds a tile of similarities whose rows begin at `row` and, if they count, whose columns at `column`.
    func add(_ tile: inout scl_similarity_tile, row: Int, column: Int?) {
      let kernels = scl_contrastive().pointee
      let columnSums = column.map { sums + $0 }
      if let maxima {
        kernels.running_sums(
          &tile, inverseTemperature, maxima + row, sums + row, column.map { maxima + $0 }, columnSums)
      } else {
        kernels.exp_sums(&tile, inverseTemperature, sums + row, columnSums)
      }
    }
  }

  mutating func withPointers(_ body: (Pointers) -> Void) {
    let inverse = 1 / temperature
    sums.withUnsafeMutableBufferPointer { sums in
      maxima.withUnsafeMutableBufferPointer { maxima in
        guard let start = sums.baseAddress, !sums.isEmpty else { return }
        body(
          Pointers(
            inverseTemperature: inverse, sums: start, maxima: maxima.isEmpty ? nil : maxima.baseAddress))
      }
    }
  }

  func logarithms() -> Tensor<Float> {
    Tensor(shape: sums.shape) { result in
      for index in result.indices {
        let largest = maxima.elementCount == 0 ? 1 : Double(maxima.pointer[index])
        result[index] = Float(largest / Double(temperature) + log(Double(sums.pointer[index])))
      }
    }
  }
}

/// What turns a tile of similarities into the weights of the gradient.
private struct TileFactors {
  private let temperature: Float
  private let logSumExp: Tensor<Float>
  /// `w / t` for the form with logarithms, `w exp(1 / t - lse) / t` for the plain one.
  private let factors: Tensor<Float>

  init(temperature: Float, logSumExp: Tensor<Float>, weights: Tensor<Float>) {
    self.temperature = temperature
    self.logSumExp = logSumExp
    let isPlain = temperature >= ContrastiveFast.smallestPlainTemperature
    let inverse = 1 / Double(temperature)
    factors = Tensor(shape: weights.shape) { factors in
      for index in factors.indices {
        let weight = Double(weights.pointer[index])
        let scale = isPlain ? exp(inverse - Double(logSumExp.pointer[index])) : 1
        factors[index] = weight == 0 ? 0 : Float(weight * inverse * scale)
      }
    }
  }

  func apply(_ tile: inout scl_similarity_tile, row: Int, column: Int?) {
    let kernels = scl_contrastive().pointee
    let columns = column.map { factors.pointer + $0 }
    if temperature >= ContrastiveFast.smallestPlainTemperature {
      kernels.exp_weights(&tile, 1 / temperature, factors.pointer + row, columns)
    } else {
      kernels.log_weights(
        &tile, 1 / temperature, factors.pointer + row, logSumExp.pointer + row, columns,
        column.map { logSumExp.pointer + $0 })
    }
  }
}
