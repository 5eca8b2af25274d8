public import Tensor

/// What an operator keeps of an input for its gradient.
///
/// That is the tensor itself, or, where the operator before can cheaply compute it again from what it keeps anyway
/// (batch norm from its input), the recipe alone: then the tensor is freed as soon as the forward pass needs it no more.
/// That is done from ``SavedTensor/recomputedByteCount`` on: smaller ones are kept, because computing them again costs
/// time and saves little.
public struct SavedTensor<Scalar: TensorFloatingPointScalar> {
  /// The size from which a tensor is computed again: 32 MiB. At that size a pass over memory takes a few milliseconds.
  public static var recomputedByteCount: Int { 32 << 20 }

  /// The shape, known without computing.
  public let shape: TensorShape
  private let recipe: () -> Tensor<Scalar>

  init(shape: TensorShape, recipe: @escaping () -> Tensor<Scalar>) {
    self.shape = shape
    self.recipe = recipe
  }

  /// The tensor, with the bits that it had; computed at each call where it was not kept.
  public var tensor: Tensor<Scalar> { recipe() }
}

extension Variable {
  /// The value as a backward function should capture it; see ``SavedTensor``.
  ///
  /// For gradients that need a large input once. Where the gradient does not need it at all, capture its shape.
  public var saved: SavedTensor<Scalar> {
    let value = value
    let isLarge = value.elementCount * MemoryLayout<Scalar>.stride >= SavedTensor<Scalar>.recomputedByteCount
    if isLarge, let recipe = node?.recomputation { return SavedTensor(shape: value.shape, recipe: recipe) }
    return SavedTensor(shape: value.shape) { value }
  }
}
