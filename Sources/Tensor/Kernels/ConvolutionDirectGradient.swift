internal import CSuperCLKernels

/// The weight gradient of any convolution by its definition, in `Float`, on the matrix micro-kernel: for
/// every kernel position, the product of the shifted source, transposed, with the output gradient.
///
/// Consecutive blocks of output rows form at most eight groups; each group has a sum of its own, and the sums
/// are added in order.
struct DirectWeightGradient {
  var sources: [Tensor<Float>]
  var outputGradient: Tensor<Float>
  var geometry: ConvolutionGeometry

  /// `[kernel..., inputs, outputs]`.
  func callAsFunction() -> Tensor<Float> {
    Tensor(shape: geometry.weightShape) { buffer in
      guard let target = buffer.baseAddress, !buffer.isEmpty else { return }
      guard geometry.output.product * geometry.batch > 0 else {
        buffer.initialize(repeating: 0)
        return
      }
      run(to: target)
    }
  }

  private func run(to target: UnsafeMutablePointer<Float>) {
    let kernels = scl_convolution().pointee
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let window = SourceWindow(
      sources: sources, extent: geometry.input, step: geometry.stride,
      offsets: geometry.forwardClasses[0].taps.map(\.offset), count: geometry.output)
    let plan = window.plan(batch: geometry.batch)
    // Kernel positions side by side read side by side: with dilation 1 they count as channels.
    let merged = geometry.dilation.width == 1 ? geometry.kernel.width : 1
    let sumRow = (outputs + kernels.panel - 1) / kernels.panel * kernels.panel
    let sumSize = geometry.kernel.product * inputs * sumRow
    let pixels = geometry.batch * geometry.output.product
    let groupCount = max(1, min(8, plan.blocks, pixels / 512))
    let blocksPerGroup = (plan.blocks + groupCount - 1) / groupCount
    let groups = (plan.blocks + blocksPerGroup - 1) / blocksPerGroup
    let sums = Scratch<Float>(count: groups * sumSize)
    Parallel.for(plan.blocks, grain: blocksPerGroup) { range in
      let sum = sums.pointer + range.lowerBound / blocksPerGroup * sumSize
      sum.update(repeating: 0, count: sumSize)
      let patch = Scratch<Float>(count: plan.patchSize)
      let widened = Scratch<Float>(
        count: sumRow == outputs ? 0 : plan.rowsPerBlock * geometry.output.width * sumRow)
      for block in range {
        let place = plan.place(of: block)
        let view = window.view(place, patch: patch.pointer)
        let first =
          ((place.image * geometry.output.depth + place.plane) * geometry.output.height
            + place.rows.lowerBound) * geometry.output.width
        let gradient = UnsafeMutablePointer(mutating: outputGradient.pointer + first * outputs)
        if sumRow != outputs {
          widen(
            gradient, pixels: place.rows.count * geometry.output.width, outputs, sumRow, to: widened.pointer)
        }
        let offsets = stride(from: 0, to: view.offsets.count, by: merged).map { view.offsets[$0] }
        var rows = scl_direct_rows(
          source: view.pointer, source_row: view.row, source_pixel: view.pixel, offsets: nil,
          taps: offsets.count, channels: merged * inputs, rows: place.rows.count,
          pixels: geometry.output.width, out: sumRow == outputs ? gradient : widened.pointer,
          out_row: geometry.output.width * sumRow, out_pixel: sumRow, columns: sumRow, streaming: 0)
        offsets.withUnsafeBufferPointer { offsets in
          rows.offsets = offsets.baseAddress
          kernels.weight_gradient(&rows, sum, sumRow)
        }
      }
    }
    let rowCount = geometry.kernel.product * inputs
    Parallel.for(rowCount, grain: max(1, (1 << 15) / sumRow)) { range in
      for row in range {
        for column in 0..<outputs {
          var total = sums.pointer[row * sumRow + column]
          for group in 1..<max(groups, 1) {
            total += sums.pointer[group * sumSize + row * sumRow + column]
          }
          target[row * outputs + column] = total
        }
      }
    }
  }

  /// Rows of `count` floats copied to rows of `width`, zeros behind.
  private func widen(
    _ source: UnsafePointer<Float>, pixels: Int, _ count: Int, _ width: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    for pixel in 0..<pixels {
      (target + pixel * width).update(from: source + pixel * count, count: count)
      (target + pixel * width + count).update(repeating: 0, count: width - count)
    }
  }
}
