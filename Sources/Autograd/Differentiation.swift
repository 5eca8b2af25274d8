public import Tensor

extension Variable {
  /// Adds the gradient of this scalar to the ``gradient`` of every parameter it was computed from, and frees
  /// the graph.
  ///
  /// Parts are added in a fixed order, so two equal runs give equal bits.
  ///
  /// - Precondition: one element, and gradients are tracked.
  public func backward() {
    shapePrecondition(
      shape.elementCount == 1, "backward() starts at a scalar, not at shape \(shape); pass a gradient")
    backward(gradient: Tensor(ones: shape))
  }

  /// Adds `sum(gradient * d self / d parameter)` to every parameter's ``gradient``, and frees the graph.
  ///
  /// - Precondition: `gradient` has this variable's shape, and gradients are tracked.
  public func backward(gradient: Tensor<Scalar>) {
    propagate(from: start(with: gradient))
  }

  /// ``backward()``, which says of each of `leaves` when its gradient is complete: when the last operator that reads it has
  /// been passed, and not, as otherwise, at the very end. What needs gradients, such as a message to other ranks, can begin
  /// while the rest is still computed.
  ///
  ///     loss.backward(watching: parameters.map(\.variable)) { place in send(parameters[place].gradient) }
  ///
  /// What is complete early is reported early; all other leaves with a gradient are reported at the end: those that no gradient
  /// reaches on some path, and all of them where the graph has a `checkpointed`, whose inside is not known before it is
  /// computed again. A leaf without a gradient is never reported.
  ///
  /// - Parameters:
  ///   - leaves: Variables that track gradients and were not computed.
  ///   - whenReady: Called with the place in `leaves`, once for each at most, on this thread; the gradient has been added up by
  ///     then.
  /// - Precondition: one element, and gradients are tracked.
  /// - Complexity: one more walk over the graph's nodes.
  public func backward(watching leaves: [Variable], whenReady: (_ place: Int) -> Void) {
    shapePrecondition(
      shape.elementCount == 1, "backward() starts at a scalar; a variable of shape \(shape) needs a gradient")
    let root = start(with: Tensor(ones: shape))
    withoutActuallyEscaping(whenReady) { whenReady in
      let watch = GradientWatch(root, leaves: leaves.map(\.node), whenReady: whenReady)
      propagate(from: root, watching: watch)
      watch.reportRest()
    }
  }

  /// The gradients of this scalar with respect to `variables`, leaving ``gradient`` alone everywhere. A variable
  /// on which the scalar does not depend gives zeros. Frees the graph.
  ///
  /// - Precondition: one element, gradients are tracked, and each of `variables` tracks its gradient.
  public func gradients(withRespectTo variables: [Variable]) -> [Tensor<Scalar>] {
    shapePrecondition(shape.elementCount == 1, "gradients start at a scalar, not at shape \(shape)")
    let nodes = variables.map { variable -> GraphNode<Scalar> in
      guard let node = variable.node else {
        shapePreconditionFailure("a variable of shape \(variable.shape) does not track its gradient")
      }
      return node
    }
    let targets = Set(nodes.map(ObjectIdentifier.init))
    let found = GradientMode.$isCollecting.withValue(true) {
      propagate(from: start(with: Tensor(ones: shape)), collecting: targets)
    }
    return zip(nodes, variables).map { found[ObjectIdentifier($0)] ?? Tensor(zeros: $1.shape) }
  }

  private func start(with gradient: Tensor<Scalar>) -> GraphNode<Scalar> {
    shapePrecondition(
      gradient.shape == shape, "a gradient of shape \(gradient.shape) does not fit a value of shape \(shape)")
    guard let node else {
      shapePreconditionFailure("backward on a variable that tracks no gradient (shape \(shape))")
    }
    _ = node.receive(gradient)
    return node
  }
}

/// Walks the graph from `root`, latest operator first. With `targets` the gradients of those nodes are returned
/// and none is added up; otherwise nodes that retain their gradient add it up.
@discardableResult
private func propagate<Scalar>(
  from root: GraphNode<Scalar>, collecting targets: Set<ObjectIdentifier>? = nil,
  watching watch: GradientWatch<Scalar>? = nil
) -> [ObjectIdentifier: Tensor<Scalar>] {
  var queue = LatestFirstQueue<Scalar>()
  var found: [ObjectIdentifier: Tensor<Scalar>] = [:]
  queue.insert(root)
  while let node = queue.popLatest() {
    guard let gradient = node.pending else { continue }
    node.pending = nil
    if let targets {
      if targets.contains(ObjectIdentifier(node)) { found[ObjectIdentifier(node)] = gradient }
    } else if node.retainsGradient {
      accumulate(gradient, in: node)
    }
    guard !node.isLeaf else { continue }
    guard let backward = node.backward else {
      shapePreconditionFailure(
        "\(node.name) was freed by an earlier backward pass: compute the forward pass again")
    }
    let inputs = node.inputs
    // The node lets go before the call, so that what it saved is freed as soon as the operator is done with it.
    node.release()
    let parts = backward(gradient)
    shapePrecondition(
      parts.count == inputs.count, "\(node.name) returned \(parts.count) gradients for \(inputs.count) inputs"
    )
    for (input, part) in zip(inputs, parts) {
      guard let input, let part else { continue }
      if input.receive(part) { queue.insert(input) }
    }
    for input in inputs {
      // A watched leaf whose readers have all been passed need not wait for its turn, which is the last.
      guard let input, let watch, watch.passed(input), let gradient = input.pending else { continue }
      input.pending = nil
      accumulate(gradient, in: input)
      watch.report(input)
    }
  }
  return found
}

private func accumulate<Scalar>(_ gradient: Tensor<Scalar>, in node: GraphNode<Scalar>) {
  guard var sum = node.gradient else {
    node.gradient = gradient
    return
  }
  node.gradient = nil
  sum += gradient
  node.gradient = sum
}

/// A binary heap of nodes; the one recorded last comes out first.
private struct LatestFirstQueue<Scalar: TensorFloatingPointScalar> {
  private var heap: [GraphNode<Scalar>] = []

  mutating func insert(_ node: GraphNode<Scalar>) {
    heap.append(node)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[parent].sequence < heap[child].sequence else { break }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  mutating func popLatest() -> GraphNode<Scalar>? {
    guard !heap.isEmpty else { return nil }
    heap.swapAt(0, heap.count - 1)
    let latest = heap.removeLast()
    var parent = 0
    while true {
      var largest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].sequence > heap[largest].sequence {
        largest = child
      }
      guard largest != parent else { return latest }
      heap.swapAt(parent, largest)
      parent = largest
    }
  }
}
