public import Autograd
public import Tensor

/// `max(x, 0)`.
public final class ReLU<Scalar: TensorFloatingPointScalar>: Layer {
  /// A layer without settings.
  public init() {}
  public var members: [ModuleMember<Scalar>] { [] }
  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> { input.relu() }
}

/// `x` where positive, `negativeSlope x` elsewhere.
public final class LeakyReLU<Scalar: TensorFloatingPointScalar>: Layer {
  /// The slope for negative values: .01.
  public let negativeSlope: Scalar
  /// A layer with the given slope for negative values.
  public init(negativeSlope: Scalar = 0.01) { self.negativeSlope = negativeSlope }
  public var members: [ModuleMember<Scalar>] { [] }
  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    input.leakyReLU(negativeSlope: negativeSlope)
  }
}

/// `x Phi(x)` with the normal distribution function Phi, in its exact form with `erf`.
///
/// Source: Hendrycks and Gimpel, arXiv 1606.08415.
public final class GELU<Scalar: TensorFloatingPointScalar>: Layer {
  /// A layer without settings.
  public init() {}
  public var members: [ModuleMember<Scalar>] { [] }
  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> { input.gelu() }
}
