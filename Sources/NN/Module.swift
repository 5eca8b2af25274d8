public import Autograd
public import Tensor

/// A part of a network: parameters, buffers and further modules, each under a name.
///
/// A module lists what it holds in ``members``; names, saving, freezing, counting and the training mode follow from
/// that list. Nothing is found by reflection.
///
///     final class Block<Scalar: TensorFloatingPointScalar>: Layer {
///       let conv: Conv2D<Scalar>
///       let norm: BatchNorm2D<Scalar>
///       var members: [ModuleMember<Scalar>] { [.module("conv", conv), .module("norm", norm)] }
///       func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> { norm(conv(input)) }
///     }
public protocol Module<Scalar>: AnyObject {
  associatedtype Scalar: TensorFloatingPointScalar
  /// What the module holds, in the order of its files.
  var members: [ModuleMember<Scalar>] { get }
  /// The mode that this module keeps itself, for layers that behave differently in training; `nil` for others.
  var ownMode: ModuleMode? { get }
  /// Called when the mode of the module changes; for layers that behave differently in training.
  func modeDidChange(to mode: ModuleMode)
}

extension Module {
  public var ownMode: ModuleMode? { nil }
  public func modeDidChange(to mode: ModuleMode) {}
}

/// Whether layers such as batch norm and dropout train or predict.
public enum ModuleMode: Sendable, Equatable {
  /// Statistics of the batch, running statistics updated, dropout on.
  case training
  /// Running statistics, dropout off.
  case evaluation
}

/// One thing that a module holds, with its name.
public enum ModuleMember<Scalar: TensorFloatingPointScalar> {
  case parameter(String, Parameter<Scalar>)
  case buffer(String, ModuleBuffer<Scalar>)
  case counter(String, ModuleCounter)
  case module(String, any Module<Scalar>)
}

/// A module that maps one variable to one.
public protocol Layer<Scalar>: Module {
  /// What images the layer takes; `nil`, the default, where it does not say.
  var inputDescription: InputDescription? { get }

  func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar>

  /// The same for layers that draw random numbers; others ignore the generator.
  func callAsFunction(
    _ input: Variable<Scalar>, using generator: inout some RandomNumberGenerator
  ) -> Variable<Scalar>
}

extension Layer {
  public var inputDescription: InputDescription? { nil }

  public func callAsFunction(
    _ input: Variable<Scalar>, using generator: inout some RandomNumberGenerator
  ) -> Variable<Scalar> { callAsFunction(input) }
}

extension Module {
  /// All parameters with their dotted names, for example `encoder.stages.0.conv1.weight`.
  public var namedParameters: [(name: String, parameter: Parameter<Scalar>)] {
    flattenedMembers().compactMap {
      if case .parameter(let name, let parameter) = $0 { (name, parameter) } else { nil }
    }
  }

  /// All parameters.
  public var parameters: [Parameter<Scalar>] { namedParameters.map { $0.parameter } }

  /// All buffers with their dotted names.
  public var namedBuffers: [(name: String, buffer: ModuleBuffer<Scalar>)] {
    flattenedMembers().compactMap {
      if case .buffer(let name, let buffer) = $0 { (name, buffer) } else { nil }
    }
  }

  /// The number of trainable scalars, frozen ones included.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.shape.elementCount } }

  /// Parameters, buffers and counters of this module and all below, with dotted names.
  public func flattenedMembers(prefix: String = "") -> [ModuleMember<Scalar>] {
    members.flatMap { member -> [ModuleMember<Scalar>] in
      switch member {
      case .parameter(let name, let parameter): [.parameter(prefix + name, parameter)]
      case .buffer(let name, let buffer): [.buffer(prefix + name, buffer)]
      case .counter(let name, let counter): [.counter(prefix + name, counter)]
      case .module(let name, let module): module.flattenedMembers(prefix: prefix + name + ".")
      }
    }
  }

  /// Sets the mode of this module and all below.
  public func setMode(_ mode: ModuleMode) {
    modeDidChange(to: mode)
    for case .module(_, let module) in members { module.setMode(mode) }
  }

  /// Runs `body` with this module and all below in a mode, and gives every layer back the mode that it had.
  ///
  ///     let labels = network.withMode(.evaluation) { network(Variable(images)).value.argmax(along: -1) }
  public func withMode<Result>(_ mode: ModuleMode, _ body: () throws -> Result) rethrows -> Result {
    var restore: [() -> Void] = []
    func remember(_ module: any Module<Scalar>) {
      if let mode = module.ownMode { restore.append { module.modeDidChange(to: mode) } }
      for case .module(_, let part) in module.members { remember(part) }
    }
    remember(self)
    setMode(mode)
    defer { for action in restore { action() } }
    return try body()
  }

  /// Takes the parameters of this module and all below out of gradients and updates. Batch norms go on updating their
  /// statistics in training mode, in which a training loop computes its loss: call the frozen part in
  /// `withMode(.evaluation)` to hold those too.
  public func freeze() { for parameter in parameters { parameter.isFrozen = true } }

  /// Brings frozen parameters back.
  public func unfreeze() { for parameter in parameters { parameter.isFrozen = false } }

  /// Forgets the gradients gathered so far.
  public func zeroGradients() { for parameter in parameters { parameter.gradient = nil } }
}
