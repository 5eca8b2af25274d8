internal import CSuperCLKernels

/// Any convolution or data gradient by its definition, in `Float`, on the matrix micro-kernel.
///
/// The result is written in classes of pixels: all pixels of a class read the source through the same kernel
/// positions (``DirectClass``). A convolution has one class. The data gradient of stride s has s x s: the
/// pixels that a stride would reach over inserted zeros are never multiplied.
struct DirectConvolution {
  var sources: [Tensor<Float>]
  var weight: Tensor<Float>
  /// Distances in the weights, in floats: between kernel positions, source channels, result channels.
  var tapStep: Int
  var rowStep: Int
  var columnStep: Int
  var bias: Tensor<Float>?
  /// Sizes of the source and of the result.
  var source: SpatialExtent
  var result: SpatialExtent
  /// How far neighbouring pixels of a class are apart, in the source and in the result.
  var sourceStep: SpatialExtent
  var resultStep: SpatialExtent
  var classes: [DirectClass]
  var batch: Int

  /// The result's channels `first..<first + count`.
  func callAsFunction(shape: TensorShape, first: Int, count: Int) -> Tensor<Float> {
    Tensor(shape: shape) { buffer in
      guard let target = buffer.baseAddress, !buffer.isEmpty else { return }
      let kernels = scl_convolution().pointee
      let passes = classes.filter { $0.count.product > 0 }.map {
        pass($0, kernels, first: first, count: count)
      }
      // Classes of one size pass over the source together, so that it is read from memory once.
      let isUniform = passes.allSatisfy { $0.plan == passes[0].plan }
      for group in isUniform ? [passes] : passes.map({ [$0] }) {
        guard let plan = group.first?.plan else { continue }
        Parallel.for(plan.blocks, grain: max(1, plan.blocks / 64)) { range in
          let patch = Scratch<Float>(count: plan.patchSize)
          for block in range {
            for pass in group {
              run(
                pass, kernels, at: plan.place(of: block), patch: patch.pointer, first: first, count: count,
                to: target)
            }
          }
        }
      }
    }
  }

  /// A class with its packed weights.
  private struct Pass {
    var item: DirectClass
    var window: SourceWindow
    var plan: SourceWindow.Plan
    var weights: Scratch<Float>
    /// Kernel positions side by side that count as channels.
    var merged: Int
  }

  private var channels: Int { sources.reduce(0) { $0 + $1.shape[-1] } }

  private func pass(
    _ item: DirectClass, _ kernels: scl_convolution_kernels, first: Int, count: Int
  ) -> Pass {
    let window = SourceWindow(
      sources: sources, extent: source, step: sourceStep, offsets: item.taps.map(\.offset),
      count: item.count)
    let panelStep = item.taps.count * channels * kernels.panel
    let panels = (count + kernels.panel - 1) / kernels.panel
    let weights = Scratch<Float>(count: panels * panelStep)
    Parallel.for(
      item.taps.count * panels, grain: max(1, (1 << 14) / max(1, channels * kernels.panel))
    ) { range in
      for index in range {
        let (tap, panel) = index.quotientAndRemainder(dividingBy: panels)
        let column = panel * kernels.panel
        kernels.pack(
          weight.pointer + item.taps[tap].tap * tapStep + (first + column) * columnStep, rowStep, columnStep,
          channels, min(kernels.panel, count - column),
          weights.pointer + panel * panelStep + tap * channels * kernels.panel, panelStep)
      }
    }
    return Pass(
      item: item, window: window, plan: window.plan(batch: batch), weights: weights,
      merged: item.tapsSideBySide)
  }

  private func run(
    _ pass: Pass, _ kernels: scl_convolution_kernels, at place: SourceWindow.Place,
    patch: UnsafeMutablePointer<Float>, first: Int, count: Int, to target: UnsafeMutablePointer<Float>
  ) {
    let item = pass.item
    let view = pass.window.view(place, patch: patch)
    let plane = place.image * result.depth + item.first.depth + place.plane * resultStep.depth
    let row = plane * result.height + item.first.height + place.rows.lowerBound * resultStep.height
    let offsets = stride(from: 0, to: view.offsets.count, by: pass.merged).map { view.offsets[$0] }
    var rows = scl_direct_rows(
      source: view.pointer, source_row: view.row, source_pixel: view.pixel, offsets: nil,
      taps: offsets.count, channels: pass.merged * channels, rows: place.rows.count,
      pixels: item.count.width, out: target + (row * result.width + item.first.width) * count,
      out_row: resultStep.height * result.width * count, out_pixel: resultStep.width * count,
      columns: count, streaming: exceedsCaches(batch * result.product * count) ? 1 : 0)
    offsets.withUnsafeBufferPointer { offsets in
      rows.offsets = offsets.baseAddress
      kernels.rows(&rows, pass.weights.pointer, bias.map { $0.pointer + first })
    }
  }
}

/// Pixels of a result that read the source through the same kernel positions.
struct DirectClass {
  /// The first pixel, and how many there are along every axis.
  var first: SpatialExtent
  var count: SpatialExtent
  /// Kernel positions, and what each of them reads relative to a pixel's place in the source.
  var taps: [(tap: Int, offset: SpatialExtent)]

  /// The length of the runs of kernel positions that read pixels side by side, from left to right, when all
  /// runs are equally long: each run is one position with that many times the channels.
  var tapsSideBySide: Int {
    let isContinued = taps.indices.dropFirst().map { index in
      let (last, next) = (taps[index - 1].offset, taps[index].offset)
      return next.depth == last.depth && next.height == last.height && next.width == last.width + 1
    }
    let length = (isContinued.firstIndex(of: false) ?? isContinued.count) + 1
    let isRegular = isContinued.enumerated().allSatisfy { $1 == (($0 + 1) % length != 0) }
    return isRegular && taps.count % length == 0 ? length : 1
  }
}

extension ConvolutionGeometry {
  /// The kernel positions in order, with what they read relative to the window's first element.
  private var kernelPositions: [SpatialExtent] {
    (0..<kernel.product).map { tap in
      SpatialExtent([
        tap / (kernel.height * kernel.width), tap / kernel.width % kernel.height, tap % kernel.width,
      ])
    }
  }

  /// The one class of a convolution's outputs.
  var forwardClasses: [DirectClass] {
    let taps = kernelPositions.enumerated().map { tap, k in
      (
        tap: tap,
        offset: SpatialExtent([
          k.depth * dilation.depth - padding.depth, k.height * dilation.height - padding.height,
          k.width * dilation.width - padding.width,
        ])
      )
    }
    return [DirectClass(first: SpatialExtent([0, 0, 0]), count: output, taps: taps)]
  }

  /// Input pixels by their remainder modulo the stride: pixel `r + stride q` is read by kernel position `k`
  /// of output `q + (r + padding - dilation k) / stride`, where that divides.
  var backwardClasses: [DirectClass] {
    let positions = kernelPositions
    var classes: [DirectClass] = []
    for depth in 0..<min(stride.depth, input.depth) {
      for height in 0..<min(stride.height, input.height) {
        for width in 0..<min(stride.width, input.width) {
          let taps = positions.enumerated().compactMap { tap, k -> (tap: Int, offset: SpatialExtent)? in
            let z = depth + padding.depth - dilation.depth * k.depth
            let y = height + padding.height - dilation.height * k.height
            let x = width + padding.width - dilation.width * k.width
            guard z % stride.depth == 0, y % stride.height == 0, x % stride.width == 0 else { return nil }
            return (tap, SpatialExtent([z / stride.depth, y / stride.height, x / stride.width]))
          }.sorted {
            let (a, b) = ($0.offset, $1.offset)
            return (a.depth, a.height, a.width) < (b.depth, b.height, b.width)
          }
          classes.append(
            DirectClass(
              first: SpatialExtent([depth, height, width]),
              count: SpatialExtent([
                (input.depth - depth + stride.depth - 1) / stride.depth,
                (input.height - height + stride.height - 1) / stride.height,
                (input.width - width + stride.width - 1) / stride.width,
              ]), taps: taps))
        }
      }
    }
    return classes
  }
}
