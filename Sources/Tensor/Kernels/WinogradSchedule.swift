/// In which order Winograd's products are computed, and in which portions. A tile's result does not depend on the
/// tiles beside it, so the portions may follow the number of threads.
struct WinogradSchedule: Equatable {
  enum Order {
    /// Blocks of tiles outside, all filters inside: for many tiles.
    case tilesOutside
    /// Panels of filters outside, all tiles inside: for few tiles and many channels.
    case filtersOutside
  }

  var order: Order
  var tilesPerBlock: Int
  /// Blocks that one piece of parallel work handles.
  var blocksPerChunk: Int

  /// The smallest block: the rows of a product's tile in registers.
  private static let leastTiles = 14

  /// The schedule for a product of `rows` input channels with `columns` output channels.
  ///
  /// | channels (the larger side) | tiles | order | why |
  /// |---|---|---|---|
  /// | up to 64 | any | tiles outside, about 28 a block | both transformed blocks stay in a megabyte of cache |
  /// | up to 128 | more than 128 | tiles outside, about 56 a block | each filter panel is used as often a load |
  /// | above | more than 256 | tiles outside, about 112 a block | likewise, from the shared cache |
  /// | above 64 | fewer | filters outside | the filters outweigh the tiles: they pass once |
  ///
  /// As far as the numbers allow, each thread gets as many blocks as the others, all of nearly one size, so that they
  /// end together; no block is smaller than the rows of a product's tile.
  init(tiles: Int, rows: Int, columns: Int, threads: Int) {
    let larger = max(rows, columns)
    let wanted: Int
    switch larger {
    case ...64:
      (order, wanted) = (.tilesOutside, 28)
    case ...128 where tiles > 128:
      (order, wanted) = (.tilesOutside, 56)
    case _ where tiles > 256:
      (order, wanted) = (.tilesOutside, 112)
    default:
      (order, tilesPerBlock, blocksPerChunk) = (.filtersOutside, tiles, 1)
      return
    }
    let threads = max(1, min(threads, tiles / Self.leastTiles))
    let portion = wanted * threads
    let blocks = max(1, (tiles + portion / 2) / portion) * threads
    tilesPerBlock = max(1, (tiles + blocks - 1) / blocks)
    // Many chunks, so that the thread that ends first waits for little.
    blocksPerChunk = max(1, blocks / 64)
  }
}
