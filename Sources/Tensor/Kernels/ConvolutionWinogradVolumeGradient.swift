internal import CSuperCLKernels

/// The weight gradient of ``WinogradVolumeConvolution``, in Winograd's domain, for every tap t along the depth and each
/// of the 36 positions e of a tile:
///
///     dU[t][e] = sum over tiles and slices z of (B^T d[z + t - padding] B)[e]^T (A dY[z] A^T)[e],    dW[t] = G^T dU[t] G
struct WinogradVolumeWeightGradient {
  /// The inputs of the convolution, side by side in the channels.
  var sources: [Tensor<Float>]
  var outputGradient: Tensor<Float>
  var geometry: ConvolutionGeometry

  private var rows: Int { geometry.inputChannels }
  private var columns: Int { geometry.outputChannels }
  private var tilesHigh: Int { (geometry.output.height + 3) / 4 }
  private var tilesWide: Int { (geometry.output.width + 3) / 4 }
  /// Tiles of a slice.
  private var tiles: Int { tilesHigh * tilesWide }
  private var depth: WinogradDepth {
    WinogradDepth(
      input: geometry.input.depth, output: geometry.output.depth, taps: geometry.kernel.depth,
      padding: geometry.padding.depth)
  }
  private var source: WinogradInput {
    WinogradInput(
      sources: sources, tilesHigh: tilesHigh, tilesWide: tilesWide,
      padding: (geometry.padding.height, geometry.padding.width))
  }
  private static let positions = SCL_WINOGRAD_POSITIONS
  /// Tiles of a block: each sum is loaded and stored once a block.
  private static let wantedRows = 128
  /// The most floats of all groups' sums together, beyond two groups: 32 MiB.
  private static let mostSums = 1 << 23

  /// `[k, 3, 3, inputs, outputs]`.
  func callAsFunction() -> Tensor<Float> { callAsFunction(bias: nil) }

  /// The gradients of the weights, `[k, 3, 3, inputs, outputs]`, and of the bias, `[outputs]`.
  func withBias() -> (weight: Tensor<Float>, bias: Tensor<Float>) {
    var bias = Tensor<Float>(zeros: [columns])
    let weight = bias.withUnsafeMutableBufferPointer { callAsFunction(bias: $0.baseAddress) }
    return (weight, bias)
  }

  /// `bias` holds zeros, and at the end the sums of the output gradient.
  private func callAsFunction(bias: UnsafeMutablePointer<Float>?) -> Tensor<Float> {
    Tensor(shape: geometry.weightShape) { buffer in
      guard let target = buffer.baseAddress, !buffer.isEmpty else { return }
      let blocks = WinogradVolumeBlocks(
        volumes: geometry.batch, slices: geometry.output.depth, tiles: tiles, rows: Self.wantedRows)
      if blocks.count == 0 {
        buffer.initialize(repeating: 0)
      } else if rows <= WinogradCell.channels && columns <= WinogradCell.channels {
        runWithPartialSums(blocks, to: target, bias: bias)
      } else {
        runInStages(blocks, to: target, bias: bias)
      }
    }
  }

  /// Groups of blocks add to sums of their own; the sums are added in order at the end.
  private func runWithPartialSums(
    _ blocks: WinogradVolumeBlocks, to target: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?
  ) {
    let kernels = scl_winograd().pointee
    let sumRow = (columns + 31) / 32 * 32
    let position = rows * sumRow + 16
    let tapSize = Self.positions * position
    let groupSize = depth.taps * tapSize
    let wanted = max(2, min(8, blocks.count / 4, Self.mostSums / groupSize))
    let blocksPerGroup = (blocks.count + wanted - 1) / wanted
    let groups = (blocks.count + blocksPerGroup - 1) / blocksPerGroup
    let sums = Scratch<Float>(count: groups * groupSize)
    let biasSums = Scratch<Float>(count: bias == nil ? 0 : blocks.count * columns)
    let (source, depth) = (self.source, self.depth)
    let output = WinogradOutputGradient(gradient: outputGradient)
    Parallel.for(blocks.count, grain: blocksPerGroup) { range in
      let sum = sums.pointer + range.lowerBound / blocksPerGroup * groupSize
      let input = WinogradBlock(
        tiles: blocks.tilesPerBlock * (blocks.slicesPerBlock + depth.taps - 1), channels: rows)
      let gradient = WinogradBlock(tiles: blocks.rows, channels: columns)
      for index in range {
        let place = blocks[index]
        source.transform(kernels, channels: 0..<rows, depth, place, tilesPerSlice: tiles, to: input)
        output.transform(
          kernels, channels: 0..<columns, depth, place, tilesPerSlice: tiles, to: gradient)
        if bias != nil {
          WinogradOutputGradient.sumTiles(
            gradient.layout, tiles: place.slices.count * place.tiles.count, channels: columns,
            to: biasSums.pointer + index * columns)
        }
        let runs = depth.runsByTap(place.slices, rows: place.tiles.count)
        kernels.accumulate(
          input.layout, 0, rows, gradient.layout, 0, columns, runs, runs.count, place.tiles.count, sum,
          tapSize, position, sumRow, index == range.lowerBound ? 0 : 1)
      }
    }
    Parallel.for(depth.taps * rows, grain: max(1, (1 << 10) / sumRow)) { range in
      for index in range {
        let (tap, row) = index.quotientAndRemainder(dividingBy: rows)
        kernels.filter_gradient(
          sums.pointer + tap * tapSize + row * sumRow, position, sumRow, groups, groupSize, 1, columns,
          target + (tap * 9 * rows + row) * columns, rows * columns, columns)
      }
    }
    if let bias {
      ReductionFloat.fold(.sum, rows: blocks.count, columns: columns, biasSums.pointer, into: bias)
    }
  }

  /// One block after the other is transformed, into memory of its own for each group of channels; then each cell of
  /// channel groups is summed on its own.
  private func runInStages(
    _ blocks: WinogradVolumeBlocks, to target: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?
  ) {
    let kernels = scl_winograd().pointee
    let (rowGroups, columnGroups) = (WinogradCell.groups(of: rows), WinogradCell.groups(of: columns))
    let position = WinogradCell.channels * WinogradCell.channels + 16
    let tapSize = Self.positions * position
    let cells = rowGroups.count * columnGroups.count
    let (source, depth) = (self.source, self.depth)
    let output = WinogradOutputGradient(gradient: outputGradient)
    let sums = Scratch<Float>(count: cells * depth.taps * tapSize)
    let slots = blocks.slicesPerBlock + depth.taps - 1
    let inputs = rowGroups.map { WinogradBlock(tiles: blocks.tilesPerBlock * slots, channels: $0.count) }
    let gradients = columnGroups.map { WinogradBlock(tiles: blocks.rows, channels: $0.count) }
    for index in 0..<blocks.count {
      let place = blocks[index]
      Parallel.for(rowGroups.count + columnGroups.count, grain: 1) { range in
        for group in range {
          if group < rowGroups.count {
            source.transform(
              kernels, channels: rowGroups[group], depth, place, tilesPerSlice: tiles, to: inputs[group])
          } else {
            let group = group - rowGroups.count
            output.transform(
              kernels, channels: columnGroups[group], depth, place, tilesPerSlice: tiles,
              to: gradients[group])
          }
        }
      }
      let runs = depth.runsByTap(place.slices, rows: place.tiles.count)
      Parallel.for(cells * depth.taps, grain: 1) { range in
        for item in range {
          let (cell, tap) = item.quotientAndRemainder(dividingBy: depth.taps)
          let (row, column) = cell.quotientAndRemainder(dividingBy: columnGroups.count)
          let (rows, columns) = (rowGroups[row], columnGroups[column])
          let sum = sums.pointer + cell * depth.taps * tapSize
          var run = runs[tap]
          kernels.accumulate(
            inputs[row].layout, 0, rows.count, gradients[column].layout, 0, columns.count, &run, 1,
            place.tiles.count, sum, tapSize, position, WinogradCell.channels, index == 0 ? 0 : 1)
          if row == 0, tap == 0, let bias {
            let part = Scratch<Float>(count: columns.count)
            WinogradOutputGradient.sumTiles(
              gradients[column].layout, tiles: place.slices.count * place.tiles.count,
              channels: columns.count, to: part.pointer)
            for channel in columns { bias[channel] += part.pointer[channel - columns.lowerBound] }
          }
          if index == blocks.count - 1 {
            kernels.filter_gradient(
              sum + tap * tapSize, position, WinogradCell.channels, 1, 0, rows.count, columns.count,
              target + (tap * 9 * self.rows + rows.lowerBound) * self.columns + columns.lowerBound,
              self.rows * self.columns, self.columns)
          }
        }
      }
    }
  }
}

extension WinogradOutputGradient {
  /// Writes the transformed `channels` of the output's slices at `place`, each slice's tiles behind those of the one
  /// before.
  func transform(
    _ kernels: scl_winograd_kernels, channels: Range<Int>, _ depth: WinogradDepth,
    _ place: WinogradVolumeBlocks.Place, tilesPerSlice: Int, to block: WinogradBlock
  ) {
    for z in place.slices {
      transform(
        kernels, channels: channels,
        first: (place.volume * depth.output + z) * tilesPerSlice + place.tiles.lowerBound,
        count: place.tiles.count, to: block.layout(from: (z - place.slices.lowerBound) * place.tiles.count))
    }
  }
}
