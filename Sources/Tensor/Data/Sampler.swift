/// Which examples an epoch reads, and in which order.
///
/// The order is a function of the sampler's own values and the number of the epoch: nothing else has to be
/// stored to take a training up again in the middle, and no thread can disturb it. Samplers are `Codable`, so
/// that a checkpoint can hold them.
public protocol Sampler: Sendable, Codable {
  /// The number of examples that an epoch reads.
  var count: Int { get }
  /// The indices that epoch `epoch` reads, in order.
  ///
  /// - Precondition: `epoch` is not negative.
  func indices(epoch: Int) -> [Int]
}

/// All examples in order, in every epoch.
public struct SequentialSampler: Sampler, Hashable {
  /// The number of examples.
  public let count: Int

  /// - Precondition: `count` is not negative.
  public init(count: Int) {
    shapePrecondition(count >= 0, "a sampler of \(count) examples")
    self.count = count
  }

  public func indices(epoch: Int) -> [Int] { Array(0..<count) }
}

/// All examples once in every epoch, in an order drawn from the seed and the epoch.
public struct ShuffledSampler: Sampler, Hashable {
  /// The number of examples.
  public let count: Int
  /// The seed that every epoch's order is drawn from.
  public let seed: UInt64

  /// - Precondition: `count` is not negative.
  public init(count: Int, seed: UInt64) {
    shapePrecondition(count >= 0, "a sampler of \(count) examples")
    self.count = count
    self.seed = seed
  }

  /// A Fisher-Yates shuffle.
  public func indices(epoch: Int) -> [Int] {
    var generator = orderGenerator(seed: seed, epoch: epoch)
    return generator.permutation(of: count)
  }
}

/// The examples that `indices` name, in the order that another sampler gives to them.
///
///     SubsetSampler(trainingIndices, order: ShuffledSampler(count: trainingIndices.count, seed: 7))
public struct SubsetSampler<Order: Sampler>: Sampler {
  /// The indices that are drawn from.
  public let subset: [Int]
  /// The order in which the subset is read.
  public let order: Order

  /// - Precondition: `order` orders as many examples as there are indices, or fewer.
  public init(_ subset: some Collection<Int>, order: Order) {
    self.subset = Array(subset)
    self.order = order
    shapePrecondition(
      order.count <= self.subset.count,
      "an order of \(order.count) examples does not fit a subset of \(self.subset.count)")
  }

  public var count: Int { order.count }
  public func indices(epoch: Int) -> [Int] { order.indices(epoch: epoch).map { subset[$0] } }
}

extension SubsetSampler where Order == SequentialSampler {
  /// The examples that `indices` name, in that order.
  public init(_ subset: some Collection<Int>) {
    self.init(subset, order: SequentialSampler(count: subset.count))
  }
}

/// The generator that a sampler draws an epoch from.
func orderGenerator(seed: UInt64, epoch: Int) -> PhiloxGenerator {
  RandomKey(seed: seed).stream(for: .order).at(step: epoch).generator
}
