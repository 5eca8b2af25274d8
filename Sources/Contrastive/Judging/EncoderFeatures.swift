import Autograd
public import NN
public import Tensor

// Features of many images, for judging: in evaluation mode, so that norm layers use their running statistics and leave
// them as they are, and without a graph. Every layer has its mode back afterwards.

extension FeatureEncoder {
  /// The features of a level, averaged over all places of its map: one row an image, `[N, channels]`.
  ///
  /// What k-NN and linear probes are run on: the encoder's own output, before any projector.
  ///
  /// - Parameters:
  ///   - images: `[spatial..., inputChannels]` each; sizes may differ.
  ///   - level: The place in the encoder's output, from 0, the finest; the deepest where `nil`.
  ///   - batchSize: Images of one size that pass the encoder together. It bounds memory and changes nothing else.
  /// - Throws: ``FeatureError`` for the first image that the encoder does not take or that is not finite, and for features
  ///   that are not finite; what the dataset throws.
  /// - Precondition: the level exists, and a batch has at least one image.
  public func pooledFeatures<Images: Dataset>(
    of images: Images, level: Int? = nil, batchSize: Int = 8
  ) throws -> Tensor<Scalar> where Images.Element == Tensor<Scalar> {
    let level = checked(level)
    var rows: [Tensor<Scalar>] = []
    try visit(images, batchSize: batchSize, sizes: .any) { rows.append($0[level].globalAveragePool()) }
    return rows.isEmpty
      ? Tensor(zeros: [0, encoderDescription.levels[level].channels]) : Tensor(concatenating: rows, along: 0)
  }

  /// The maps of a level, `[N, spatial / stride..., channels]`: what pixels are judged on.
  ///
  /// Memory holds all of them: N images of 256 pixels a side at a level of 64 channels and stride 2 take 4 MiB each in 32
  /// bits.
  ///
  /// - Throws: as `pooledFeatures(of:level:batchSize:)`, and for images of different sizes.
  /// - Precondition: the level exists, and a batch has at least one image.
  public func featureMaps<Images: Dataset>(
    of images: Images, level: Int? = nil, batchSize: Int = 8
  ) throws -> Tensor<Scalar> where Images.Element == Tensor<Scalar> {
    let level = checked(level)
    var maps: [Tensor<Scalar>] = []
    try visit(images, batchSize: batchSize, sizes: .one) { maps.append($0[level]) }
    guard !maps.isEmpty else { throw FeatureError(.noFeatures) }
    return Tensor(concatenating: maps, along: 0)
  }

  private func checked(_ level: Int?) -> Int {
    let levels = encoderDescription.levels.count
    let level = level ?? levels - 1
    shapePrecondition((0..<levels).contains(level), "an encoder of \(levels) levels has no level \(level)")
    return level
  }

  /// The levels of all images, in batches of one size.
  private func visit<Images: Dataset>(
    _ images: Images, batchSize: Int, sizes: ImageSizes, _ body: ([Tensor<Scalar>]) -> Void
  ) throws where Images.Element == Tensor<Scalar> {
    shapePrecondition(batchSize >= 1, "a batch has at least one image, not \(batchSize)")
    try withMode(.evaluation) {
      try withoutGradient {
        var batch: [Tensor<Scalar>] = []
        var firstShape: TensorShape?
        func run() throws(FeatureError) {
          guard !batch.isEmpty else { return }
          let levels = self(Variable(Tensor(stacking: batch))).map(\.value)
          for level in levels { try level.requireFiniteFeatures() }
          body(levels)
          batch = []
        }
        for index in 0..<images.count {
          let image = try images.element(at: index)
          try check(image, index)
          if sizes == .one, let firstShape, image.shape != firstShape {
            throw FeatureError(
              .imageDoesNotFit(
                index: index, shape: image.shape, reason: "maps of one tensor have one size, \(firstShape)"))
          }
          firstShape = firstShape ?? image.shape
          if batch.count == batchSize || batch.first.map({ $0.shape != image.shape }) ?? false { try run() }
          batch.append(image)
        }
        try run()
      }
    }
  }

  private func check(_ image: Tensor<Scalar>, _ index: Int) throws(FeatureError) {
    let encoder = encoderDescription
    guard image.rank == encoder.spatialAxes + 1, image.shape[-1] == encoder.inputChannels,
      zip(image.shape.dimensions, encoder.sizeMultiple).allSatisfy({ $0 > 0 && $0 % $1 == 0 })
    else {
      throw FeatureError(
        .imageDoesNotFit(
          index: index, shape: image.shape,
          reason: "the encoder takes \(encoder.spatialAxes) spatial axes of multiples of "
            + "\(encoder.sizeMultiple) and \(encoder.inputChannels) channels"))
    }
    let count = image.nonFiniteElements.count
    guard count == 0 else { throw FeatureError(.imageIsNotFinite(index: index, count: count)) }
  }
}

/// Which sizes images may have.
private enum ImageSizes { case any, one }

extension FeatureEncoder where Scalar == Float {
  /// The averaged features of images in memory; see `pooledFeatures(of:level:batchSize:)`.
  public func pooledFeatures(
    of images: [PretrainingImage], level: Int? = nil, batchSize: Int = 8
  ) throws -> Tensor<Float> {
    try pooledFeatures(of: ArrayDataset(images.map(\.image)), level: level, batchSize: batchSize)
  }

  /// The maps of images in memory; see ``featureMaps(of:level:batchSize:)``.
  public func featureMaps(
    of images: [PretrainingImage], level: Int? = nil, batchSize: Int = 8
  ) throws -> Tensor<Float> {
    try featureMaps(of: ArrayDataset(images.map(\.image)), level: level, batchSize: batchSize)
  }
}
