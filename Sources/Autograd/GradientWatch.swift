import Tensor

/// Knows of some leaves how many operators are still to be passed before their gradients are complete.
final class GradientWatch<Scalar: TensorFloatingPointScalar> {
  private let leaves: [GraphNode<Scalar>?]
  private let whenReady: (Int) -> Void
  /// The places of leaves that were not reported yet.
  private var places: [ObjectIdentifier: Int] = [:]
  /// For each watched leaf, how often an operator that can be reached reads it; empty where that cannot be known.
  private var readers: [ObjectIdentifier: Int] = [:]

  init(_ root: GraphNode<Scalar>, leaves: [GraphNode<Scalar>?], whenReady: @escaping (Int) -> Void) {
    self.leaves = leaves
    self.whenReady = whenReady
    for (place, leaf) in leaves.enumerated() {
      if let leaf, leaf.isLeaf { places[ObjectIdentifier(leaf)] = place }
    }
    countReaders(from: root)
  }

  private func countReaders(from root: GraphNode<Scalar>) {
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
    var open = [root]
    while let node = open.popLast() {
      guard node.name != checkpointOperator else {
        readers = [:]
        return
      }
      for case let input? in node.inputs {
        let identity = ObjectIdentifier(input)
        if places[identity] != nil { readers[identity, default: 0] += 1 }
        if seen.insert(identity).inserted { open.append(input) }
      }
    }
  }

  /// Counts one reader of a node as passed; whether it was the last one of a watched leaf.
  func passed(_ node: GraphNode<Scalar>) -> Bool {
    guard let count = readers[ObjectIdentifier(node)] else { return false }
    readers[ObjectIdentifier(node)] = count - 1
    return count == 1
  }

  /// Reports a leaf whose gradient is complete.
  func report(_ node: GraphNode<Scalar>) {
    if let place = places.removeValue(forKey: ObjectIdentifier(node)) { whenReady(place) }
  }

  /// Reports the other leaves that have a gradient, in their order.
  func reportRest() {
    for case let leaf? in leaves where leaf.gradient != nil { report(leaf) }
  }
}

/// The operator whose inside is another graph, which does not exist before the backward pass.
let checkpointOperator = "checkpointed"
