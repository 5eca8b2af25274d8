import Autograd
import Tensor

/// The gradients of several objectives apart: a backward pass may reach parameters of the others, which it must not move. Over
/// several ranks they are averaged; of one objective while the last backward pass goes on.
struct GradientsByObjective {
  private let objectives: [Objective]
  private let average: GradientAverage?
  private var kept: [ObjectIdentifier: Tensor<Float>] = [:]

  init(_ objectives: [Objective], ranks: Ranks, bucketBytes: Int) {
    self.objectives = objectives
    average =
      ranks.count == 1
      ? nil
      : GradientAverage(
        objectives.flatMap { $0.parameters.map(\.parameter) }, ranks: ranks, bucketBytes: bucketBytes)
  }

  mutating func add(_ losses: [Variable<Float>], scale: Float, isLast: Bool) {
    for (loss, objective) in zip(losses, objectives) where loss.tracksGradient {
      let scaled = scale == 1 ? loss : loss * scale
      if let average, isLast, objectives.count == 1 {
        scaled.backward(watching: average.leaves) { average.isReady($0) }
      } else {
        scaled.backward()
      }
      guard objectives.count > 1 else { continue }
      for (_, parameter) in objective.parameters {
        guard let gradient = parameter.gradient else { continue }
        let key = ObjectIdentifier(parameter)
        kept[key] = kept[key].map { $0 + gradient } ?? gradient
      }
      for other in objectives { for (_, parameter) in other.parameters { parameter.gradient = nil } }
    }
  }

  /// Puts the gradients back where the optimisers look for them.
  mutating func finish() throws {
    if objectives.count > 1 {
      for (_, parameter) in objectives.flatMap(\.parameters) {
        parameter.gradient = kept[ObjectIdentifier(parameter)]
      }
    }
    try average?.finish()
  }
}

/// The means of terms over the parts of a step; parts that lack a term, or where it is not a number, leave it out.
struct TermMeans {
  private var names: [String] = []
  private var sums: [String: (sum: Double, count: Int)] = [:]

  mutating func add(_ terms: [LossTerm]) {
    for term in terms {
      if sums[term.name] == nil { names.append(term.name) }
      let old = sums[term.name] ?? (0, 0)
      sums[term.name] = term.value.isNaN ? old : (old.sum + term.value, old.count + 1)
    }
  }

  /// Means over the ranks; a term that is not a number on some of them is the mean of the others.
  mutating func average(over ranks: Ranks) throws {
    guard ranks.count > 1 else { return }
    let own = names.flatMap { name -> [Double] in
      let (sum, count) = sums[name] ?? (0, 0)
      return count > 0 ? [sum / Double(count), 1] : [0, 0]
    }
    let all = ranks.sum(own)
    try ranks.check()
    for (place, name) in names.enumerated() { sums[name] = (all[2 * place], Int(all[2 * place + 1])) }
  }

  var terms: [LossTerm] {
    names.map { name in
      let (sum, count) = sums[name] ?? (0, 0)
      return LossTerm(name, count > 0 ? sum / Double(count) : .nan)
    }
  }
}
