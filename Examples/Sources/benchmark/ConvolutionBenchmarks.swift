import Tensor

/// Every 3x3 convolution of a U-Net of widths 32 to 512 on batches of eight images of 128 and 256 pixels:
/// forward, data gradient (not of the image) and weight gradient; and its 2x2 transposed convolutions,
/// forward and backward together. Then every 3x3x3 convolution of a 3-D U-Net of widths 32 to 256 on two volumes of 64
/// voxels a side.
let convolutionBenchmarks: [BenchmarkCase] =
  unetConvolutions.flatMap(cases) + unetUpsamplings.map(upsampling)
  + volumetricConvolutions.flatMap(volumetricCases)

private struct Layer: Hashable {
  var inputs: Int
  var outputs: Int
  /// Height and width of the result.
  var size: Int

  var name: String { "\(inputs)->\(outputs) at \(size)" }
}

private let batch = 8
private let volumes = 2

private var unetConvolutions: [Layer] {
  var layers: [Layer] = []
  for size in [128, 256] {
    for level in 0..<5 {
      let (width, side) = (32 << level, size >> level)
      let inputs = [level == 0 ? 1 : width / 2, width] + (level < 4 ? [2 * width] : [])
      layers += inputs.map { Layer(inputs: $0, outputs: width, size: side) }
    }
  }
  return layers
}

private var unetUpsamplings: [Layer] {
  [128, 256].flatMap { size in
    (0..<4).map { Layer(inputs: 64 << $0, outputs: 32 << $0, size: size >> $0) }
  }
}

private var volumetricConvolutions: [Layer] {
  (0..<4).flatMap { level in
    let (width, side) = (32 << level, 64 >> level)
    let inputs = [level == 0 ? 1 : width / 2, width] + (level < 3 ? [2 * width] : [])
    return inputs.map { Layer(inputs: $0, outputs: width, size: side) }
  }
}

private func cases(of layer: Layer) -> [BenchmarkCase] {
  let image: TensorShape = [batch, layer.size, layer.size, layer.inputs]
  let output: TensorShape = [batch, layer.size, layer.size, layer.outputs]
  let kernel: TensorShape = [3, 3, layer.inputs, layer.outputs]
  let forward = BenchmarkCase(name: "forward \(layer.name)") {
    let (x, weight) = (values(image), values(kernel))
    return { keep(x.conv2D(weight, padding: 1)) }
  }
  let data = BenchmarkCase(name: "data gradient \(layer.name)") {
    let (gradient, weight) = (values(output), values(kernel))
    return { keep(gradient.conv2DDataGradient(weight, inputShape: image, padding: 1)) }
  }
  let weight = BenchmarkCase(name: "weight gradient \(layer.name)") {
    let (x, gradient) = (values(image), values(output))
    return { keep(x.conv2DWeightGradient(gradient, kernelSize: 3, padding: 1)) }
  }
  return layer.inputs == 1 ? [forward, weight] : [forward, data, weight]
}

private func volumetricCases(of layer: Layer) -> [BenchmarkCase] {
  let image: TensorShape = [volumes, layer.size, layer.size, layer.size, layer.inputs]
  let output: TensorShape = [volumes, layer.size, layer.size, layer.size, layer.outputs]
  let kernel: TensorShape = [3, 3, 3, layer.inputs, layer.outputs]
  let forward = BenchmarkCase(name: "forward 3x3x3 \(layer.name)") {
    let (x, weight) = (values(image), values(kernel))
    return { keep(x.conv3D(weight, padding: 1)) }
  }
  let data = BenchmarkCase(name: "data gradient 3x3x3 \(layer.name)") {
    let (gradient, weight) = (values(output), values(kernel))
    return { keep(gradient.conv3DDataGradient(weight, inputShape: image, padding: 1)) }
  }
  let weight = BenchmarkCase(name: "weight gradient 3x3x3 \(layer.name)") {
    let (x, gradient) = (values(image), values(output))
    return { keep(x.conv3DWeightGradient(gradient, kernelSize: 3, padding: 1)) }
  }
  return layer.inputs == 1 ? [forward, weight] : [forward, data, weight]
}

private func upsampling(_ layer: Layer) -> BenchmarkCase {
  BenchmarkCase(name: "transposed 2x2 \(layer.name)") { () -> () throws -> Void in
    let x = values([batch, layer.size / 2, layer.size / 2, layer.inputs])
    let weight = values([2, 2, layer.inputs, layer.outputs])
    let bias = values([layer.outputs])
    let gradient = values([batch, layer.size, layer.size, layer.outputs])
    return {
      keep(x.transposedConv2D(weight, bias: bias, stride: 2))
      keep(gradient.transposedConv2DDataGradient(weight, inputShape: x.shape, stride: 2))
      keep(x.transposedConv2DWeightGradient(gradient, kernelSize: 2, stride: 2))
      keep(gradient.convolutionBiasGradient())
    }
  }
}

/// Numbers between -1 and 1, the same in every run.
private func values(_ shape: TensorShape) -> Tensor<Float> {
  var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  return Tensor(shape: shape) { buffer in
    for index in buffer.indices {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      buffer[index] = Float(state >> 40) / 8_388_608 - 1
    }
  }
}

/// Uses a result, so that it is computed.
@inline(never)
private func keep(_ result: Tensor<Float>) {}
