public import Autograd
public import Tensor

/// A network that gives features of an image at several levels: what pre-training trains, and what a segmentation network
/// is built on.
///
/// `UNetEncoder` is one; an encoder of your own conforms by saying what its levels are:
///
///     final class Residual<Scalar: TensorFloatingPointScalar>: FeatureEncoder {
///       var encoderDescription: EncoderDescription {
///         EncoderDescription(inputChannels: 1, levels: [.init(channels: 16, stride: [2, 2]), .init(channels: 32, stride: [4, 4])])
///       }
///       ...
///     }
///
/// An encoder is called without a generator of random numbers, so that it must not draw: pre-training refuses one that lists
/// a ``Dropout``, before the first step. Drop features of the network around it instead.
public protocol FeatureEncoder<Scalar>: Module {
  /// What the encoder takes and gives.
  var encoderDescription: EncoderDescription { get }
  /// The features of every level of an image `[N, spatial..., inputChannels]`, finest first, the deepest last:
  /// `[N, spatial / stride..., channels]`.
  func callAsFunction(_ image: Variable<Scalar>) -> [Variable<Scalar>]
}

/// What an encoder takes and gives: channels of the image, and channels and stride of every level.
public struct EncoderDescription: Sendable, Hashable, Codable {
  /// One level of features.
  public struct Level: Sendable, Hashable, Codable {
    /// Channels of the features.
    public let channels: Int
    /// Pixels of the image for one of the features, along each spatial axis.
    public let stride: [Int]

    /// A level.
    public init(channels: Int, stride: [Int]) {
      self.channels = channels
      self.stride = stride
    }
  }

  /// Channels of the image.
  public let inputChannels: Int
  /// The levels, finest first, the deepest last.
  public let levels: [Level]

  /// A description.
  ///
  /// - Precondition: positive channels and strides, at least one level, as many strides for each as there are axes.
  public init(inputChannels: Int, levels: [Level]) {
    shapePrecondition(
      inputChannels >= 1 && !levels.isEmpty
        && levels.allSatisfy {
          $0.channels >= 1 && $0.stride.count == levels[0].stride.count && $0.stride.allSatisfy { $0 >= 1 }
        },
      "an encoder has channels and levels with a stride for each axis, not \(inputChannels) and \(levels)")
    self.inputChannels = inputChannels
    self.levels = levels
  }

  /// Spatial axes of an image: 2 or 3.
  public var spatialAxes: Int { levels[0].stride.count }
  /// The deepest level.
  public var deepest: Level { levels[levels.count - 1] }
  /// What the side of an image must be a multiple of, along each axis: the least multiple of all strides.
  public var sizeMultiple: [Int] {
    (0..<spatialAxes).map { axis in
      levels.reduce(1) { product, level in product / gcd(product, level.stride[axis]) * level.stride[axis] }
    }
  }
}

private func gcd(_ first: Int, _ second: Int) -> Int { second == 0 ? first : gcd(second, first % second) }

/// How an encoder is made, as often as a method needs one: a momentum encoder is a second copy.
///
///     EncoderBlueprint.unet(width: 32)
///     EncoderBlueprint("residual", settings: widths) { generator in Residual<Float>(widths, using: &generator) }
public struct EncoderBlueprint: Sendable, Encodable {
  /// The kind of encoder, for messages and for comparison on resume.
  public let name: String
  private let settings: any Encodable & Sendable
  private let build: @Sendable (inout PhiloxGenerator) -> any FeatureEncoder<Float>

  /// A blueprint of your own.
  ///
  /// - Parameters:
  ///   - name: The kind of encoder.
  ///   - settings: All that `build` depends on; a resumed training must have the same.
  ///   - build: Makes an encoder, its weights drawn from the generator.
  public init(
    _ name: String, settings: some Encodable & Sendable,
    build: @escaping @Sendable (inout PhiloxGenerator) -> any FeatureEncoder<Float>
  ) {
    self.name = name
    self.settings = settings
    self.build = build
  }

  /// A U-Net's encoder for images.
  ///
  /// - Parameters:
  ///   - configuration: Its sizes.
  ///   - initializer: What it begins with: PyTorch's default, as SuperCL's released code pre-trains. Its Kaiming weights
  ///     belong to fine-tuning and are 2.45 times as wide, so that one rate means two steps.
  public static func unet(
    _ configuration: UNetConfiguration = .init(), initializer: ParameterInitializer = .pyTorchDefault
  ) -> EncoderBlueprint {
    EncoderBlueprint("unet", settings: UNetSettings(configuration: configuration, initializer: initializer)) {
      UNetEncoder<Float>(configuration, initializer: initializer, using: &$0)
    }
  }

  /// A U-Net's encoder for images, in the paper's proportions from its first width.
  public static func unet(inputChannels: Int = 1, width: Int) -> EncoderBlueprint {
    unet(UNetConfiguration(inputChannels: inputChannels, width: width))
  }

  /// A U-Net's encoder for volumes; see ``unet(_:initializer:)``.
  public static func unet3D(
    _ configuration: UNetConfiguration = .init(), initializer: ParameterInitializer = .pyTorchDefault
  ) -> EncoderBlueprint {
    EncoderBlueprint("unet3D", settings: UNetSettings(configuration: configuration, initializer: initializer))
    {
      UNetEncoder3D<Float>(configuration, initializer: initializer, using: &$0)
    }
  }

  private struct UNetSettings: Encodable {
    let configuration: UNetConfiguration
    let initializer: ParameterInitializer
  }

  /// An encoder with weights drawn from the generator.
  public func makeEncoder(using generator: inout PhiloxGenerator) -> any FeatureEncoder<Float> {
    build(&generator)
  }

  /// What its encoders take and give; makes one to ask.
  public var encoderDescription: EncoderDescription {
    var generator = PhiloxGenerator(seed: 0)
    return build(&generator).encoderDescription
  }

  private enum CodingKeys: String, CodingKey { case name, settings }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try settings.encode(to: container.superEncoder(forKey: .settings))
  }
}
