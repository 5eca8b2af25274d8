import Tensor

/// Rows divided by their lengths, and the way back for gradients: `dx = (dz - z (z . dz)) / |x|`.
struct UnitRows<Scalar: TensorFloatingPointScalar> {
  let rows: Tensor<Scalar>
  /// What they were made of; it does not hold them.
  let source: ContrastiveRows<Scalar>

  /// - Parameter values: `[N, d]`.
  init(_ values: Tensor<Scalar>, floor: CosineFloor) {
    source = ContrastiveRows(values, normalization: floor.normalization())
    rows = values * source.scales[0].expanded(at: 1)
  }

  func gradient(_ unitGradient: consuming Tensor<Scalar>) -> Tensor<Scalar> { source.gradient(unitGradient) }
}

extension ContrastiveRows {
  /// Of one group and one view: from the gradient by the unit rows `[N, d]` to that by the rows; in place where nothing else
  /// has its buffer.
  func gradient(_ unitGradient: consuming Tensor<Scalar>) -> Tensor<Scalar> {
    let group = (consume unitGradient).expanded(at: 0)
    return ContrastiveGradient(unitGradients: [consume group]).throughNormalization(of: self)[0][0]
  }
}
