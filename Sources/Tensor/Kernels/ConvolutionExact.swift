/// The definition of convolution as matrix products: windows are copied to rows (`im2col`), a block of
/// output rows at a time, and multiplied with the weights.
///
/// `Double` always comes here: it is the oracle of the fast paths.
enum ExactConvolution {
  /// `y = columns(x) w + bias`.
  static func forward<Scalar: TensorFloatingPointScalar>(
    _ inputs: [Tensor<Scalar>], _ weight: Tensor<Scalar>, order: ConvolutionWeightOrder,
    bias: Tensor<Scalar>?, _ geometry: ConvolutionGeometry
  ) -> Tensor<Scalar> {
    let weight = order == .inputFirst ? weight : swappingChannels(weight)
    let (inner, channels) = (geometry.kernel.product * geometry.inputChannels, geometry.outputChannels)
    let plan = RowPlan(geometry)
    return Tensor(shape: geometry.outputShape) { output in
      guard let target = output.baseAddress, !output.isEmpty else { return }
      Parallel.for(plan.rows, grain: plan.rowsPerBlock) { block in
        let columns = Scratch<Scalar>(count: block.count * geometry.output.width * inner)
        gatherWindows(inputs, geometry, rows: block, to: columns.pointer)
        let pixels = block.count * geometry.output.width
        let out = target + block.lowerBound * geometry.output.width * channels
        for pixel in 0..<pixels {
          for channel in 0..<channels { out[pixel * channels + channel] = bias?.pointer[channel] ?? 0 }
        }
        guard inner > 0 else { return }
        ConvolutionProduct.multiply(
          columns.pointer, rowStrideA: inner, weight.pointer, rowStrideB: channels, addingToScaled: 1, out,
          rowStrideC: channels, rows: pixels, inner: inner, columns: channels)
      }
    }
  }

  /// `dx = scatter(dy w^T) + bias`, one batch element at a time, cut into parts along the channels.
  static func dataGradient<Scalar: TensorFloatingPointScalar>(
    _ outputGradient: Tensor<Scalar>, _ weight: Tensor<Scalar>, order: ConvolutionWeightOrder,
    bias: Tensor<Scalar>?, _ geometry: ConvolutionGeometry, channels: [Int]
  ) -> [Tensor<Scalar>] {
    let weight = order == .inputFirst ? weight : swappingChannels(weight)
    let inner = geometry.outputChannels
    let width = geometry.kernel.product * geometry.inputChannels
    var plan = RowPlan(geometry)
    plan.rowsPerBlock = max(1, min(plan.rowsPerBlock, plan.rowsPerImage))
    let imageSize = geometry.input.product * geometry.inputChannels
    let whole = Tensor<Scalar>(shape: geometry.inputShape) { buffer in
      guard let target = buffer.baseAddress, !buffer.isEmpty else { return }
      Parallel.for(geometry.batch, grain: 1) { images in
        for image in images {
          let out = target + image * imageSize
          for pixel in 0..<geometry.input.product {
            for channel in 0..<geometry.inputChannels {
              out[pixel * geometry.inputChannels + channel] = bias?.pointer[channel] ?? 0
            }
          }
          guard inner > 0, plan.rowsPerImage > 0 else { continue }
          for start in stride(from: 0, to: plan.rowsPerImage, by: plan.rowsPerBlock) {
            let count = min(plan.rowsPerBlock, plan.rowsPerImage - start)
            let first = image * plan.rowsPerImage + start
            let pixels = count * geometry.output.width
            let columns = Scratch<Scalar>(count: pixels * width)
            ConvolutionProduct.multiply(
              outputGradient.pointer + first * geometry.output.width * inner, rowStrideA: inner,
              weight.pointer, .transposed, rowStrideB: inner, columns.pointer, rowStrideC: width,
              rows: pixels, inner: inner, columns: width)
            scatterWindows(columns.pointer, geometry, rows: first..<first + count, to: target)
          }
        }
      }
    }
    return channels.count == 1 ? [whole] : splitChannels(whole, channels)
  }

  /// `dw = columns(x)^T dy`: partial sums over at most eight groups of blocks, added in order.
  static func weightGradient<Scalar: TensorFloatingPointScalar>(
    _ inputs: [Tensor<Scalar>], _ outputGradient: Tensor<Scalar>, order: ConvolutionWeightOrder,
    _ geometry: ConvolutionGeometry
  ) -> Tensor<Scalar> {
    let (inner, channels) = (geometry.kernel.product * geometry.inputChannels, geometry.outputChannels)
    let plan = RowPlan(geometry)
    let blocks = (plan.rows + plan.rowsPerBlock - 1) / plan.rowsPerBlock
    let blocksPerGroup = max(1, (blocks + 7) / 8)
    let groups = (blocks + blocksPerGroup - 1) / blocksPerGroup
    let partials = Tensor<Scalar>(zeros: [max(groups, 1), inner * channels])
    let sums = UnsafeMutablePointer(mutating: partials.pointer)
    Parallel.for(blocks, grain: blocksPerGroup) { range in
      let sum = sums + range.lowerBound / blocksPerGroup * inner * channels
      for block in range {
        let first = block * plan.rowsPerBlock
        let rows = first..<min(plan.rows, first + plan.rowsPerBlock)
        let pixels = rows.count * geometry.output.width
        let columns = Scratch<Scalar>(count: pixels * inner)
        gatherWindows(inputs, geometry, rows: rows, to: columns.pointer)
        ConvolutionProduct.multiply(
          columns.pointer, .transposed, rowStrideA: inner,
          outputGradient.pointer + first * geometry.output.width * channels, rowStrideB: channels,
          addingToScaled: 1, sum, rowStrideC: channels, rows: inner, inner: pixels, columns: channels)
      }
    }
    let total = Tensor<Scalar>(shape: geometry.weightShape) { buffer in
      for index in buffer.indices {
        var sum = sums[index]
        for group in 1..<max(groups, 1) { sum += sums[group * inner * channels + index] }
        buffer[index] = sum
      }
    }
    withExtendedLifetime(partials) {}
    return order == .inputFirst ? total : swappingChannels(total)
  }
}

/// How the rows of output pixels are cut into blocks: by their size alone.
struct RowPlan {
  /// Rows of `output.width` pixels in the whole batch, and in one image.
  var rows: Int
  var rowsPerImage: Int
  var rowsPerBlock: Int

  /// Blocks whose windows take about 2^17 scalars.
  init(_ geometry: ConvolutionGeometry) {
    rowsPerImage = geometry.output.depth * geometry.output.height
    rows = geometry.batch * rowsPerImage
    let perRow = geometry.output.width * geometry.kernel.product * max(1, geometry.inputChannels)
    rowsPerBlock = max(1, (1 << 17) / max(1, perRow))
  }
}
