internal import CSuperCLKernels

/// What Winograd's passes read: planes of images or volumes, cut into tiles that are numbered through all planes.
struct WinogradInput {
  /// Tensors `[..., height, width, channels]`, side by side in the channels.
  var sources: [Tensor<Float>]
  /// How many tiles cover a plane of the convolution's output.
  var tilesHigh: Int
  var tilesWide: Int
  /// Rows and columns of zeros in front of a plane.
  var padding: (top: Int, left: Int)

  /// Writes the transformed `channels` of the tiles `first..<first + count`, from channel 0 of `block` on.
  func transform(
    _ kernels: scl_winograd_kernels, channels: Range<Int>, first: Int, count: Int,
    to block: scl_winograd_block
  ) {
    var start = 0
    for source in sources {
      let size = source.shape[-1]
      let part = channels.clamped(to: start..<start + size)
      if !part.isEmpty {
        var image = scl_winograd_image(
          height: source.shape[-3], width: source.shape[-2], channels: size, tiles_high: tilesHigh,
          tiles_wide: tilesWide, top: -padding.top, left: -padding.left)
        kernels.input(
          source.pointer + part.lowerBound - start, &image, part.count, first, count, block,
          part.lowerBound - channels.lowerBound)
      }
      start += size
    }
  }
}

/// What Winograd's passes write: planes of images or volumes, cut into tiles that are numbered through all planes.
struct WinogradOutput {
  /// Planes of `[height, width, channels]`, and the channels of each of them, side by side.
  var targets: [UnsafeMutablePointer<Float>]
  var channels: [Int]
  var bias: Tensor<Float>?
  var planes: Int
  var height: Int
  var width: Int

  var tilesHigh: Int { (height + 3) / 4 }
  var tilesWide: Int { (width + 3) / 4 }

  /// Writes the channels `columns`, whose products stand from column 0 of `block` on, of the tiles
  /// `first..<first + count`.
  func transform(
    _ kernels: scl_winograd_kernels, _ block: scl_winograd_block, columns: Range<Int>, first: Int, count: Int
  ) {
    var start = 0
    for (target, size) in zip(targets, channels) {
      let part = columns.clamped(to: start..<start + size)
      if !part.isEmpty {
        var image = scl_winograd_image(
          height: height, width: width, channels: size, tiles_high: tilesHigh, tiles_wide: tilesWide,
          top: 0, left: 0)
        kernels.output(
          block, part.lowerBound - columns.lowerBound, bias.map { $0.pointer + part.lowerBound }, target,
          &image, part.lowerBound - start, part.count, first, count,
          exceedsCaches(planes * height * width * size) ? 1 : 0)
      }
      start += size
    }
  }
}

/// What Winograd's weight gradient reads of the output gradient: as ``WinogradInput``, tiles of 4x4.
struct WinogradOutputGradient {
  /// `[..., height, width, channels]`.
  var gradient: Tensor<Float>

  /// Row and column 1 of the six by six positions.
  private static let sumPosition = 7

  /// Writes the transformed `channels` of the tiles `first..<first + count`, from channel 0 of `block` on.
  func transform(
    _ kernels: scl_winograd_kernels, channels: Range<Int>, first: Int, count: Int,
    to block: scl_winograd_block
  ) {
    var image = scl_winograd_image(
      height: gradient.shape[-3], width: gradient.shape[-2], channels: gradient.shape[-1],
      tiles_high: (gradient.shape[-3] + 3) / 4, tiles_wide: (gradient.shape[-2] + 3) / 4, top: 0, left: 0)
    kernels.gradient(
      gradient.pointer + channels.lowerBound, &image, channels.count, first, count, block, 0)
  }

  /// The sums of some tiles of the output gradient: the transformed tiles at the point (1, 1).
  static func sumTiles(
    _ block: scl_winograd_block, tiles: Int, channels: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    let start = block.data + sumPosition * block.position
    sums.update(from: start, count: channels)
    for tile in 1..<max(tiles, 1) {
      let row = start + tile * block.row
      for channel in 0..<channels { sums[channel] += row[channel] }
    }
  }
}

/// Channels whose sums a weight gradient makes at once, so that they stay in a cache: 128 x 128 x 36.
enum WinogradCell {
  static let channels = 128

  /// `0..<count` in ranges of at most a cell.
  static func groups(of count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: channels).map { $0..<min(count, $0 + channels) }
  }
}

/// Memory for 36 transformed positions of some tiles.
struct WinogradBlock {
  let layout: scl_winograd_block
  private let scratch: Scratch<Float>

  /// Rows end in one unused cache line and positions begin in different sets of the cache.
  init(tiles: Int, channels: Int) {
    let row = (channels + 31) / 32 * 32 + 16
    let lines = tiles * row / 16
    let position = (lines | 1) * 16
    scratch = Scratch(count: SCL_WINOGRAD_POSITIONS * position + 64)
    layout = scl_winograd_block(data: scratch.pointer, position: position, row: row)
  }

  /// The same block, beginning at another tile.
  func layout(from tile: Int) -> scl_winograd_block {
    scl_winograd_block(data: layout.data + tile * layout.row, position: layout.position, row: layout.row)
  }
}
