import Autograd
import Tensor

/// The least length that a cosine divides by: `cos(x, y) = x / max(|x|, f) . y / max(|y|, f)`.
///
/// A network may give a row of zeros, behind a ReLU for instance: its cosine with every row is 0, and so is its gradient,
/// where the formula's own slope would be 1 / f and one step would throw the weights behind it away. A shorter row than f
/// that is not zero is divided by the constant f. Lengths above f leave no trace: 1e20 times the rows has the cosines of
/// the rows.
public enum CosineFloor: Sendable, Hashable, Codable {
  /// 1e-8, as PyTorch's `cosine_similarity`, which the released code of arXiv 2504.14737 uses: the default.
  case cosineSimilarity
  /// 1e-12, as PyTorch's `normalize`, for losses whose own code has it, such as MoCo's.
  case normalize
  /// Another length.
  case length(Double)

  /// The length f.
  public var length: Double {
    switch self {
    case .cosineSimilarity: 1e-8
    case .normalize: 1e-12
    case .length(let length): length
    }
  }

  /// The tiled product's form.
  func normalization<Scalar>() -> RowNormalization<Scalar> { .euclidean(minimumLength: Scalar(length)) }
}

extension Variable {
  /// Rows `[N, d]` divided by their lengths, or by the floor where they are shorter.
  ///
  /// Gradient: `(g - u (u . g)) / |x|` of rows u, 0 of zero rows; see ``CosineFloor``.
  func unitRows(floor: CosineFloor) -> Variable {
    let unit = UnitRows(value, floor: floor)
    return .recorded("unitRows", inputs: [self], value: unit.rows) { [unit.gradient($0)] }
  }
}
