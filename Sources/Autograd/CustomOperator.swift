public import Tensor

extension Variable {
  /// A variable computed by an operator of your own, from its value and its backward function.
  ///
  /// `backward` gets the gradient of the result and returns one gradient per input, in order; `nil` means that
  /// none flows there. It may capture tensors (they are saved until the backward pass), not variables. An
  /// operator whose inputs track no gradient, or inside ``withoutGradient(_:)``, records nothing.
  ///
  ///     extension Variable {
  ///       func cubed() -> Variable {
  ///         let x = value
  ///         return .recorded("cubed", inputs: [self], value: x * x * x) { [3 * x * x * $0] }
  ///       }
  ///     }
  ///
  /// - Parameters:
  ///   - name: The operator's name, for messages.
  ///   - inputs: The variables that the value was computed from.
  ///   - value: The result.
  ///   - recomputation: Computes the value again, to the last bit, from nothing but what `backward` captures too: operators
  ///     that come after then need not keep it (see ``SavedTensor``). Worth it where that costs a pass over memory.
  ///   - backward: From the result's gradient to the inputs' gradients, each of its input's shape.
  public static func recorded(
    _ name: String, inputs: [Variable], value: Tensor<Scalar>,
    recomputation: (() -> Tensor<Scalar>)? = nil, backward: @escaping (Tensor<Scalar>) -> [Tensor<Scalar>?]
  ) -> Variable {
    guard GradientMode.isRecording, inputs.contains(where: { $0.tracksGradient }) else {
      return Variable(value: value, node: nil)
    }
    let node = GraphNode(
      name: name, shape: value.shape, inputs: inputs.map { $0.node }, recomputation: recomputation,
      backward: backward)
    return Variable(value: value, node: node)
  }

  /// Stops the program when this variable tracks gradients: for operators that have none, such as `argmax`.
  package func requireUntracked(_ name: String) {
    shapePrecondition(
      !(tracksGradient && GradientMode.isRecording),
      "\(name) has no gradient: call it on detached() or inside withoutGradient")
  }
}

/// A differentiable operator of one's own as a type, with its forward and its backward function side by side.
///
///     struct Scale: CustomOperator {
///       let factor: Double
///       func forward(_ inputs: [Tensor<Double>]) -> (Tensor<Double>, saved: Void) { (inputs[0] * factor, ()) }
///       func backward(_ gradient: Tensor<Double>, saved: Void) -> [Tensor<Double>?] { [gradient * factor] }
///     }
///     let y = Scale(factor: 3).callAsFunction(x)
public protocol CustomOperator<Scalar> {
  associatedtype Scalar: TensorFloatingPointScalar
  /// What backward needs of the forward pass; freed as the backward pass leaves the operator.
  associatedtype Saved

  /// The result, and what backward will need.
  func forward(_ inputs: [Tensor<Scalar>]) -> (Tensor<Scalar>, saved: Saved)

  /// One gradient per input, in order, each of its input's shape; `nil` where none flows.
  func backward(_ gradient: Tensor<Scalar>, saved: Saved) -> [Tensor<Scalar>?]
}

extension CustomOperator {
  /// Applies the operator and records it.
  public func callAsFunction(_ inputs: Variable<Scalar>...) -> Variable<Scalar> {
    let (value, saved) = forward(inputs.map { $0.value })
    return .recorded("\(Self.self)", inputs: inputs, value: value) { backward($0, saved: saved) }
  }
}
