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

  /// - Parameter vectors: `[N, d]`.
  public init<Scalar: TensorFloatingPointScalar>(_ vectors: Tensor<Scalar>) {
    shapePrecondition(vectors.rank == 2, "a neighbour graph needs vectors [N, d], not \(vectors.shape)")
    let unit = UnitRows(vectors).rows
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
