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
  private var input: WinogradInput {
    WinogradInput(sources: sources, tilesHigh: tilesHigh, tilesWide: tilesWide, padding: padding)
  }

  /// The result, cut along the channels.
  func callAsFunction() -> [Tensor<Float>] {
    let results = channels.map { count in
      TensorStorage<Float>(uninitializedCount: batch * height * width * count)
    }
    if tiles > 0 {
      let schedule = WinogradSchedule(
        tiles: tiles, rows: weight.rows, columns: weight.columns, threads: Parallel.threads)
      let output = WinogradOutput(
        targets: results.map(\.pointer), channels: channels, bias: bias, planes: batch, height: height,
        width: width)
      switch schedule.order {
      case .tilesOutside: runTilesOutside(schedule, output)
      case .filtersOutside: runFiltersOutside(schedule, output)
      }
    }
    return zip(results, channels).map { storage, count in
      Tensor(storage: storage, shape: [batch, height, width, count])
    }
  }

  /// All filters are transformed first; each block of tiles then passes through all steps.
  private func runTilesOutside(_ schedule: WinogradSchedule, _ output: WinogradOutput) {
    let kernels = scl_winograd().pointee
    let panels = (weight.columns + kernels.panel - 1) / kernels.panel
    let (position, step) = weight.panelSize(panel: kernels.panel)
    let filters = weight.transformed(kernels)
    let source = input
    let blocks = (tiles + schedule.tilesPerBlock - 1) / schedule.tilesPerBlock
    Parallel.for(blocks, grain: schedule.blocksPerChunk) { range in
      let input = WinogradBlock(tiles: schedule.tilesPerBlock, channels: weight.rows)
      let product = WinogradBlock(tiles: schedule.tilesPerBlock, channels: panels * kernels.panel)
      for block in range {
        let first = block * schedule.tilesPerBlock
        let count = min(schedule.tilesPerBlock, tiles - first)
        source.transform(kernels, channels: 0..<weight.rows, first: first, count: count, to: input.layout)
        var run = scl_winograd_run(target: 0, rows: count, source: 0, first_tap: 0, taps: 1)
        kernels.product(
          input.layout, &run, 1, 0, weight.rows, filters.pointer, position, step, panels, product.layout)
        output.transform(kernels, product.layout, columns: 0..<weight.columns, first: first, count: count)
      }
    }
  }

  /// All tiles are transformed first; each group of filter panels then is transformed, multiplied and
  /// written: with few tiles and many channels, the transformed filters are never whole in memory.
  private func runFiltersOutside(_ schedule: WinogradSchedule, _ output: WinogradOutput) {
    let kernels = scl_winograd().pointee
    let panels = (weight.columns + kernels.panel - 1) / kernels.panel
    let (position, step) = weight.panelSize(panel: kernels.panel)
    let input = WinogradBlock(tiles: tiles, channels: weight.rows)
    let source = self.input
    Parallel.for(tiles, grain: max(1, (1 << 13) / weight.rows)) { range in
      source.transform(
        kernels, channels: 0..<weight.rows, first: range.lowerBound, count: range.count,
        to: input.layout(from: range.lowerBound))
    }
    Parallel.for(panels, grain: 1) { range in
      let filters = Scratch<Float>(count: step)
      let product = WinogradBlock(tiles: tiles, channels: kernels.panel)
      for panel in range {
        weight.transform(panel: panel, kernels, to: filters.pointer, position: position)
        var run = scl_winograd_run(target: 0, rows: tiles, source: 0, first_tap: 0, taps: 1)
        kernels.product(
          input.layout, &run, 1, 0, weight.rows, filters.pointer, position, step, 1, product.layout)
        let columns = panel * kernels.panel..<min(weight.columns, (panel + 1) * kernels.panel)
        output.transform(kernels, product.layout, columns: columns, first: 0, count: tiles)
      }
    }
  }
}

/// Weights of nine taps in each of `depth` planes, as the matrices `[rows, columns]` that a pass multiplies with.
struct WinogradFilter {
  var weight: Tensor<Float>
  /// How many slices a filter reaches: 1 for images.
  var depth: Int
  var rows: Int
  var columns: Int
  var rowStep: Int
  var columnStep: Int
  /// Whether the kernel is mirrored along all axes, as the data gradient reads it.
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
    depth = geometry.kernel.depth
    isRotated = pass == .backward
    (rows, columns) = pass == .forward ? (inputs, outputs) : (outputs, inputs)
    (rowStep, columnStep) = pass == .forward ? (inputStep, outputStep) : (outputStep, inputStep)
  }

  /// Floats between the 36 positions of a transformed panel, and between panels. The positions begin in
  /// different sets of the cache.
  func panelSize(panel: Int) -> (position: Int, step: Int) {
    let position = depth * rows * panel + 16
    return (position, SCL_WINOGRAD_POSITIONS * position)
  }

  /// One panel of transformed filters, `[36][depth][rows][panel]`.
  func transform(
    panel: Int, _ kernels: scl_winograd_kernels, to target: UnsafeMutablePointer<Float>, position: Int
  ) {
    let first = panel * kernels.panel
    let plane = rows * columns
    for tap in 0..<depth {
      kernels.filter(
        weight.pointer + (isRotated ? depth - 1 - tap : tap) * 9 * plane + first * columnStep, plane, rowStep,
        columnStep, isRotated ? 1 : 0, rows, min(kernels.panel, columns - first),
        target + tap * rows * kernels.panel, position)
    }
  }

  /// All panels of transformed filters.
  func transformed(_ kernels: scl_winograd_kernels) -> Scratch<Float> {
    let panels = (columns + kernels.panel - 1) / kernels.panel
    let (position, step) = panelSize(panel: kernels.panel)
    let filters = Scratch<Float>(count: panels * step)
    Parallel.for(panels, grain: max(1, (1 << 12) / (depth * rows * kernels.panel))) { range in
      for panel in range {
        transform(panel: panel, kernels, to: filters.pointer + panel * step, position: position)
      }
    }
    return filters
  }
}

/// Which way a filter is read.
enum ConvolutionPass: Sendable {
  case forward
  case backward
}
