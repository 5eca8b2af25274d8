/// Examples drawn with replacement, each with a probability in proportion to its weight.
///
/// For sets in which some kind of example is rare: ``init(balancing:count:seed:)`` gives every class the same
/// share.
public struct WeightedSampler: Sampler, Hashable {
  /// The number of draws in an epoch.
  public let count: Int
  /// One weight for each example; its chance is its share of the sum.
  public let weights: [Double]
  /// The seed that every epoch's draws come from.
  public let seed: UInt64

  /// - Parameters:
  ///   - weights: One weight an example, in any unit; 0 is never drawn.
  ///   - count: The number of draws in an epoch; nil means as many as there are examples.
  ///   - seed: What the draws depend on, together with the epoch.
  /// - Precondition: the weights are finite and not negative, and their sum is positive unless `count` is 0.
  public init(weights: [Double], count: Int? = nil, seed: UInt64) {
    let count = count ?? weights.count
    shapePrecondition(
      count >= 0 && weights.allSatisfy { $0 >= 0 && $0.isFinite },
      "weights must be finite and not negative, and draws not \(count)")
    shapePrecondition(count == 0 || weights.contains { $0 > 0 }, "\(count) draws need a positive weight")
    self.count = count
    self.weights = weights
    self.seed = seed
  }

  /// Draws in which every class has the same probability, whatever its share of the examples.
  ///
  /// - Parameters:
  ///   - classes: The class of each example.
  ///   - count: The number of draws in an epoch; nil means as many as there are examples.
  ///   - seed: What the draws depend on, together with the epoch.
  public init(balancing classes: [Int], count: Int? = nil, seed: UInt64) {
    var sizes: [Int: Int] = [:]
    for name in classes { sizes[name, default: 0] += 1 }
    self.init(weights: classes.map { 1 / Double(sizes[$0] ?? 1) }, count: count, seed: seed)
  }

  /// - Complexity: O((examples + draws) log examples).
  public func indices(epoch: Int) -> [Int] {
    guard count > 0 else { return [] }
    var generator = orderGenerator(seed: seed, epoch: epoch)
    var total = 0.0
    let sums = weights.map { weight in
      total += weight
      return total
    }
    let lastPositive = weights.lastIndex { $0 > 0 } ?? 0
    return (0..<count).map { _ in
      let place = generator.uniform(in: 0...1) * total
      // The first example whose sum exceeds the place: one with weight 0 never does.
      var low = 0
      var high = sums.count
      while low < high {
        let middle = (low + high) / 2
        if sums[middle] > place { high = middle } else { low = middle + 1 }
      }
      return min(low, lastPositive)
    }
  }
}
