public import Tensor

/// A tensor that remembers how it was computed, so that gradients can flow back through it.
///
/// A variable has an identity, and belongs to one graph and one task. Arithmetic on variables computes at once and
/// records a node for each operator whose inputs track gradients; ``backward()`` walks those nodes in
/// reverse. Operators bear the names they have on `Tensor`.
///
///     let weight = Variable(Tensor<Float>([1, 2, 3]), requiresGradient: true)
///     let loss = (weight * weight).sum()
///     loss.backward()
///     weight.gradient                       // [2, 4, 6]
public final class Variable<Scalar: TensorFloatingPointScalar> {
  /// The value. Setting it is for leaves, between graphs: an optimiser's update, or loading a checkpoint.
  ///
  /// - Precondition (setting): the variable is a leaf and the shape does not change.
  public var value: Tensor<Scalar> {
    get { storedValue }
    set {
      shapePrecondition(
        isLeaf, "only a leaf's value can be set; this one was computed by \(node?.name ?? "?")")
      shapePrecondition(
        newValue.shape == storedValue.shape,
        "a variable of shape \(storedValue.shape) does not take a value of shape \(newValue.shape)")
      storedValue = newValue
    }
  }

  private var storedValue: Tensor<Scalar>
  let node: GraphNode<Scalar>?

  /// A leaf: a parameter when it requires a gradient, a constant otherwise.
  public init(_ value: Tensor<Scalar>, requiresGradient: Bool = false) {
    storedValue = value
    node = requiresGradient ? GraphNode(leafOf: value.shape) : nil
  }

  /// A constant scalar.
  public convenience init(_ scalar: Scalar) { self.init(Tensor(scalar)) }

  init(value: Tensor<Scalar>, node: GraphNode<Scalar>?) {
    storedValue = value
    self.node = node
  }

  /// The lengths of the value's axes.
  public var shape: TensorShape { storedValue.shape }
  /// The value of a variable with one element.
  public var item: Scalar { storedValue.item }

  /// Whether gradients flow into this variable: it is a parameter, or was computed from one.
  public var tracksGradient: Bool { node != nil }
  /// Whether no operator computed this variable.
  public var isLeaf: Bool { node?.isLeaf ?? true }

  /// What ``backward()`` has added up here: always on parameters, on computed variables after
  /// ``retainGradient()``. `nil` until the first backward pass, and after it is set to `nil`.
  public var gradient: Tensor<Scalar>? {
    get { node?.gradient }
    set {
      if let newValue {
        shapePrecondition(
          newValue.shape == shape,
          "a gradient of shape \(newValue.shape) does not fit a value of shape \(shape)")
      }
      node?.gradient = newValue
    }
  }

  /// Whether the gradient was found finite, and not written since: who looks sets it, every write takes it back.
  package var isGradientChecked: Bool {
    get { node?.isGradientChecked ?? true }
    set { node?.isGradientChecked = newValue }
  }

  /// Lets a computed variable keep its gradient during the backward passes to come.
  public func retainGradient() { node?.retainsGradient = true }

  /// The same value as a constant: no gradient flows through it.
  public func detached() -> Variable { Variable(storedValue) }

  /// Changes a leaf's value in place, without a copy when nothing else holds it.
  ///
  /// - Precondition: the variable is a leaf, and `update` keeps the shape.
  public func updateValue(_ update: (inout Tensor<Scalar>) -> Void) {
    shapePrecondition(
      isLeaf, "only a leaf's value can be updated; this one was computed by \(node?.name ?? "?")")
    let shape = storedValue.shape
    update(&storedValue)
    shapePrecondition(
      storedValue.shape == shape, "an update changed the shape \(shape) to \(storedValue.shape)")
  }

  /// Changes the gradient in place, without a copy; nothing happens when there is none.
  public func updateGradient(_ update: (inout Tensor<Scalar>) -> Void) {
    guard let node, var gradient = node.gradient else { return }
    node.gradient = nil
    update(&gradient)
    node.gradient = gradient
  }
}

extension Variable: CustomStringConvertible {
  public var description: String { "Variable(\(storedValue)\(tracksGradient ? ", tracks gradient" : ""))" }
}
