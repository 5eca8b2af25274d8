internal import Synchronization
import Tensor

/// One recorded operator of a graph: where its inputs came from, and how a gradient passes to them.
///
/// A node holds its inputs' nodes, not their values: a value lives only as long as somebody uses it or an
/// operator saved it for its gradient. What was saved is freed as the backward pass leaves the node.
final class GraphNode<Scalar: TensorFloatingPointScalar> {
  typealias Backward = (Tensor<Scalar>) -> [Tensor<Scalar>?]

  let name: String
  let shape: TensorShape
  let isLeaf: Bool
  /// Creation order: an operator's number is larger than those of all its inputs.
  let sequence: Int
  private(set) var inputs: [GraphNode?]
  private(set) var backward: Backward?
  /// Computes the value again, where that is cheap and holds nothing that backward does not hold.
  private(set) var recomputation: (() -> Tensor<Scalar>)?
  var gradient: Tensor<Scalar>? { didSet { isGradientChecked = false } }
  /// Whether the gradient was found finite since it was written last.
  var isGradientChecked = false
  var retainsGradient: Bool
  /// The gradient gathered so far during a backward pass.
  var pending: Tensor<Scalar>?

  init(leafOf shape: TensorShape) {
    name = "leaf"
    self.shape = shape
    isLeaf = true
    sequence = nextSequenceNumber()
    inputs = []
    retainsGradient = true
  }

  init(
    name: String, shape: TensorShape, inputs: [GraphNode?], recomputation: (() -> Tensor<Scalar>)? = nil,
    backward: @escaping Backward
  ) {
    self.name = name
    self.shape = shape
    isLeaf = false
    sequence = nextSequenceNumber()
    self.inputs = inputs
    self.recomputation = recomputation
    self.backward = backward
    retainsGradient = false
  }

  /// Frees what the operator saved, and its hold on the nodes before it.
  func release() {
    backward = nil
    recomputation = nil
    inputs = []
  }

  /// Adds to the pending gradient; true when it is the first part.
  func receive(_ part: Tensor<Scalar>) -> Bool {
    shapePrecondition(
      part.shape == shape, "\(name) of shape \(shape) was handed a gradient of shape \(part.shape)")
    guard var sum = pending else {
      pending = part
      return true
    }
    pending = nil
    sum += part
    pending = sum
    return false
  }

  /// A chain of any length is torn down by a loop: nested releases would overflow the stack.
  deinit {
    var doomed = inputs.compactMap { $0 }
    inputs = []
    while var node = doomed.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      doomed.append(contentsOf: node.inputs.compactMap { $0 })
      node.inputs = []
    }
  }
}

private let sequenceCounter = Atomic<Int>(0)

private func nextSequenceNumber() -> Int {
  sequenceCounter.wrappingAdd(1, ordering: .relaxed).oldValue
}
