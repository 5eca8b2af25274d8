import Tensor

/// The sizes of a U-Net; the defaults are those of SuperCL's released code.
public struct UNetConfiguration: Sendable, Equatable, Codable {
  /// Channels of the image: 1 for CT, 4 for BraTS.
  public var inputChannels: Int
  /// Channels of the stages, finest first, and of the center: 32, 64, 128, 256, 512. There are as many
  /// halvings as stages.
  public var widths: [Int]
  /// The slope of the stages' leaky ReLU: .01.
  public var negativeSlope: Double

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
  /// What every side of an image must be a multiple of: `2^stageCount`, 16.
  public var sizeMultiple: Int { 1 << stageCount }
}
