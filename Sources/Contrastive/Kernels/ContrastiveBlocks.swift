import CSuperCLKernels
import Tensor

/// Rows cut into blocks for the tiled product. A block lies within one view, so that its rows follow one
/// another in memory. The cut depends on the shape alone.
struct ContrastiveBlocks {
  struct Block {
    let view: Int
    /// The first row, counted within the view and within the group.
    let firstInView, first: Int
    let count: Int
    /// Where the packed forms begin within a group's floats.
    let across, along: Int
  }

  let rows: ContrastiveRows<Float>
  let blocks: [Block]
  /// Floats that the packed forms of one group take.
  let packedCount: Int
  /// The longest block.
  let capacity: Int

  init(_ rows: ContrastiveRows<Float>) {
    self.rows = rows
    let panel = scl_contrastive().pointee.panel
    func padded(_ count: Int) -> Int { (count + panel - 1) / panel * panel }
    // Two tiles of 256 rows of 512 floats fit the second-level cache; four blocks keep several cores busy.
    let limit = min(256, max(64, (rows.rowCount / 4 + 63) / 64 * 64))
    var blocks: [Block] = []
    var first = 0
    var place = 0
    for (view, total) in rows.rowCounts.enumerated() {
      let pieces = (total + limit - 1) / limit
      guard pieces > 0 else { continue }
      let size = padded((total + pieces - 1) / pieces)
      for start in stride(from: 0, to: total, by: size) {
        let count = min(size, total - start)
        let across = place
        let along = across + rows.dimension * padded(count)
        place = along + count * padded(rows.dimension)
        blocks.append(
          Block(
            view: view, firstInView: start, first: first + start, count: count, across: across,
            along: along))
      }
      first += total
    }
    self.blocks = blocks
    packedCount = place
    capacity = blocks.map(\.count).max() ?? 0
  }

  /// Normalises the rows of some groups and packs them for the products, over all cores.
  func pack(groups: Range<Int>, into packed: UnsafeMutablePointer<Float>) {
    let kernels = scl_contrastive().pointee
    Parallel.for(groups.count * blocks.count, grain: max(1, (1 << 15) / max(1, capacity * rows.dimension))) {
      for index in $0 {
        let group = groups.lowerBound + index / blocks.count
        let block = blocks[index % blocks.count]
        let target = packed + index / blocks.count * packedCount
        kernels.pack(
          rows.row(block.first, group: group), block.count, rows.dimension,
          rows.scales.pointer + group * rows.rowCount + block.first, target + block.across,
          target + block.along)
      }
    }
  }

  /// The first address of a block's gradient.
  func gradient(
    _ block: Block, _ group: Int, in views: [UnsafeMutablePointer<Float>?]
  ) -> UnsafeMutablePointer<Float>? {
    let count = rows.rowCounts[block.view]
    return views[block.view].map { $0 + (group * count + block.firstInView) * rows.dimension }
  }

  /// Every pair of blocks once, in rounds in which no block appears twice: first each block with itself, then
  /// a tournament. Pairs of a round may run at once, and a block's sums still grow in a fixed order.
  var rounds: [[(Int, Int)]] {
    let count = blocks.count
    var rounds = [(0..<count).map { ($0, $0) }]
    let seats = count + count % 2
    guard seats > 1 else { return rounds }
    for round in 0..<seats - 1 {
      var pairs: [(Int, Int)] = []
      for seat in 0..<seats / 2 {
        // One stays, the others move by one seat a round.
        let left = seat == 0 ? seats - 1 : (round + seat) % (seats - 1)
        let right = (round + seats - 1 - seat) % (seats - 1)
        if left < count, right < count { pairs.append((min(left, right), max(left, right))) }
      }
      rounds.append(pairs)
    }
    return rounds
  }

  /// Calls `body` with runs of groups whose packed forms stay within eight megabytes, or with single groups.
  static func forEachGroupRun(
    _ groupCount: Int, packedCount: Int, _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let run = max(1, min(groupCount, (1 << 21) / max(1, packedCount)))
    let packed = WorkingMemory<Float>(count: run * packedCount)
    for first in stride(from: 0, to: groupCount, by: run) {
      body(first..<min(groupCount, first + run), packed.pointer)
    }
  }
}
