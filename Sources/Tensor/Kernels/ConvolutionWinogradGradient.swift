internal import CSuperCLKernels

/// The weight gradient of the 3x3 convolution of stride 1 in Winograd's domain:
///
///     dU[e] = sum over tiles of (B^T d B)[e]^T (A dY A^T)[e],    dW = G^T dU G
///
/// in `Float`, for each of the 36 positions e of a tile.
struct WinogradWeightGradient {
  /// The inputs of the convolution, side by side in the channels.
  var sources: [Tensor<Float>]
  var outputGradient: Tensor<Float>
  var geometry: ConvolutionGeometry

  private var rows: Int { geometry.inputChannels }
  private var columns: Int { geometry.outputChannels }
  private var tilesHigh: Int { (geometry.output.height + 3) / 4 }
  private var tilesWide: Int { (geometry.output.width + 3) / 4 }
  private var tiles: Int { geometry.batch * tilesHigh * tilesWide }
  private static let positions = SCL_WINOGRAD_POSITIONS

  /// `[3, 3, inputs, outputs]`.
  func callAsFunction() -> Tensor<Float> {
    Tensor(shape: geometry.weightShape) { buffer in
      guard let target = buffer.baseAddress, !buffer.isEmpty else { return }
      if tiles == 0 {
        buffer.initialize(repeating: 0)
      } else if rows * columns <= 128 * 128 {
        runWithPartialSums(to: target)
      } else {
        runInStages(to: target)
      }
    }
  }

  /// Groups of tile blocks add to sums of their own; the sums are added in order at the end.
  private func runWithPartialSums(to target: UnsafeMutablePointer<Float>) {
    let kernels = scl_winograd().pointee
    let tilesPerBlock = max(rows, columns) <= 64 ? 28 : 56
    let blocks = (tiles + tilesPerBlock - 1) / tilesPerBlock
    let blocksPerGroup = max(4, (blocks + 7) / 8)
    let groups = (blocks + blocksPerGroup - 1) / blocksPerGroup
    let sumRow = (columns + 31) / 32 * 32
    let position = rows * sumRow + 16
    let sums = Scratch<Float>(count: groups * Self.positions * position)
    Parallel.for(blocks, grain: blocksPerGroup) { range in
      let sum = sums.pointer + range.lowerBound / blocksPerGroup * Self.positions * position
      let input = WinogradBlock(tiles: tilesPerBlock, channels: rows)
      let gradient = WinogradBlock(tiles: tilesPerBlock, channels: columns)
      for block in range {
        let first = block * tilesPerBlock
        let count = min(tilesPerBlock, tiles - first)
        transform(kernels, first: first, count: count, input.layout, gradient.layout)
        kernels.accumulate(
          input.layout, 0, rows, gradient.layout, 0, columns, count, sum, position, sumRow,
          block == range.lowerBound ? 0 : 1)
      }
    }
    Parallel.for(rows, grain: max(1, (1 << 11) / sumRow)) { range in
      kernels.filter_gradient(
        sums.pointer + range.lowerBound * sumRow, position, sumRow, groups, Self.positions * position,
        range.count, columns, target + range.lowerBound * columns, rows * columns, columns)
    }
  }

  /// Portions of all tiles are transformed, then each cell of channels is summed on its own.
  private func runInStages(to target: UnsafeMutablePointer<Float>) {
    let kernels = scl_winograd().pointee
    let portion = min(tiles, 128)
    let cell = (rows: 64, columns: 64)
    let cellsDown = (rows + cell.rows - 1) / cell.rows
    let cellsAcross = (columns + cell.columns - 1) / cell.columns
    let position = cell.rows * cell.columns + 16
    let isWhole = portion == tiles
    let sums = Scratch<Float>(count: isWhole ? 0 : cellsDown * cellsAcross * Self.positions * position)
    let input = WinogradBlock(tiles: portion, channels: rows)
    let gradient = WinogradBlock(tiles: portion, channels: columns)
    for first in stride(from: 0, to: tiles, by: portion) {
      let count = min(portion, tiles - first)
      Parallel.for(count, grain: max(1, (1 << 13) / (rows + columns))) { range in
        transform(
          kernels, first: first + range.lowerBound, count: range.count,
          input.layout(from: range.lowerBound), gradient.layout(from: range.lowerBound))
      }
      Parallel.for(cellsDown * cellsAcross, grain: 1) { range in
        let own = Scratch<Float>(count: isWhole ? Self.positions * position : 0)
        for index in range {
          let sum = isWhole ? own.pointer : sums.pointer + index * Self.positions * position
          let row = index / cellsAcross * cell.rows
          let column = index % cellsAcross * cell.columns
          let (high, wide) = (min(cell.rows, rows - row), min(cell.columns, columns - column))
          kernels.accumulate(
            input.layout, row, high, gradient.layout, column, wide, count, sum, position, cell.columns,
            first == 0 ? 0 : 1)
          if first + count == tiles {
            kernels.filter_gradient(
              sum, position, cell.columns, 1, 0, high, wide, target + row * columns + column,
              rows * columns, columns)
          }
        }
      }
    }
  }

  private func transform(
    _ kernels: scl_winograd_kernels, first: Int, count: Int, _ input: scl_winograd_block,
    _ gradient: scl_winograd_block
  ) {
    var channel = 0
    for source in sources {
      var image = scl_winograd_image(
        height: geometry.input.height, width: geometry.input.width, channels: source.shape[-1],
        tiles_high: tilesHigh, tiles_wide: tilesWide, top: -geometry.padding.height,
        left: -geometry.padding.width)
      kernels.input(source.pointer, &image, first, count, input, channel)
      channel += source.shape[-1]
    }
    var image = scl_winograd_image(
      height: geometry.output.height, width: geometry.output.width, channels: columns,
      tiles_high: tilesHigh, tiles_wide: tilesWide, top: 0, left: 0)
    kernels.gradient(outputGradient.pointer, &image, first, count, gradient)
  }
}
