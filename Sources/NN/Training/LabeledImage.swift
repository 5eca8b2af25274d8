public import Tensor

/// One image with its reference labels.
public struct LabeledImage: Sendable {
  /// `[H, W, C]`, or `[D, H, W, C]`.
  public var image: Tensor<Float>
  /// `[H, W]`, or `[D, H, W]`.
  public var labels: Tensor<Int32>

  /// An image with labels of its spatial shape; a training looks at whether they fit before it reads them.
  public init(image: Tensor<Float>, labels: Tensor<Int32>) {
    self.image = image
    self.labels = labels
  }
}

/// Changes an image and its labels together, from random numbers alone.
public protocol LabeledImageAugmentation: Encodable, Sendable {
  /// One changed copy.
  func callAsFunction(_ image: LabeledImage, using generator: inout PhiloxGenerator) -> LabeledImage
}

/// An augmentation that is a function: its name stands for it when a resumed training is compared.
public struct NamedAugmentation: LabeledImageAugmentation {
  /// What the function does; another function needs another name.
  public let name: String
  private let change: @Sendable (LabeledImage, inout PhiloxGenerator) -> LabeledImage

  /// A function under a name.
  public init(
    _ name: String, _ change: @escaping @Sendable (LabeledImage, inout PhiloxGenerator) -> LabeledImage
  ) {
    self.name = name
    self.change = change
  }

  public func callAsFunction(_ image: LabeledImage, using generator: inout PhiloxGenerator) -> LabeledImage {
    change(image, &generator)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}
