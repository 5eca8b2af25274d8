import Autograd
import Contrastive
import Tensor

/// ILCP alone, forward and backward: eight images, two views of 32 x 32 pixels each, 100 superpixels.
let lossBenchmarks: [BenchmarkCase] = [512, 128].map { channels in
  BenchmarkCase(name: "ILCP \(channels)") { intraImageCase(channels: channels) }
}

private func intraImageCase(channels: Int) -> () throws -> Void {
  var generator = PhiloxGenerator(seed: 1)
  let views = (0..<2).map { _ in
    Variable(
      Tensor<Float>(uniform: -1..<1, shape: [8, 32, 32, channels], using: &generator), requiresGradient: true)
  }
  // Cells of 3 x 3 pixels, about a hundred an image: what superpixels look like at this level.
  let superpixels = Tensor<Int32>(shape: [8, 32, 32]) { labels in
    for index in labels.indices { labels[index] = Int32(index / 32 % 32 / 3 * 11 + index % 32 / 3) }
  }
  let loss = IntraImageContrastiveLoss()
  return {
    for view in views { view.gradient = nil }
    try loss(views[0], views[1], superpixels: superpixels).backward()
  }
}
