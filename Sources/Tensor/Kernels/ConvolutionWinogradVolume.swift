internal import CSuperCLKernels

/// The convolution of volumes with kernels of k x 3 x 3 and stride 1, in `Float`: Winograd's F(4x4, 3x3) in the
/// planes, the definition along the depth.
///
///     y[z] = A^T [ sum over taps t of (G g[t] G^T) . (B^T d[z + t - padding] B) ] A
///
/// Every slice is transformed on its own; the sum over taps and input channels is one product in Winograd's domain,
/// so that a transform serves k times the products that it does in a plane. One function serves the forward pass and
/// the data gradient, which is the convolution of the output gradient with the mirrored filter.
struct WinogradVolumeConvolution {
  /// The tensors `[N, D, H, W, C]` that are convolved, side by side in the channels.
  var sources: [Tensor<Float>]
  var weight: WinogradFilter
  var bias: Tensor<Float>?
  /// The spatial lengths of the result, and the channels of the tensors it is cut into.
  var size: SpatialExtent
  var channels: [Int]
  var padding: SpatialExtent

  private var batch: Int { sources[0].shape[0] }
  private var tilesHigh: Int { (size.height + 3) / 4 }
  private var tilesWide: Int { (size.width + 3) / 4 }
  /// Tiles of a slice.
  private var tiles: Int { tilesHigh * tilesWide }
  private var depth: WinogradDepth {
    WinogradDepth(
      input: sources[0].shape[1], output: size.depth, taps: weight.depth, padding: padding.depth)
  }
  private var input: WinogradInput {
    WinogradInput(
      sources: sources, tilesHigh: tilesHigh, tilesWide: tilesWide, padding: (padding.height, padding.width))
  }

  /// The result, cut along the channels.
  func callAsFunction() -> [Tensor<Float>] {
    let results = channels.map { TensorStorage<Float>(uninitializedCount: batch * size.product * $0) }
    if batch * size.product > 0 {
      let output = WinogradOutput(
        targets: results.map(\.pointer), channels: channels, bias: bias, planes: batch * size.depth,
        height: size.height, width: size.width)
      let schedule = WinogradSchedule(
        tiles: batch * size.depth * tiles, rows: weight.rows, columns: weight.columns, threads: 1)
      switch schedule.order {
      case .tilesOutside: runTilesOutside(rows: schedule.tilesPerBlock, output)
      case .filtersOutside: runFiltersOutside(output)
      }
    }
    return zip(results, channels).map { storage, count in
      Tensor(storage: storage, shape: [batch, size.depth, size.height, size.width, count])
    }
  }

  /// All filters are transformed first; each block of tiles and slices then passes through all steps.
  private func runTilesOutside(rows: Int, _ output: WinogradOutput) {
    let kernels = scl_winograd().pointee
    let panels = (weight.columns + kernels.panel - 1) / kernels.panel
    let (position, step) = weight.panelSize(panel: kernels.panel)
    let filters = weight.transformed(kernels)
    let (source, depth) = (input, depth)
    let blocks = WinogradVolumeBlocks(volumes: batch, slices: size.depth, tiles: tiles, rows: rows)
      .dealt(to: Parallel.threads)
    Parallel.for(blocks.count, grain: max(1, blocks.count / 64)) { range in
      let input = WinogradBlock(
        tiles: blocks.tilesPerBlock * (blocks.slicesPerBlock + depth.taps - 1), channels: weight.rows)
      let product = WinogradBlock(tiles: blocks.rows, channels: panels * kernels.panel)
      for index in range {
        let place = blocks[index]
        let count = place.tiles.count
        source.transform(
          kernels, channels: 0..<weight.rows, depth, place, tilesPerSlice: tiles, to: input)
        let runs = depth.runs(place.slices, rows: count)
        kernels.product(
          input.layout, runs, runs.count, count, weight.rows, filters.pointer, position, step, panels,
          product.layout)
        for z in place.slices {
          output.transform(
            kernels, product.layout(from: (z - place.slices.lowerBound) * count),
            columns: 0..<weight.columns,
            first: (place.volume * size.depth + z) * tiles + place.tiles.lowerBound, count: count)
        }
      }
    }
  }

  /// All slices are transformed first; each panel of filters then is transformed, multiplied and written: with few
  /// tiles and many channels, the transformed filters are never whole in memory.
  private func runFiltersOutside(_ output: WinogradOutput) {
    let kernels = scl_winograd().pointee
    let panels = (weight.columns + kernels.panel - 1) / kernels.panel
    let (position, step) = weight.panelSize(panel: kernels.panel)
    let (source, depth) = (input, depth)
    let slots = size.depth + depth.taps - 1
    let input = WinogradBlock(tiles: batch * slots * tiles, channels: weight.rows)
    Parallel.for(batch * slots, grain: max(1, (1 << 13) / (weight.rows * tiles))) { range in
      for index in range {
        let (volume, slot) = index.quotientAndRemainder(dividingBy: slots)
        let slice = slot - depth.padding
        guard (0..<depth.input).contains(slice) else { continue }
        source.transform(
          kernels, channels: 0..<weight.rows, first: (volume * depth.input + slice) * tiles, count: tiles,
          to: input.layout(from: index * tiles))
      }
    }
    let runs = (0..<batch).flatMap {
      depth.runs(
        0..<size.depth, rows: tiles, target: $0 * size.depth * tiles, source: $0 * slots * tiles)
    }
    let rows = batch * size.depth * tiles
    Parallel.for(panels, grain: 1) { range in
      let filters = Scratch<Float>(count: step)
      let product = WinogradBlock(tiles: rows, channels: kernels.panel)
      for panel in range {
        weight.transform(panel: panel, kernels, to: filters.pointer, position: position)
        kernels.product(
          input.layout, runs, runs.count, tiles, weight.rows, filters.pointer, position, step, 1,
          product.layout)
        let columns = panel * kernels.panel..<min(weight.columns, (panel + 1) * kernels.panel)
        output.transform(kernels, product.layout, columns: columns, first: 0, count: rows)
      }
    }
  }
}

extension WinogradInput {
  /// Writes the transformed `channels` of the slices that the output at `place` reads, each slice's tiles behind those
  /// of the one before. A slice outside the input has its place, which stays as it is.
  func transform(
    _ kernels: scl_winograd_kernels, channels: Range<Int>, _ depth: WinogradDepth,
    _ place: WinogradVolumeBlocks.Place, tilesPerSlice: Int, to block: WinogradBlock
  ) {
    for slot in 0..<place.slices.count + depth.taps - 1 {
      let slice = place.slices.lowerBound + slot - depth.padding
      guard (0..<depth.input).contains(slice) else { continue }
      transform(
        kernels, channels: channels,
        first: (place.volume * depth.input + slice) * tilesPerSlice + place.tiles.lowerBound,
        count: place.tiles.count, to: block.layout(from: slot * place.tiles.count))
    }
  }
}
