public import Autograd
public import Tensor

/// A tensor that training changes: a leaf variable with the order its axes have in files.
public final class Parameter<Scalar: TensorFloatingPointScalar> {
  /// The leaf that operators use; its gradient gathers here.
  public private(set) var variable: Variable<Scalar>
  /// How the axes map to PyTorch's order in files.
  public let layout: ParameterLayout

  /// A trainable tensor with its first value.
  public init(_ value: Tensor<Scalar>, layout: ParameterLayout = .same) {
    variable = Variable(value, requiresGradient: true)
    self.layout = layout
  }

  /// The current value. Setting it keeps the shape.
  public var value: Tensor<Scalar> {
    get { variable.value }
    set { variable.value = newValue }
  }

  /// The gradient gathered by backward passes since it was last set to `nil`.
  public var gradient: Tensor<Scalar>? {
    get { variable.gradient }
    set { variable.gradient = newValue }
  }

  /// The lengths of the axes in memory.
  public var shape: TensorShape { variable.shape }

  /// Whether the parameter is left out of gradients and updates.
  public var isFrozen: Bool {
    get { !variable.tracksGradient }
    set {
      guard newValue == variable.tracksGradient else { return }
      variable = Variable(variable.value, requiresGradient: !newValue)
    }
  }
}

/// A tensor that a module keeps beside its parameters, such as running statistics: saved with them, never
/// differentiated.
public final class ModuleBuffer<Scalar: TensorFloatingPointScalar> {
  /// The current value.
  public var value: Tensor<Scalar>

  /// A buffer with its first value.
  public init(_ value: Tensor<Scalar>) { self.value = value }
}

/// A count that a module keeps, such as the batches that its running statistics have seen.
public final class ModuleCounter {
  /// The current count.
  public var value: Int

  /// A counter that begins at `value`.
  public init(_ value: Int = 0) { self.value = value }
}

/// How a parameter's axes stand in files, which use PyTorch's order, against ours.
public enum ParameterLayout: Sendable {
  /// The same order: vectors, scales.
  case same
  /// Ours `[in, out]`, in files `[out, in]`.
  case linear
  /// Ours `[kernel..., in, out]`, in files `[out, in, kernel...]`.
  case convolution
  /// Ours `[kernel..., in, out]`, in files `[in, out, kernel...]`.
  case transposedConvolution

  /// For a tensor of `rank`, the axis of ours that stands at each place of the file's order:
  /// `parameter.gradient?.permuted(parameter.layout.fileOrder(rank: 4))` is a gradient as PyTorch has it.
  public func fileOrder(rank: Int) -> [Int] {
    switch self {
    case .same: Array(0..<rank)
    case .linear: [1, 0]
    case .convolution: [rank - 1, rank - 2] + Array(0..<rank - 2)
    case .transposedConvolution: [rank - 2, rank - 1] + Array(0..<rank - 2)
    }
  }
}
