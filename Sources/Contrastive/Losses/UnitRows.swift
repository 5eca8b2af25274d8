import Tensor

/// Rows divided by their lengths, and the way back for gradients: `dx = (dz - z (z . dz)) / |x|`.
struct UnitRows<Scalar: TensorFloatingPointScalar> {
  let rows: Tensor<Scalar>
  private let source: ContrastiveRows<Scalar>

  /// - Parameter values: `[N, d]`.
  init(_ values: Tensor<Scalar>, floor: CosineFloor) {
    source = ContrastiveRows(values, normalization: floor.normalization())
    rows = values * source.scales[0].expanded(at: 1)
  }

  func gradient(_ unitGradient: Tensor<Scalar>) -> Tensor<Scalar> {
    ContrastiveGradient(unitGradients: [unitGradient.expanded(at: 0)]).throughNormalization(of: source)[0][0]
  }
}
