internal import CSuperCLKernels

/// The weight gradient of the 3x3 convolution of stride 1 in Winograd's domain:
///
///     dU[e] = sum over tiles of (B^T d B)[e]^T (A dY A^T)[e],    dW = G^T dU G
///
/// in `Float`, for each of the 36 positions e of a tile. At the point (1, 1) a transformed output gradient is the sum
/// of its tile, so that the bias gradient costs little beside it.
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
  private var source: WinogradInput {
    WinogradInput(
      sources: sources, tilesHigh: tilesHigh, tilesWide: tilesWide,
      padding: (geometry.padding.height, geometry.padding.width))
  }

  /// `[3, 3, inputs, outputs]`.
  func callAsFunction() -> Tensor<Float> { callAsFunction(bias: nil) }

  /// The gradients of the weights, `[3, 3, inputs, outputs]`, and of the bias, `[outputs]`.
  func withBias() -> (weight: Tensor<Float>, bias: Tensor<Float>) {
    var bias = Tensor<Float>(zeros: [columns])
    let weight = bias.withUnsafeMutableBufferPointer { callAsFunction(bias: $0.baseAddress) }
    return (weight, bias)
  }

  /// `bias` holds zeros, and at the end the sums of the output gradient.
  private func callAsFunction(bias: UnsafeMutablePointer<Float>?) -> Tensor<Float> {
    Tensor(shape: geometry.weightShape) { buffer in
      guard let target = buffer.baseAddress, !buffer.isEmpty else { return }
      if tiles == 0 {
        buffer.initialize(repeating: 0)
      } else if rows <= WinogradCell.channels && columns <= WinogradCell.channels {
        runWithPartialSums(to: target, bias: bias)
      } else {
        runInStages(to: target, bias: bias)
      }
    }
  }

  /// Groups of tile blocks add to sums of their own; the sums are added in order at the end.
  private func runWithPartialSums(to target: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?)
  {
    let kernels = scl_winograd().pointee
    // At most eight groups of at least four blocks, of about 112 tiles, and all of nearly equal size.
    let wanted = max(min(tiles, 2), min(8, tiles / 448))
    let blocksPerGroup = (tiles + wanted * 112 - 1) / (wanted * 112)
    let tilesPerBlock = (tiles + wanted * blocksPerGroup - 1) / (wanted * blocksPerGroup)
    let blocks = (tiles + tilesPerBlock - 1) / tilesPerBlock
    let groups = (blocks + blocksPerGroup - 1) / blocksPerGroup
    let sumRow = (columns + 31) / 32 * 32
    let position = rows * sumRow + 16
    let sums = Scratch<Float>(count: groups * Self.positions * position)
    let biasSums = Scratch<Float>(count: bias == nil ? 0 : blocks * columns)
    let (source, output) = (self.source, WinogradOutputGradient(gradient: outputGradient))
    Parallel.for(blocks, grain: blocksPerGroup) { range in
      let sum = sums.pointer + range.lowerBound / blocksPerGroup * Self.positions * position
      let input = WinogradBlock(tiles: tilesPerBlock, channels: rows)
      let gradient = WinogradBlock(tiles: tilesPerBlock, channels: columns)
      for block in range {
        let first = block * tilesPerBlock
        let count = min(tilesPerBlock, tiles - first)
        source.transform(kernels, channels: 0..<rows, first: first, count: count, to: input.layout)
        output.transform(kernels, channels: 0..<columns, first: first, count: count, to: gradient.layout)
        if bias != nil {
          WinogradOutputGradient.sumTiles(
            gradient.layout, tiles: count, channels: columns, to: biasSums.pointer + block * columns)
        }
        var run = scl_winograd_run(target: 0, rows: count, source: 0, first_tap: 0, taps: 1)
        kernels.accumulate(
          input.layout, 0, rows, gradient.layout, 0, columns, &run, 1, 0, sum, 0, position, sumRow,
          block == range.lowerBound ? 0 : 1)
      }
    }
    Parallel.for(rows, grain: max(1, (1 << 10) / sumRow)) { range in
      kernels.filter_gradient(
        sums.pointer + range.lowerBound * sumRow, position, sumRow, groups, Self.positions * position,
        range.count, columns, target + range.lowerBound * columns, rows * columns, columns)
    }
    if let bias {
      ReductionFloat.fold(.sum, rows: blocks, columns: columns, biasSums.pointer, into: bias)
    }
  }

  /// Portions of all tiles are transformed, into a block for each group of channels; then each cell of
  /// channel groups is summed on its own.
  private func runInStages(to target: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?) {
    let kernels = scl_winograd().pointee
    let portion = min(tiles, 128)
    let rowGroups = WinogradCell.groups(of: rows)
    let columnGroups = WinogradCell.groups(of: columns)
    let position = WinogradCell.channels * WinogradCell.channels + 16
    let isWhole = portion == tiles
    let cells = rowGroups.count * columnGroups.count
    let sums = Scratch<Float>(count: isWhole ? 0 : cells * Self.positions * position)
    let inputs = rowGroups.map { WinogradBlock(tiles: portion, channels: $0.count) }
    let gradients = columnGroups.map { WinogradBlock(tiles: portion, channels: $0.count) }
    let (source, output) = (self.source, WinogradOutputGradient(gradient: outputGradient))
    for first in stride(from: 0, to: tiles, by: portion) {
      let count = min(portion, tiles - first)
      Parallel.for(count, grain: max(1, (1 << 13) / (rows + columns))) { range in
        let start = first + range.lowerBound
        for (block, channels) in zip(inputs, rowGroups) {
          source.transform(
            kernels, channels: channels, first: start, count: range.count,
            to: block.layout(from: range.lowerBound))
        }
        for (block, channels) in zip(gradients, columnGroups) {
          output.transform(
            kernels, channels: channels, first: start, count: range.count,
            to: block.layout(from: range.lowerBound))
        }
      }
      Parallel.for(cells, grain: 1) { range in
        let own = Scratch<Float>(count: isWhole ? Self.positions * position : 0)
        for index in range {
          let sum = isWhole ? own.pointer : sums.pointer + index * Self.positions * position
          let (row, column) = index.quotientAndRemainder(dividingBy: columnGroups.count)
          let (rows, columns) = (rowGroups[row], columnGroups[column])
          var run = scl_winograd_run(target: 0, rows: count, source: 0, first_tap: 0, taps: 1)
          kernels.accumulate(
            inputs[row].layout, 0, rows.count, gradients[column].layout, 0, columns.count, &run, 1, 0, sum,
            0, position, WinogradCell.channels, first == 0 ? 0 : 1)
          if row == 0, let bias {
            let part = Scratch<Float>(count: columns.count)
            WinogradOutputGradient.sumTiles(
              gradients[column].layout, tiles: count, channels: columns.count, to: part.pointer)
            for channel in columns { bias[channel] += part.pointer[channel - columns.lowerBound] }
          }
          if first + count == tiles {
            kernels.filter_gradient(
              sum, position, WinogradCell.channels, 1, 0, rows.count, columns.count,
              target + rows.lowerBound * self.columns + columns.lowerBound, self.rows * self.columns,
              self.columns)
          }
        }
      }
    }
  }
}
