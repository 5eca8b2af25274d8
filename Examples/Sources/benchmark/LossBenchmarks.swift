import Autograd
import Contrastive
import Tensor

/// Losses alone, forward and backward.
let lossBenchmarks: [BenchmarkCase] =
  [512, 128].map { channels in
    BenchmarkCase(name: "ILCP \(channels)") { intraImageCase(channels: channels) }
  } + rowLosses + methodLosses

/// The losses of the compared methods: two views of 512 images, embeddings of 1,024 numbers where features are decorrelated
/// and of 128 elsewhere.
private let methodLosses: [BenchmarkCase] = [
  pairCase("negative cosine 128", features: 128) { NegativeCosineLoss()($0, targets: $1) },
  pairCase("Barlow Twins 1024", features: 1024) { BarlowTwinsLoss()($0, $1) },
  pairCase("VICReg 1024", features: 1024) { VICRegLoss()($0, $1) },
  pairCase("alignment and uniformity 128", features: 128) { AlignmentUniformityLoss()($0, $1) },
  tripletCase("triplet all 128", .all),
  tripletCase("triplet batch-hard 128", .batchHard),
  BenchmarkCase(name: "SwAV 300", prepare: swAVCase),
  BenchmarkCase(name: "dense contrast 128", prepare: denseCase),
  BenchmarkCase(name: "pixel contrast 128", prepare: pixelCase),
]

private func pairCase(
  _ name: String, features: Int,
  _ loss: @escaping @Sendable (Variable<Float>, Variable<Float>) -> Variable<Float>
) -> BenchmarkCase {
  BenchmarkCase(
    name: name,
    prepare: {
      let views = normalRows([512, features], count: 2)
      return {
        for view in views { view.gradient = nil }
        loss(views[0], views[1]).backward()
      }
    })
}

/// 256 rows of 32 classes: eager peers list all triplets.
private func tripletCase(_ name: String, _ mining: TripletLoss.Mining) -> BenchmarkCase {
  BenchmarkCase(
    name: name,
    prepare: {
      let rows = normalRows([256, 128], count: 1)[0]
      let labels = Tensor<Int32>((0..<256).map { Int32($0 % 32) })
      let loss = TripletLoss(mining: mining)
      return {
        rows.gradient = nil
        loss(rows, labels: labels).backward()
      }
    })
}

/// Two crops of 512 images, whose scores are cosines with 300 prototypes, and their codes.
private func swAVCase() -> () throws -> Void {
  func unit(_ rows: Tensor<Float>) -> Tensor<Float> { rows / rows.norm(along: 1).expanded(at: 1) }
  let embeddings = normalRows([512, 128], count: 2).map { unit($0.value) }
  let prototypes = unit(normalRows([300, 128], count: 1, seed: 2)[0].value)
  let scores = embeddings.map {
    Variable($0.matmul(prototypes, transposing: .right), requiresGradient: true)
  }
  let loss = SwAVLoss()
  return {
    for crop in scores { crop.gradient = nil }
    loss(scores, codes: scores.map { Sinkhorn().codes(of: $0.value) }).backward()
  }
}

/// 32 images with maps of 7 x 7, a queue of 16,384.
private func denseCase() -> () throws -> Void {
  let queries = normalRows([32, 7, 7, 128], count: 1)[0]
  let keys = normalRows([32, 7, 7, 128], count: 1, seed: 2)[0].value
  let features = normalRows([32, 7, 7, 512], count: 2, seed: 3).map(\.value)
  let negatives = normalRows([16_384, 128], count: 1, seed: 4)[0].value
  let loss = DenseContrastLoss()
  return {
    queries.gradient = nil
    let matches = loss.matches(queries: features[0], keys: features[1])
    loss(queries: queries, keys: keys, matches: matches, negatives: negatives).backward()
  }
}

/// 8 images of 64 x 64 pixels and 5 classes, 100 pixels of each drawn.
private func pixelCase() -> () throws -> Void {
  let features = normalRows([8, 64, 64, 128], count: 1)[0]
  let labels = Tensor<Int32>(shape: [8, 64, 64]) { labels in
    for index in labels.indices { labels[index] = Int32(index / 64 % 64 * 5 / 64) }
  }
  let loss = PixelContrastLoss()
  var generator = PhiloxGenerator(seed: 5)
  return {
    features.gradient = nil
    loss(features, labels: labels, using: &generator).backward()
  }
}

private func normalRows(_ shape: TensorShape, count: Int, seed: UInt64 = 1) -> [Variable<Float>] {
  var generator = PhiloxGenerator(seed: seed)
  return (0..<count).map { _ in
    Variable(
      Tensor<Float>(normalWithMean: 0, standardDeviation: 1, shape: shape, using: &generator),
      requiresGradient: true)
  }
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
