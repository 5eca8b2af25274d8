internal import CSuperCLKernels

/// The weight gradient of any convolution by its definition, in `Float`, on the matrix micro-kernel: for
/// every kernel position, the product of the shifted source, transposed, with the output gradient.
///
/// Consecutive blocks of output rows form at most eight groups; each group has a sum of its own, and the sums
/// are added in order. Where there are few groups and the weights lie output channels first, each group is cut
/// into parts of the output channels.
struct DirectWeightGradient {
  var sources: [Tensor<Float>]
  var outputGradient: Tensor<Float>
  var geometry: ConvolutionGeometry
  /// The order in which the gradient is wanted.
  var order: ConvolutionWeightOrder

  /// `[kernel..., inputs, outputs]` or `[kernel..., outputs, inputs]`.
  func callAsFunction() -> Tensor<Float> {
    if order == .outputFirst && geometry.inputChannels % 16 != 0 {
      var other = self
      other.order = .inputFirst
      return swappingChannels(other())
    }
    let lengths = geometry.kernelLengths
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let shape = TensorShape(lengths + (order == .inputFirst ? [inputs, outputs] : [outputs, inputs]))
    return Tensor(shape: shape) { buffer in
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
    let isTransposed = order == .outputFirst
    let merged = geometry.dilation.width == 1 && !isTransposed ? geometry.kernel.width : 1
    let sumRow = isTransposed ? inputs : (outputs + kernels.panel - 1) / kernels.panel * kernels.panel
    let sumRows = geometry.kernel.product * (isTransposed ? outputs : inputs)
    let pixels = geometry.batch * geometry.output.product
    let groupCount = max(1, min(8, plan.blocks, pixels / 512))
    let blocksPerGroup = (plan.blocks + groupCount - 1) / groupCount
    let groups = (plan.blocks + blocksPerGroup - 1) / blocksPerGroup
    let parts = isTransposed && window.readsSourceDirectly ? max(1, min(8 / groups, outputs / 64)) : 1
    let partSize = (outputs + parts - 1) / parts
    let sums = Scratch<Float>(count: groups * sumRows * sumRow)
    Parallel.for(groups * parts, grain: 1) { range in
      let patch = Scratch<Float>(count: plan.patchSize)
      let widened = Scratch<Float>(
        count: isTransposed || sumRow == outputs ? 0 : plan.rowsPerBlock * geometry.output.width * sumRow)
      for task in range {
        let (group, part) = task.quotientAndRemainder(dividingBy: parts)
        let columns = part * partSize..<min(outputs, (part + 1) * partSize)
        let sum = sums.pointer + group * sumRows * sumRow
        clear(sum, rows: isTransposed ? columns : 0..<sumRows, length: sumRow)
        for block in group * blocksPerGroup..<min(plan.blocks, (group + 1) * blocksPerGroup) {
          let place = plan.place(of: block)
          let view = window.view(place, patch: patch.pointer)
          let gradient = gradient(at: place)
          if !isTransposed && sumRow != outputs {
            widen(
              gradient, pixels: place.rows.count * geometry.output.width, outputs, sumRow,
              to: widened.pointer)
          }
          let pixel = isTransposed ? outputs : sumRow
          let offsets = stride(from: 0, to: view.offsets.count, by: merged).map { view.offsets[$0] }
          var rows = scl_direct_rows(
            source: view.pointer, source_row: view.row, source_pixel: view.pixel, offsets: nil,
            taps: offsets.count, channels: merged * inputs, rows: place.rows.count,
            pixels: geometry.output.width, out: pixel == outputs ? gradient : widened.pointer,
            out_row: geometry.output.width * pixel, out_pixel: pixel, columns: pixel, streaming: 0)
          offsets.withUnsafeBufferPointer { offsets in
            rows.offsets = offsets.baseAddress
            if isTransposed {
              rows.out += columns.lowerBound
              rows.columns = columns.count
              kernels.transposed_weight_gradient(
                &rows, sum + columns.lowerBound * sumRow, outputs * sumRow)
            } else {
              kernels.weight_gradient(&rows, sum, sumRow)
            }
          }
        }
      }
    }
    add(sums.pointer, of: groups, rows: sumRows, length: sumRow, to: target)
  }

  /// Where the output gradient of a block begins.
  private func gradient(at place: SourceWindow.Place) -> UnsafeMutablePointer<Float> {
    let row =
      (place.image * geometry.output.depth + place.plane) * geometry.output.height + place.rows.lowerBound
    return UnsafeMutablePointer(
      mutating: outputGradient.pointer + row * geometry.output.width * geometry.outputChannels)
  }

  /// Sets rows of a group's sum to 0: of every kernel position, where output channels come first.
  private func clear(_ sum: UnsafeMutablePointer<Float>, rows: Range<Int>, length: Int) {
    for tap in 0..<(order == .outputFirst ? geometry.kernel.product : 1) {
      (sum + (tap * geometry.outputChannels + rows.lowerBound) * length).update(
        repeating: 0, count: rows.count * length)
    }
  }

  /// Adds the sums of the groups in their order.
  private func add(
    _ sums: UnsafeMutablePointer<Float>, of groups: Int, rows sumRows: Int, length sumRow: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    let columns = order == .outputFirst ? geometry.inputChannels : geometry.outputChannels
    Parallel.for(sumRows, grain: max(1, (1 << 15) / sumRow)) { range in
      for row in range {
        (target + row * columns).update(from: sums + row * sumRow, count: columns)
        for group in 1..<max(groups, 1) {
          let sum = target + row * columns
          scl_elementwise().pointee.binary(
            Int32(SCL_ADD.rawValue), columns, sum, 1, sums + (group * sumRows + row) * sumRow, 1, sum)
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
