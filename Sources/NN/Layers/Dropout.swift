public import Autograd
public import Tensor

/// In training, sets each element to zero with a probability and divides the rest by the chance to stay; in
/// evaluation, passes its input on.
///
/// Source: Srivastava et al., JMLR 2014 (the inverted form).
public final class Dropout<Scalar: TensorFloatingPointScalar>: Layer {
  /// The chance of an element to be dropped, in `0..<1`.
  public let probability: Double
  /// Whether elements are dropped; set by ``Module/setMode(_:)``.
  public private(set) var mode: ModuleMode = .training

  /// A layer with the given chance.
  ///
  /// - Precondition: the chance is in `0..<1`.
  public init(probability: Double = 0.5) {
    shapePrecondition(
      (0..<1).contains(probability), "a dropout probability lies in 0..<1, not at \(probability)")
    self.probability = probability
  }

  public var members: [ModuleMember<Scalar>] { [] }
  public var ownMode: ModuleMode? { mode }
  public func modeDidChange(to mode: ModuleMode) { self.mode = mode }

  /// - Precondition: evaluation mode, or probability 0: training draws random numbers, so it needs a generator.
  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    shapePrecondition(
      mode == .evaluation || probability == 0, "dropout in training needs a generator: call it with using:")
    return input
  }

  public func callAsFunction(
    _ input: Variable<Scalar>, using generator: inout some RandomNumberGenerator
  ) -> Variable<Scalar> {
    guard mode == .training, probability > 0 else { return input }
    let kept = Scalar(1 / (1 - probability))
    let mask = Tensor<Scalar>(shape: input.shape) { buffer in
      for index in buffer.indices {
        buffer[index] = generator.chance(probability) ? 0 : kept
      }
    }
    return input * Variable(mask)
  }
}

extension Module {
  /// The dropout layers of this module and all below that drop anything.
  package var dropouts: [Dropout<Scalar>] {
    let parts = members.flatMap {
      if case .module(_, let part) = $0 { part.dropouts } else { [Dropout<Scalar>]() }
    }
    if let dropout = self as? Dropout<Scalar>, dropout.probability > 0 { return [dropout] + parts }
    return parts
  }
}
