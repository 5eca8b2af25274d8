internal import CSuperCLKernels

/// The 3x3 convolution of stride 1 by Winograd's F(4x4, 3x3), in `Float`.
///
/// One function serves the forward pass and the data gradient, which is the convolution of the output
/// gradient with the rotated filter. Output tiles of 4x4 pixels are numbered through the batch.
struct WinogradConvolution {
  /// The tensors that are convolved, side by side in the channels.
  var sources: [Tensor<Float>]
  var weight: WinogradFilter
  var bias: Tensor<Float>?
  /// Height and width of the result, and the channels of the tensors it is cut into.
  var height: Int
  var width: Int
  var channels: [Int]
  var padding: (top: Int, left: Int)

  private var batch: Int { sources[0].shape[0] }
  private var tilesHigh: Int { (height + 3) / 4 }
  private var tilesWide: Int { (width + 3) / 4 }
  private var tiles: Int { batch * tilesHigh * tilesWide }

  /// The result, cut along the channels.
  func callAsFunction() -> [Tensor<Float>] {
    let results = channels.map { count in
      TensorStorage<Float>(uninitializedCount: batch * height * width * count)
    }
    if tiles > 0 {
      let schedule = WinogradSchedule(
        tiles: tiles, rows: weight.rows, columns: weight.columns, threads: Parallel.threads)
      switch schedule.order {
      case .tilesOutside: runTilesOutside(schedule, results.map(\.pointer))
      case .filtersOutside: runFiltersOutside(schedule, results.map(\.pointer))
      }
    }
    return zip(results, channels).map { storage, count in
      Tensor(storage: storage, shape: [batch, height, width, count])
    }
  }

  /// All filters are transformed first; each block of tiles then passes through all steps.
  private func runTilesOutside(_ schedule: WinogradSchedule, _ results: [UnsafeMutablePointer<Float>]) {
    let kernels = scl_winograd().pointee
    let panels = (weight.columns + kernels.panel - 1) / kernels.panel
    let (position, step) = weight.panelSize(panel: kernels.panel)
    let filters = Scratch<Float>(count: panels * step)
    Parallel.for(panels, grain: max(1, (1 << 12) / (weight.rows * kernels.panel))) { range in
      for panel in range {
        weight.transform(panel: panel, kernels, to: filters.pointer + panel * step, position: position)
      }
    }
    let blocks = (tiles + schedule.tilesPerBlock - 1) / schedule.tilesPerBlock
    Parallel.for(blocks, grain: schedule.blocksPerChunk) { range in
      let input = WinogradBlock(tiles: schedule.tilesPerBlock, channels: weight.rows)
      let product = WinogradBlock(tiles: schedule.tilesPerBlock, channels: panels * kernels.panel)
      for block in range {
        let first = block * schedule.tilesPerBlock
        let count = min(schedule.tilesPerBlock, tiles - first)
        transformInputs(kernels, first: first, count: count, to: input.layout)
        kernels.product(
          input.layout, count, weight.rows, filters.pointer, position, step, panels, product.layout)
        transformOutputs(
          kernels, product.layout, columns: 0..<weight.columns, first: first, count: count, to: results)
      }
    }
  }

  /// All tiles are transformed first; each group of filter panels then is transformed, multiplied and
  /// written: with few tiles and many channels, the transformed filters are never whole in memory.
  private func runFiltersOutside(_ schedule: WinogradSchedule, _ results: [UnsafeMutablePointer<Float>]) {
    let kernels = scl_winograd().pointee
    let panels = (weight.columns + kernels.panel - 1) / kernels.panel
    let (position, step) = weight.panelSize(panel: kernels.panel)
    let input = WinogradBlock(tiles: tiles, channels: weight.rows)
    Parallel.for(tiles, grain: max(1, (1 << 13) / weight.rows)) { range in
      transformInputs(
        kernels, first: range.lowerBound, count: range.count, to: input.layout(from: range.lowerBound))
    }
    Parallel.for(panels, grain: 1) { range in
      let filters = Scratch<Float>(count: step)
      let product = WinogradBlock(tiles: tiles, channels: kernels.panel)
      for panel in range {
        weight.transform(panel: panel, kernels, to: filters.pointer, position: position)
        kernels.product(
          input.layout, tiles, weight.rows, filters.pointer, position, step, 1, product.layout)
        let columns = panel * kernels.panel..<min(weight.columns, (panel + 1) * kernels.panel)
        transformOutputs(kernels, product.layout, columns: columns, first: 0, count: tiles, to: results)
      }
    }
  }

  private func transformInputs(
    _ kernels: scl_winograd_kernels, first: Int, count: Int, to block: scl_winograd_block
  ) {
    var channel = 0
    for source in sources {
      var image = scl_winograd_image(
        height: source.shape[1], width: source.shape[2], channels: source.shape[3],
        tiles_high: tilesHigh, tiles_wide: tilesWide, top: -padding.top, left: -padding.left)
      kernels.input(source.pointer, &image, source.shape[3], first, count, block, channel)
      channel += source.shape[3]
    }
  }

  /// Writes the channels `columns`, whose products stand from column 0 of `block` on.
  private func transformOutputs(
    _ kernels: scl_winograd_kernels, _ block: scl_winograd_block, columns: Range<Int>, first: Int,
    count: Int, to results: [UnsafeMutablePointer<Float>]
  ) {
    var start = 0
    for (result, size) in zip(results, channels) {
      let part = columns.clamped(to: start..<start + size)
      if !part.isEmpty {
        var image = scl_winograd_image(
          height: height, width: width, channels: size, tiles_high: tilesHigh, tiles_wide: tilesWide,
          top: 0, left: 0)
        kernels.output(
          block, part.lowerBound - columns.lowerBound, bias.map { $0.pointer + part.lowerBound }, result,
          &image, part.lowerBound - start, part.count, first, count,
          exceedsCaches(batch * height * width * size) ? 1 : 0)
      }
      start += size
    }
  }
}

/// Weights of nine taps as the matrix `[rows, columns]` that a pass multiplies with.
struct WinogradFilter {
  var weight: Tensor<Float>
  var rows: Int
  var columns: Int
  var rowStep: Int
  var columnStep: Int
  /// Whether the kernel is turned by half a turn, as the data gradient reads it.
  var isRotated: Bool

  /// The filter of the convolution (`.forward`) or of its data gradient (`.backward`).
  init(
    _ weight: Tensor<Float>, _ geometry: ConvolutionGeometry, order: ConvolutionWeightOrder,
    for pass: ConvolutionPass
  ) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let inputStep = order == .inputFirst ? outputs : 1
    let outputStep = order == .inputFirst ? 1 : inputs
    self.weight = weight
    isRotated = pass == .backward
    (rows, columns) = pass == .forward ? (inputs, outputs) : (outputs, inputs)
    (rowStep, columnStep) = pass == .forward ? (inputStep, outputStep) : (outputStep, inputStep)
  }

  /// Floats between the 36 positions of a transformed panel, and between panels. The positions begin in
  /// different sets of the cache.
  func panelSize(panel: Int) -> (position: Int, step: Int) {
    let position = rows * panel + 16
    return (position, SCL_WINOGRAD_POSITIONS * position)
  }

  func transform(
    panel: Int, _ kernels: scl_winograd_kernels, to target: UnsafeMutablePointer<Float>, position: Int
  ) {
    let first = panel * kernels.panel
    kernels.filter(
      weight.pointer + first * columnStep, rows * columns, rowStep, columnStep, isRotated ? 1 : 0, rows,
      min(kernels.panel, columns - first), target, position)
  }
}

/// Which way a filter is read.
enum ConvolutionPass: Sendable {
  case forward
  case backward
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
