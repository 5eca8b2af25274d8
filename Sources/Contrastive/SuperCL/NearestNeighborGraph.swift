public import Tensor

/// For every vector, the other one of the largest cosine similarity: the graph behind CCL, with an undirected edge from
/// each vector to its nearest.
///
/// Ties go to the lowest index. A single vector has no neighbour, nor has one with elements that are not finite. O(N^2 d)
/// time, O(N d) memory.
///
/// Source: arXiv 2504.14737; the rule is that of FINCH (Sarfraz, Sharma and Stiefelhagen, CVPR 2019).
public struct NearestNeighborGraph: Sendable, Equatable {
  /// The nearest other vector of each, or `nil` where there is none.
  public let neighbors: [Int?]

  /// - Parameters:
  ///   - vectors: `[N, d]`.
  ///   - floor: The least length that vectors are divided by: 1e-8. The cosine of a shorter one tends to 0.
  public init<Scalar: TensorFloatingPointScalar>(
    _ vectors: Tensor<Scalar>, floor: CosineFloor = .cosineSimilarity
  ) {
    shapePrecondition(vectors.rank == 2, "a neighbour graph needs vectors [N, d], not \(vectors.shape)")
    let rows = ContrastiveRows(vectors, normalization: floor.normalization())
    let nearest = ContrastiveProduct.reduce(
      RowComparison(anchors: rows, references: rows, excluding: .sameIndex),
      [PairTerm(.largest, temperature: 1)])[0]
    neighbors = nearest.places?.scalars.map { $0 < 0 ? nil : Int($0) } ?? []
  }
}
