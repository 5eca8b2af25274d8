import Autograd
import Tensor

extension AnchorMeans {
  /// The losses `[groups]` times a factor as a variable.
  ///
  /// - Parameter rows: The views of each row set, `[groups, rows, d]`.
  func recorded(_ name: String, _ rows: [[Variable<Scalar>]], factor: Scalar = 1) -> Variable<Scalar> {
    let wanted = rows.map { $0.contains(where: \.tracksGradient) }
    return .recorded(name, inputs: rows.flatMap { $0 }, value: factor == 1 ? losses : losses * factor) {
      gradient in
      let gradients = gradients(factor == 1 ? gradient : gradient * factor, wanted: wanted)
      return zip(rows, gradients).flatMap { views, gradients -> [Tensor<Scalar>?] in
        gradients.isEmpty ? views.map { _ in nil } : gradients
      }
    }
  }
}

extension ContrastiveRows {
  /// One group of rows, `[rows, d]`, given as a variable.
  init(_ rows: Variable<Scalar>, floor: CosineFloor) {
    shapePrecondition(rows.shape.rank == 2, "rows are [N, d], not \(rows.shape)")
    self.init(rows.value, normalization: floor.normalization())
  }
}

/// Weights of anchors `[N]` as those of one group.
func groupWeights<Scalar>(_ weights: Tensor<Scalar>?, _ anchors: Int) -> Tensor<Scalar>? {
  shapePrecondition(
    weights == nil || weights?.shape == [anchors],
    "weights of shape \(weights?.shape ?? []) do not fit \(anchors) anchors")
  return weights?.expanded(at: 0)
}

/// Labels 0, 1, 2, ... once for each of some views: rows of one index belong together.
func indexLabels(_ count: Int, views: Int = 1) -> Tensor<Int32> {
  Tensor((0..<views).flatMap { _ in (0..<count).map { Int32($0) } }, shape: [1, views * count])
}
