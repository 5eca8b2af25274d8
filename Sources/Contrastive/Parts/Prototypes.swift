public import Autograd
public import NN
public import Tensor

/// K learned directions that embeddings are compared with: SwAV's prototypes.
///
/// A parameter `weight` `[K, d]` (PyTorch's `prototypes.weight`) whose rows have length 1: at the start, and again after
/// every update by ``normalize()``. The scores of unit embeddings are then cosines.
///
/// Source: Caron et al., NeurIPS 2020, section 3.
public final class Prototypes<Scalar: TensorFloatingPointScalar>: Module {
  /// The rows `[K, d]`.
  public let weight: Parameter<Scalar>

  /// Prototypes in the directions of the rows `[K, d]`.
  public init(_ rows: Tensor<Scalar>) {
    shapePrecondition(rows.rank == 2, "prototypes are rows [K, d], not \(rows.shape)")
    weight = Parameter(rows.unitRows())
  }

  /// Prototypes in random directions.
  public convenience init(count: Int, features: Int, using generator: inout some RandomNumberGenerator) {
    self.init(.randomUnitRows(count: count, features: features, using: &generator))
  }

  public var members: [ModuleMember<Scalar>] { [.parameter("weight", weight)] }

  /// Scalar products with unit embeddings: `[N, d]` to `[N, K]`.
  public func scores(of embeddings: Variable<Scalar>) -> Variable<Scalar> {
    embeddings.matmul(weight.variable, transposing: .right)
  }

  /// Brings the rows back to length 1, outside the graph.
  public func normalize() { weight.value = weight.value.unitRows() }

  /// Drops the gradient, so that the next update leaves the prototypes as they are: no step, no decay, no momentum.
  public func hold() { weight.gradient = nil }
}
