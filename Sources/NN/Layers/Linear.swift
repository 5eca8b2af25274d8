public import Autograd
public import Tensor

/// `y = x W + b` on the last axis: `[..., in]` to `[..., out]`.
public final class Linear<Scalar: TensorFloatingPointScalar>: Layer {
  /// `[in, out]`.
  public let weight: Parameter<Scalar>
  /// `[out]`, or `nil` for a layer without.
  public let bias: Parameter<Scalar>?

  /// A layer with the given weights.
  ///
  /// - Precondition: the weight has the axes `[in, out]`.
  public init(weight: Tensor<Scalar>, bias: Tensor<Scalar>?) {
    shapePrecondition(weight.rank == 2, "Linear needs a weight [in, out], not \(weight.shape)")
    self.weight = Parameter(weight, layout: .linear)
    self.bias = bias.map { Parameter($0) }
  }

  /// A layer with weights and biases drawn by `initializer`.
  public convenience init(
    inputFeatures: Int, outputFeatures: Int, bias: BiasPolicy = .learned,
    initializer: ParameterInitializer = .kaimingNormal(), using generator: inout some RandomNumberGenerator
  ) {
    let (weight, bias): (Tensor<Scalar>, Tensor<Scalar>?) = bias.drawn(
      by: initializer, [inputFeatures, outputFeatures], layout: .linear, using: &generator)
    self.init(weight: weight, bias: bias)
  }

  public var members: [ModuleMember<Scalar>] {
    [.parameter("weight", weight)] + (bias.map { [.parameter("bias", $0)] } ?? [])
  }

  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    let rows = input.reshaped([-1, input.shape[-1]])
    var output = rows.matmul(weight.variable)
    if let bias { output = output + bias.variable }
    return output.reshaped(input.shape.replacing(axis: -1, with: weight.shape[1]))
  }
}
