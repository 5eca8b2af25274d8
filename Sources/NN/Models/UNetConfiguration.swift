public import Tensor

/// The sizes of a U-Net; the defaults are those of SuperCL's released code.
public struct UNetConfiguration: Sendable, Equatable, Codable {
  /// Channels of the image: 1 for CT, 4 for BraTS.
  public var inputChannels: Int
  /// Channels of the stages, finest first, and of the center: 32, 64, 128, 256, 512. There are as many
  /// halvings as stages.
  public var widths: [Int]
  /// The slope of the stages' leaky ReLU: .01.
  public var negativeSlope: Double
  /// What the pooling behind each stage divides the sides by, `poolings[stage][axis]`, stages finest first and axes
  /// outermost first; `nil` for 2 along every axis, as in the released code.
  ///
  /// For thick slices, `[[1, 2, 2], [1, 2, 2], [2, 2, 2], [2, 2, 2]]` joins planes only when the pixels within them have
  /// grown as large; ``pooled(for:)`` chooses this by the spacing.
  public var poolings: [[Int]]?

  /// - Precondition: at least one channel and two widths, all positive.
  public init(inputChannels: Int = 1, widths: [Int] = [32, 64, 128, 256, 512], negativeSlope: Double = 0.01) {
    shapePrecondition(inputChannels >= 1, "a U-Net needs at least one input channel, not \(inputChannels)")
    shapePrecondition(
      widths.count >= 2 && widths.allSatisfy { $0 >= 1 },
      "a U-Net needs two or more positive widths: \(widths)")
    self.inputChannels = inputChannels
    self.widths = widths
    self.negativeSlope = negativeSlope
  }

  /// The same proportions from the first width: `width`, twice, 4, 8 and 16 times that.
  public init(inputChannels: Int = 1, width: Int) {
    self.init(inputChannels: inputChannels, widths: (0..<5).map { width << $0 })
  }

  /// The number of stages, and of halvings: 4.
  public var stageCount: Int { widths.count - 1 }
  /// What every side of an image must be a multiple of where all axes are pooled alike: `2^stageCount`, 16; otherwise the
  /// largest of the axes' own, which `EncoderDescription.sizeMultiple` tells apart.
  public var sizeMultiple: Int {
    guard let poolings, let axes = poolings.first?.count else { return 1 << stageCount }
    return strides(axes: axes).last?.max() ?? 1
  }

  /// The same network with poolings for voxels of a spacing: behind each stage an axis is halved only where its voxels, as
  /// they are by then, are less than twice as long as the shortest.
  ///
  ///     UNetConfiguration(width: 16).pooled(for: VoxelSpacing(plane: 5, row: 0.7, column: 0.7))
  ///     // [1, 2, 2] behind two stages, while planes are 5 mm apart and pixels .7 and 1.4 mm wide, then [2, 2, 2]
  ///
  /// Source: the idea is nnU-Net's (Isensee et al., Nature Methods 2021), which also looks at the patch.
  public func pooled(for spacing: VoxelSpacing) -> UNetConfiguration {
    var configuration = self
    var lengths = spacing.millimeters
    configuration.poolings = (0..<stageCount).map { _ in
      let shortest = lengths.min() ?? 1
      let factors = lengths.map { $0 < 2 * shortest ? 2 : 1 }
      lengths = zip(lengths, factors).map { $0 * Double($1) }
      return factors
    }
    return configuration
  }

  /// The pooling behind each stage, for so many axes.
  ///
  /// - Precondition: ``poolings``, where they are given, are positive and as many as stages, each with a factor an axis.
  func poolings(axes: Int) -> [[Int]] {
    guard let poolings else {
      return [[Int]](repeating: [Int](repeating: 2, count: axes), count: stageCount)
    }
    shapePrecondition(
      poolings.count == stageCount
        && poolings.allSatisfy { $0.count == axes && $0.allSatisfy { $0 >= 1 } },
      "poolings \(poolings) are not one positive factor an axis (\(axes)) behind each of \(stageCount) stages"
    )
    return poolings
  }

  /// Pixels of the image for one of each level, along each axis: `[levels][axes]`.
  func strides(axes: Int) -> [[Int]] {
    poolings(axes: axes).reduce(into: [[Int](repeating: 1, count: axes)]) { strides, factors in
      strides.append(zip(strides[strides.count - 1], factors).map { $0 * $1 })
    }
  }
}
