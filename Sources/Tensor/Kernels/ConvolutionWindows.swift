/// Copies the windows of the output rows `rows` to rows of `columns`, `[pixel, kernel position, channel]`;
/// what lies outside an image is 0. The channels of several inputs stand side by side.
func gatherWindows<Scalar: TensorFloatingPointScalar>(
  _ inputs: [Tensor<Scalar>], _ geometry: ConvolutionGeometry, rows: Range<Int>,
  to columns: UnsafeMutablePointer<Scalar>
) {
  var channel = 0
  for input in inputs {
    let count = input.shape[-1]
    let source = input.pointer
    let first = channel
    forEachWindowElement(geometry, rows: rows) { element, pixel in
      let target = columns + element * geometry.inputChannels + first
      if let pixel {
        target.update(from: source + pixel * count, count: count)
      } else {
        target.update(repeating: 0, count: count)
      }
    }
    channel += count
  }
}

/// Adds the windows of the output rows `rows` back to the pixels that they were copied from.
func scatterWindows<Scalar: TensorFloatingPointScalar>(
  _ columns: UnsafePointer<Scalar>, _ geometry: ConvolutionGeometry, rows: Range<Int>,
  to image: UnsafeMutablePointer<Scalar>
) {
  let channels = geometry.inputChannels
  forEachWindowElement(geometry, rows: rows) { element, pixel in
    guard let pixel else { return }
    addRow(columns + element * channels, to: image + pixel * channels, count: channels)
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func addRow<Scalar: TensorFloatingPointScalar>(
  _ source: UnsafePointer<Scalar>, to target: UnsafeMutablePointer<Scalar>, count: Int
) {
  for index in 0..<count { target[index] += source[index] }
}

/// Calls `body` for every kernel position of every window of the output rows `rows` (counted through the
/// batch), with the number of the window element and the number of the input pixel that it reads, `nil`
/// outside the image.
@inline(__always)
private func forEachWindowElement(
  _ geometry: ConvolutionGeometry, rows: Range<Int>, _ body: (_ element: Int, _ pixel: Int?) -> Void
) {
  let (input, output, kernel) = (geometry.input, geometry.output, geometry.kernel)
  var element = 0
  for row in rows {
    let height = row % output.height
    let depth = row / output.height % output.depth
    let image = row / (output.height * output.depth)
    for width in 0..<output.width {
      for kernelDepth in 0..<kernel.depth {
        let z = depth * geometry.stride.depth + kernelDepth * geometry.dilation.depth - geometry.padding.depth
        for kernelHeight in 0..<kernel.height {
          let y =
            height * geometry.stride.height + kernelHeight * geometry.dilation.height
            - geometry.padding.height
          let isInside = z >= 0 && z < input.depth && y >= 0 && y < input.height
          let start = ((image * input.depth + z) * input.height + y) * input.width
          for kernelWidth in 0..<kernel.width {
            let x =
              width * geometry.stride.width + kernelWidth * geometry.dilation.width - geometry.padding.width
            body(element, isInside && x >= 0 && x < input.width ? start + x : nil)
            element += 1
          }
        }
      }
    }
  }
}
