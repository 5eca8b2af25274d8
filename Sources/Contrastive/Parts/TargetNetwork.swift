import Autograd
public import NN
public import Tensor

/// A second copy of a network that follows the first slowly: MoCo's key encoder, BYOL's target, a momentum teacher.
///
/// It starts as a copy, is frozen, and moves by ``follow(_:momentum:)`` alone: `target = m target + (1 - m) source` for
/// every parameter, matched by name (norm scales and shifts and the heads too), in place. Nothing that it computes
/// tracks a gradient: it gives values, no variables.
///
///     let target = TargetNetwork(following: online, copy: makeNetwork())
///     let keys = target(images)                         // no gradient
///     target.follow(online, momentum: 0.999)            // behind the optimiser's step
///
/// Checkpoints hold it under the names of its network. Source: He et al., CVPR 2020 (MoCo, equation 2).
public final class TargetNetwork<Network: Module>: Module {
  public typealias Scalar = Network.Scalar

  /// The copy.
  public let network: Network
  /// What its norm layers' running statistics hold.
  public let statistics: TargetStatistics

  /// A copy at the source's weights and running statistics.
  ///
  /// - Parameters:
  ///   - source: The network that is followed.
  ///   - copy: Another network from the same blueprint; its weights are replaced.
  ///   - statistics: What the copy's running statistics hold; see ``TargetStatistics``.
  /// - Precondition: parameters, buffers and counters of both have the same names and shapes.
  public init(following source: Network, copy: Network, statistics: TargetStatistics = .own) {
    shapePrecondition(source !== copy, "a target network is a second copy, not the network itself")
    network = copy
    self.statistics = statistics
    copy.freeze()
    Self.pairs(copy.namedParameters, source.namedParameters) { $0.value = $1.value }
    copyStatistics(of: source)
  }

  public var members: [ModuleMember<Scalar>] { network.members }
  public var ownMode: ModuleMode? { network.ownMode }
  public func modeDidChange(to mode: ModuleMode) { network.modeDidChange(to: mode) }

  /// Moves every parameter towards the source's of the same name: `target = m target + (1 - m) source`.
  ///
  /// - Precondition: the momentum m is in 0...1, and the networks have the same names and shapes.
  public func follow(_ source: Network, momentum: Double) {
    shapePrecondition((0...1).contains(momentum), "a target's momentum is in 0...1, not \(momentum)")
    Self.pairs(network.namedParameters, source.namedParameters) { target, source in
      target.variable.updateValue { Self.average(&$0, source.value, momentum: momentum) }
    }
    switch statistics {
    case .own: break
    case .copied: copyStatistics(of: source)
    case .averaged:
      Self.pairs(network.namedBuffers, source.namedBuffers) { target, source in
        Self.average(&target.value, source.value, momentum: momentum)
      }
      copyCounters(of: source)
    }
  }

  /// What `body` makes of the network, without gradient and in training mode: norm layers use the statistics of the batch
  /// that they see.
  public func run<Result>(_ body: (Network) throws -> Result) rethrows -> Result {
    let kept = statistics == .own ? [] : network.namedBuffers.map { ($0.buffer, $0.buffer.value) }
    let counts = statistics == .own ? [] : network.counters.map { ($0.counter, $0.counter.value) }
    defer {
      for (buffer, value) in kept { buffer.value = value }
      for (counter, value) in counts { counter.value = value }
    }
    return try withoutGradient { try network.withMode(.training) { try body(network) } }
  }

  private func copyStatistics(of source: Network) {
    Self.pairs(network.namedBuffers, source.namedBuffers) { $0.value = $1.value }
    copyCounters(of: source)
  }

  private func copyCounters(of source: Network) {
    Self.pairs(network.counters, source.counters) { $0.value = $1.value }
  }

  private static func average(_ target: inout Tensor<Scalar>, _ source: Tensor<Scalar>, momentum: Double) {
    target *= Scalar(momentum)
    target += source * Scalar(1 - momentum)
  }

  /// Members of the same name side by side.
  private static func pairs<Member>(
    _ targets: [(name: String, Member)], _ sources: [(name: String, Member)], _ body: (Member, Member) -> Void
  ) {
    let byName = Dictionary(sources.map { ($0.name, $0.1) }) { first, _ in first }
    shapePrecondition(
      targets.count == sources.count && targets.allSatisfy { byName[$0.name] != nil },
      "a target's members \(targets.map(\.name)) are not those of its source, \(sources.map(\.name))")
    for (name, target) in targets { if let source = byName[name] { body(target, source) } }
  }
}

extension TargetNetwork where Network: Layer {
  /// The network's output, without gradient.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    run { $0(Variable(input)).value }
  }
}

/// What the running statistics of a target network's norm layers hold. In training it always normalises by the statistics
/// of its own batch, so that this changes nothing but what the target gives in evaluation mode, when it is kept and used.
public enum TargetStatistics: String, Sendable, Hashable, Codable {
  /// Those of the batches that the target has seen: MoCo's, BYOL's and DeSD's code.
  case own
  /// Those of the network that it follows, copied with every step.
  case copied
  /// An average of those of the network that it follows, with the momentum of the parameters.
  case averaged
}

extension Module {
  fileprivate var counters: [(name: String, counter: ModuleCounter)] {
    flattenedMembers().compactMap {
      if case .counter(let name, let counter) = $0 { (name, counter) } else { nil }
    }
  }
}
