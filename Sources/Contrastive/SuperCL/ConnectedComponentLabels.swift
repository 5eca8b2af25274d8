public import Tensor

/// CCL, connected component labels: which vectors belong together because nearest-neighbour edges connect them.
///
/// Source: arXiv 2504.14737, IGCP; the idea of weak labels from a graph is WCL's (Zheng et al., ICCV 2021).
public struct ConnectedComponentLabels: Sendable, Equatable {
  /// The component of each vector, numbered from 0 by its lowest member.
  public let labels: [Int]
  /// The number of components.
  public let count: Int

  /// Components of a graph, by union-find.
  public init(_ graph: NearestNeighborGraph) {
    var parents = Array(graph.neighbors.indices)
    func root(_ start: Int) -> Int {
      var node = start
      while parents[node] != node {
        parents[node] = parents[parents[node]]
        node = parents[node]
      }
      return node
    }
    for (node, neighbor) in graph.neighbors.enumerated() {
      guard let neighbor else { continue }
      let (first, second) = (root(node), root(neighbor))
      parents[max(first, second)] = min(first, second)
    }
    var numbers: [Int: Int] = [:]
    labels = parents.indices.map { node in
      let root = root(node)
      if let number = numbers[root] { return number }
      numbers[root] = numbers.count
      return numbers.count - 1
    }
    count = numbers.count
  }

  /// W without a matrix: the components, and the other view of each image.
  var positiveSets: PositiveSets {
    let (rows, batch) = (labels.count, imageCount)
    return PositiveSets(
      labels: Tensor(labels.map { Int32($0) }, shape: [1, rows]),
      partners: Tensor((0..<rows).map { Int32(($0 + batch) % max(rows, 1)) }, shape: [1, rows]))
  }

  private var imageCount: Int {
    shapePrecondition(labels.count % 2 == 0, "\(labels.count) vectors are not two views of as many images")
    return labels.count / 2
  }

  /// The weak labels W `[2B, 2B]` for B images in view 1, then in view 2: true in the same component, and for the two
  /// views of an image, as pairs only (nothing follows transitively). The diagonal is false.
  ///
  /// - Precondition: an even number of vectors.
  public var weakPositives: Tensor<Bool> {
    let (rows, batch) = (labels.count, imageCount)
    return Tensor(shape: [rows, rows]) { mask in
      for i in 0..<rows {
        for j in 0..<rows {
          mask[i * rows + j] = i != j && (labels[i] == labels[j] || i + batch == j || j + batch == i)
        }
      }
    }
  }
}
