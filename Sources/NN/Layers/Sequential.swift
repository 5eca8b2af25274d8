public import Autograd
public import Tensor

/// Layers one after the other, named by their positions `0`, `1`, ...
///
///     let head = Sequential<Float>(Linear(inputFeatures: 512, outputFeatures: 512, using: &generator), ReLU())
public final class Sequential<Scalar: TensorFloatingPointScalar>: Layer {
  /// The layers, first to last.
  public let layers: [any Layer<Scalar>]

  /// The layers, first to last.
  public init(_ layers: any Layer<Scalar>...) { self.layers = layers }
  /// The layers, first to last.
  public init(_ layers: [any Layer<Scalar>]) { self.layers = layers }

  public var members: [ModuleMember<Scalar>] {
    layers.enumerated().map { .module("\($0.offset)", $0.element) }
  }

  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    layers.reduce(input) { $1($0) }
  }

  public func callAsFunction(
    _ input: Variable<Scalar>, using generator: inout some RandomNumberGenerator
  ) -> Variable<Scalar> {
    var output = input
    for layer in layers { output = layer(output, using: &generator) }
    return output
  }
}
