import Autograd
import Tensor
import Testing

/// x times a weight, whose backward pass is noted.
private func times(
  _ x: Variable<Double>, _ weight: Variable<Double>, _ name: String, note: @escaping (String) -> Void
) -> Variable<Double> {
  let (a, b) = (x.value, weight.value)
  return .recorded(name, inputs: [x, weight], value: a * b) {
    note(name)
    return [$0 * b, $0 * a]
  }
}

@Suite struct GradientWatchTests {
  private func leaf(_ value: Double) -> Variable<Double> {
    Variable(Tensor([value]), requiresGradient: true)
  }

  /// The weight of the last layer is complete before the first layer is passed, the input's weights come last.
  @Test func aLeafIsReportedBehindItsLastReader() {
    let weights = [leaf(2), leaf(3), leaf(5)]
    var events: [String] = []
    let note = { (event: String) in events.append(event) }
    var x = Variable(Tensor<Double>([7]))
    for (place, weight) in weights.enumerated() { x = times(x, weight, "layer \(place)", note: note) }
    x.sum().backward(watching: weights) { place in
      events.append("ready \(place) \(weights[place].gradient?.item ?? .nan)")
    }
    #expect(
      events == ["layer 2", "ready 2 42.0", "layer 1", "ready 1 70.0", "layer 0", "ready 0 105.0"])
  }

  /// 3 x^2 with x read at the beginning and at the end.
  @Test func aLeafWithSeveralReadersWaitsForTheLast() {
    let (shared, own) = (leaf(3), leaf(2))
    var events: [String] = []
    let note = { (event: String) in events.append(event) }
    let first = times(Variable(Tensor<Double>([1])), shared, "first", note: note)
    let middle = times(first, own, "middle", note: note)
    times(middle, shared, "last", note: note).sum().backward(watching: [shared, own]) { place in
      events.append("ready \(place)")
    }
    #expect(events == ["last", "middle", "ready 1", "first", "ready 0"])
    #expect(shared.gradient == Tensor([12]) && own.gradient == Tensor([9]))
  }

  @Test func gradientsAreThoseOfAnUnwatchedPass() {
    func gradients(_ run: (Variable<Double>, [Variable<Double>]) -> Void) -> [Tensor<Double>?] {
      let weights = [leaf(0.5), leaf(-2), leaf(1.5)]
      let x = weights[0] * weights[1] + weights[1] * weights[2] + weights[2].exp()
      run((x * weights[0] + weights[1]).sum(), weights)
      return weights.map(\.gradient)
    }
    #expect(gradients { loss, _ in loss.backward() } == gradients { $0.backward(watching: $1) { _ in } })
  }

  @Test func whatNoGradientReachesIsNotReported() {
    let (used, unused, blocked) = (leaf(2), leaf(3), leaf(4))
    let cut = Variable.recorded("cut", inputs: [blocked], value: blocked.value) { _ in [nil] }
    var reported: [Int] = []
    (used * cut).sum().backward(watching: [used, unused, blocked]) { reported.append($0) }
    #expect(reported == [0] && blocked.gradient == nil && unused.gradient == nil)
  }

  /// Its inside reads parameters that the graph outside does not show: nothing may be reported before all is done.
  @Test func aCheckpointDefersAllReports() {
    let (inner, outer) = (leaf(3), leaf(2))
    var events: [String] = []
    let note = { (event: String) in events.append(event) }
    let x = checkpointed([Variable(Tensor<Double>([1]))]) { times($0[0], inner, "inside", note: note) }
    // `inner` is read outside, too: complete only when the checkpoint has been computed again.
    let y = times(times(x, outer, "outside", note: note), inner, "again", note: note)
    y.sum().backward(watching: [inner, outer]) { events.append("ready \($0)") }
    #expect(events == ["again", "outside", "inside", "ready 0", "ready 1"])
    #expect(inner.gradient == Tensor([12]))
  }
}
