public import Tensor

/// For every vector, the other one of the largest cosine similarity: the graph behind CCL, with an undirected edge from
/// each vector to its nearest.
///
/// Ties go to the lowest index. A single vector has no neighbour. O(N^2 d) time, O(N^2) memory, for image-level N.
///
/// Source: arXiv 2504.14737; the rule is that of FINCH (Sarfraz, Sharma and Stiefelhagen, CVPR 2019).
public struct NearestNeighborGraph: Sendable, Equatable {
  /// The nearest other vector of each, or `nil` for a single vector.
  public let neighbors: [Int?]

  /// - Parameters:
  ///   - vectors: `[N, d]`.
  ///   - floor: The least length that vectors are divided by: 1e-8. The cosine of a shorter one tends to 0.
  public init<Scalar: TensorFloatingPointScalar>(
    _ vectors: Tensor<Scalar>, floor: CosineFloor = .cosineSimilarity
  ) {
    shapePrecondition(vectors.rank == 2, "a neighbour graph needs vectors [N, d], not \(vectors.shape)")
    let unit = UnitRows(vectors, floor: floor).rows
    let count = vectors.shape[0]
    neighbors = unit.matmul(unit, transposing: .right).withUnsafeBufferPointer { cosines in
      (0..<count).map { row in
        var best: Int?
        for column in 0..<count where column != row {
          if let known = best, !(cosines[row * count + column] > cosines[row * count + known]) { continue }
          best = column
        }
        return best
      }
    }
  }
}
