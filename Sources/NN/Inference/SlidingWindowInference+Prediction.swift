import Autograd
public import Tensor

/// Finished probabilities of a part of an image.
public struct ProbabilitySlab<Scalar: TensorFloatingPointScalar>: Sendable {
  /// The indices along the image's first axis that the part takes: planes of a volume, rows of an image.
  public let range: Range<Int>
  /// The probabilities of the classes, `[range.count, further sides..., K]`.
  public let probabilities: Tensor<Scalar>
}

extension SlidingWindowInference {
  /// The most probable class of every pixel.
  ///
  /// Memory beside the image: the labels, the sums of probabilities of one window's planes, and the windows of one pass. The
  /// same for any number of threads, to the bit. Layers that train and predict differently predict, and nothing is recorded
  /// for gradients.
  ///
  /// - Parameters:
  ///   - image: `[H, W, C]` or `[D, H, W, C]`.
  ///   - network: Scores `[N, spatial..., K]` of windows `[N, spatial..., C]`, before softmax.
  ///   - progress: Called behind each batch of windows; it may stop the prediction.
  /// - Returns: `[H, W]` or `[D, H, W]`, in `0..<K`; of equal probabilities the lowest class.
  /// - Throws: ``InferenceError``, and what `progress` throws.
  public func labels<Network: Layer>(
    of image: Tensor<Network.Scalar>, by network: Network,
    progress: InferenceProgress.Handler = { _ in .proceed }
  ) throws -> Tensor<Int32> {
    try labels(of: image, by: network, as: Int32.self, progress: progress)
  }

  /// The most probable class of every pixel, in integers of a type: `UInt8` takes a quarter of the memory. See
  /// ``labels(of:by:progress:)``.
  ///
  /// - Precondition: the type holds every class.
  public func labels<Network: Layer, Label: TensorIntegerScalar>(
    of image: Tensor<Network.Scalar>, by network: Network, as type: Label.Type,
    progress: InferenceProgress.Handler = { _ in .proceed }
  ) throws -> Tensor<Label> {
    let shape = image.shape.removing(axis: -1)
    var labels = Tensor<Label>(zeros: shape)
    try sums(of: image, by: network, progress: progress) { planes, sums, _ in
      shapePrecondition(
        sums.shape[-1] - 1 <= Label.max, "\(sums.shape[-1]) classes are more than \(type) holds")
      // Weights are the same for all classes: the largest sum is the largest probability. A plane at a time, as four bytes
      // a pixel of all of them would be as much as the labels of a short volume.
      let planeShape = shape.replacing(axis: 0, with: 1)
      for (index, plane) in planes.enumerated() {
        let part = Tensor<Label>(converting: sums.sliced(along: 0, index..<index + 1).argmax(along: -1))
        labels.replace(along: 0, plane..<plane + 1, with: part.reshaped(planeShape))
      }
    }
    return labels
  }

  /// The probability of every class at every pixel, `[H, W, K]` or `[D, H, W, K]`; see ``labels(of:by:progress:)``.
  ///
  /// - Throws: ``InferenceError``, and what `progress` throws.
  public func probabilities<Network: Layer>(
    of image: Tensor<Network.Scalar>, by network: Network,
    progress: InferenceProgress.Handler = { _ in .proceed }
  ) throws -> Tensor<Network.Scalar> {
    var result: Tensor<Network.Scalar>?
    try forEachSlab(of: image, by: network, progress: progress) { slab in
      let shape = slab.probabilities.shape.replacing(axis: 0, with: image.shape[0])
      var whole = result ?? Tensor(zeros: shape)
      result = nil
      whole.replace(along: 0, slab.range, with: slab.probabilities)
      result = whole
    }
    return result ?? Tensor(zeros: image.shape)
  }

  /// Hands out the probabilities slab by slab, each as soon as no later window touches it: those of a large volume go to a
  /// file and never stand in memory together.
  ///
  ///     try windows.forEachSlab(of: volume, by: network) { slab in try file.write(slab.probabilities) }
  ///
  /// Slabs follow each other along the first axis and cover it; see ``labels(of:by:progress:)``.
  ///
  /// - Throws: ``InferenceError``, and what `progress` and `body` throw.
  public func forEachSlab<Network: Layer>(
    of image: Tensor<Network.Scalar>, by network: Network,
    progress: InferenceProgress.Handler = { _ in .proceed },
    _ body: (ProbabilitySlab<Network.Scalar>) throws -> Void
  ) throws {
    try sums(of: image, by: network, progress: progress) { planes, sums, grid in
      let probabilities = sums / grid.totals(planes, Network.Scalar.self)
      let sides = [planes.count] + image.shape.dimensions[1..<image.rank - 1]
      try body(
        ProbabilitySlab(range: planes, probabilities: probabilities.reshaped(sides + [sums.shape[-1]])))
    }
  }

  /// Hands out the weighted sums of probabilities `[planes, side, side, K]`, slab by slab.
  private func sums<Network: Layer>(
    of image: Tensor<Network.Scalar>, by network: Network, progress: InferenceProgress.Handler,
    _ body: (Range<Int>, Tensor<Network.Scalar>, WindowGrid) throws -> Void
  ) throws {
    try validate(image.shape, network.inputDescription)
    if case (let count, let first?) = image.nonFiniteElements {
      throw InferenceError(.imageIsNotFinite(place: image.shape.place(of: first), count: count))
    }
    let grid = WindowGrid(self, image: image.shape)
    var pass = WindowPass(self, network: network, image: image, grid: grid)
    let weights = grid.weightMap(Network.Scalar.self)
    var slab: SlabSums<Network.Scalar>?
    let start = ContinuousClock.now
    for first in stride(from: 0, to: grid.count, by: batchSize) {
      let places = (first..<min(grid.count, first + batchSize)).map(grid.place)
      let probabilities = try pass.probabilities(at: places)
      let classes = probabilities.shape[-1]
      var sums = slab ?? SlabSums(grid, classes: classes)
      slab = nil
      guard sums.classes == classes else {
        throw InferenceError(.scoresDoNotFit(scores: probabilities.shape, windows: image.shape))
      }
      for (index, place) in places.enumerated() {
        let pixels = grid.pixels(at: place)
        try sums.finish(before: pixels[0].lowerBound) { try body($0, $1, grid) }
        let inside = zip(pixels, place).map { $0.lowerBound - $1..<$0.upperBound - $1 }
        sums.add(probabilities[index], weights: weights, inside: inside, at: pixels)
      }
      slab = sums
      let done = first + places.count
      let state = InferenceProgress(
        windowsDone: done, windowCount: grid.count, seconds: (ContinuousClock.now - start) / .seconds(1),
        networkSeconds: pass.networkTime / .seconds(1))
      if try progress(state) == .stop, done < grid.count {
        throw InferenceError(.stopped(windows: done, of: grid.count))
      }
    }
    try slab?.finish(before: grid.lengths[0]) { try body($0, $1, grid) }
  }
}
