internal import CSuperCLKernels

/// Which slices of a volume a convolution's output slices read: slice z reads z + tap - padding for every tap that
/// falls inside.
struct WinogradDepth: Equatable {
  /// Slices of the input and of the output.
  var input: Int
  var output: Int
  /// Slices that a kernel reaches.
  var taps: Int
  /// Slices of zeros in front of the input; negative where its first slices are not read.
  var padding: Int

  /// The taps of output slice `z` that fall inside the input.
  func taps(of z: Int) -> Range<Int> {
    let first = max(0, padding - z)
    return first..<max(first, min(taps, input + padding - z))
  }

  /// What a product sums for the output slices `slices`: a run for each stretch of slices with the same taps.
  ///
  /// `rows` tiles of a slice lie side by side, in the product from row `target` on, in the input from row `source`
  /// on, where the slice that tap 0 of the first output slice reads has its place though it may lie outside.
  func runs(_ slices: Range<Int>, rows: Int, target: Int = 0, source: Int = 0) -> [scl_winograd_run] {
    var runs: [scl_winograd_run] = []
    var start = slices.lowerBound
    while start < slices.upperBound {
      let taps = taps(of: start)
      var end = start + 1
      while end < slices.upperBound, self.taps(of: end) == taps { end += 1 }
      let offset = (start - slices.lowerBound) * rows
      runs.append(
        scl_winograd_run(
          target: target + offset, rows: (end - start) * rows, source: source + offset,
          first_tap: taps.lowerBound, taps: taps.count))
      start = end
    }
    return runs
  }

  /// What a weight gradient sums over the output slices `slices`: for every tap a run of the slices that it reads
  /// inside the input, perhaps none.
  func runsByTap(_ slices: Range<Int>, rows: Int) -> [scl_winograd_run] {
    (0..<taps).map { tap in
      let inside = slices.clamped(to: padding - tap..<max(padding - tap, input + padding - tap))
      let offset = (inside.lowerBound - slices.lowerBound) * rows
      return scl_winograd_run(
        target: offset, rows: inside.count * rows, source: offset, first_tap: tap, taps: 1)
    }
  }
}

/// Volumes cut into blocks: a few neighboring tiles through a few slices of one volume.
///
/// A block of S slices transforms S + taps - 1 slices of the input, so that blocks are independent of each other; the
/// products weigh `taps` times as much beside a transform as they do in a plane.
struct WinogradVolumeBlocks: Equatable {
  /// A block's output.
  struct Place: Equatable {
    var volume: Int
    var tiles: Range<Int>
    var slices: Range<Int>
  }

  var volumes: Int
  var slices: Int
  /// Tiles of a slice.
  var tiles: Int
  /// The most tiles and slices of a block; the last ones along an axis may have fewer.
  var tilesPerBlock: Int
  var slicesPerBlock: Int

  /// Slices of a block where the volume has as many: of a block's transforms, a fifth is then done twice.
  static let wantedSlices = 8

  /// Blocks of about `rows` tiles in all, of nearly one size.
  init(volumes: Int, slices: Int, tiles: Int, rows: Int) {
    (self.volumes, self.slices, self.tiles) = (volumes, slices, tiles)
    let wide = max(1, min(tiles, rows / max(1, min(slices, Self.wantedSlices))))
    tilesPerBlock = Self.portion(of: tiles, wanted: wide)
    slicesPerBlock = Self.portion(of: slices, wanted: max(1, rows / tilesPerBlock))
  }

  /// The size of the portions, as near to `wanted` as portions of nearly one size can be.
  private static func portion(of whole: Int, wanted: Int) -> Int {
    let portions = max(1, (whole + wanted / 2) / wanted)
    return max(1, (whole + portions - 1) / portions)
  }

  private var tileBlocks: Int { (tiles + tilesPerBlock - 1) / tilesPerBlock }
  private var sliceBlocks: Int { (slices + slicesPerBlock - 1) / slicesPerBlock }
  var count: Int { volumes * tileBlocks * sliceBlocks }
  /// The most rows of a block's product.
  var rows: Int { tilesPerBlock * slicesPerBlock }

  subscript(index: Int) -> Place {
    let (rest, slice) = index.quotientAndRemainder(dividingBy: sliceBlocks)
    let (volume, tile) = rest.quotientAndRemainder(dividingBy: tileBlocks)
    return Place(
      volume: volume,
      tiles: tile * tilesPerBlock..<min(tiles, (tile + 1) * tilesPerBlock),
      slices: slice * slicesPerBlock..<min(slices, (slice + 1) * slicesPerBlock))
  }

  /// Cuts the blocks' slices smaller until the blocks can be dealt evenly to `threads`, or are many.
  func dealt(to threads: Int) -> WinogradVolumeBlocks {
    var blocks = self
    while blocks.count % threads != 0, blocks.count < 8 * threads, blocks.slicesPerBlock > 2 {
      blocks.slicesPerBlock -= 1
    }
    return blocks
  }
}
