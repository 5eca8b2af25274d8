public import Autograd
public import Tensor

/// A network that makes one map of the features of an encoder's levels: the other half of a U-Net, whole or in part.
public protocol FeatureDecoder<Scalar>: Module {
  /// The map `[N, spatial..., C]` of features of every level, finest first, the deepest last.
  func callAsFunction(_ levels: [Variable<Scalar>]) -> Variable<Scalar>
  /// The maps behind its stages, deepest first, the last of them the one above; that one alone unless said otherwise.
  func maps(of levels: [Variable<Scalar>]) -> [Variable<Scalar>]
}

extension FeatureDecoder {
  public func maps(of levels: [Variable<Scalar>]) -> [Variable<Scalar>] { [self(levels)] }
}

extension UNetDecoderND: FeatureDecoder {}

extension EncoderDescription {
  /// Whether the first level has the image's size and every other one half of the one before, along each axis.
  public var halvesAtEachLevel: Bool {
    levels.count >= 2
      && levels.enumerated().allSatisfy { level, features in features.stride.allSatisfy { $0 == 1 << level } }
  }

  /// Whether the first level has the image's size and a whole number of pixels of every other level's predecessor makes one of
  /// its own, along each axis: what a U-Net's decoder can expand.
  public var dividesAtEachLevel: Bool {
    levels.count >= 2 && levels[0].stride.allSatisfy { $0 == 1 }
      && zip(levels, levels.dropFirst()).allSatisfy { finer, coarser in
        zip(finer.stride, coarser.stride).allSatisfy { $1 % $0 == 0 }
      }
  }

  /// A U-Net's decoder for the levels of such an encoder, or its deepest so many stages.
  ///
  /// Its map has the channels of the level that the last stage ends at: of level `levels.count - 1 - stageCount`.
  ///
  /// - Precondition: ``dividesAtEachLevel``, with 2 or 3 axes; from 1 to `levels.count - 1` stages.
  public func makeUNetDecoder<Scalar: TensorFloatingPointScalar>(
    stageCount: Int? = nil, initializer: ParameterInitializer = .pyTorchDefault,
    using generator: inout some RandomNumberGenerator
  ) -> any FeatureDecoder<Scalar> {
    shapePrecondition(
      dividesAtEachLevel && (2...3).contains(spatialAxes),
      "a U-Net's decoder does not expand levels of strides \(levels.map(\.stride))")
    var configuration = UNetConfiguration(inputChannels: inputChannels, widths: levels.map(\.channels))
    configuration.poolings = zip(levels, levels.dropFirst()).map { finer, coarser in
      zip(finer.stride, coarser.stride).map { $1 / $0 }
    }
    return spatialAxes == 2
      ? UNetDecoderND<Scalar, Planar>(
        configuration, stageCount: stageCount, initializer: initializer, using: &generator)
      : UNetDecoderND<Scalar, Volumetric>(
        configuration, stageCount: stageCount, initializer: initializer, using: &generator)
  }
}
