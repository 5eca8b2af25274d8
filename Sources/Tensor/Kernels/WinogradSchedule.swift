/// In which order Winograd's products are computed, and in which portions: by shape alone.
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

  /// The schedule for a product of `rows` input channels with `columns` output channels.
  ///
  /// | channels (the larger side) | tiles | order | why |
  /// |---|---|---|---|
  /// | up to 64 | any | tiles outside, 28 a block | both transformed blocks stay in a megabyte of cache |
  /// | up to 128 | more than 128 | tiles outside, 56 a block | each filter panel is used 56 times a load |
  /// | above | more than 256 | tiles outside, 112 a block | likewise, from the shared cache |
  /// | above 64 | fewer | filters outside | the filters outweigh the tiles: they pass once |
  init(tiles: Int, rows: Int, columns: Int) {
    let larger = max(rows, columns)
    switch larger {
    case ...64:
      (order, tilesPerBlock) = (.tilesOutside, 28)
    case ...128 where tiles > 128:
      (order, tilesPerBlock) = (.tilesOutside, 56)
    case _ where tiles > 256:
      (order, tilesPerBlock) = (.tilesOutside, 112)
    default:
      (order, tilesPerBlock) = (.filtersOutside, tiles)
    }
    let blocks = (tiles + tilesPerBlock - 1) / max(tilesPerBlock, 1)
    // Many chunks, so that the thread that ends first waits for little.
    blocksPerChunk = max(1, blocks / 64)
  }
}
