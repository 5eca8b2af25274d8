import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct DeSDTests {
  static func tiny(steps: Int = 6, accumulation: Int = 1) -> DeSD {
    var method = DeSD()
    method.recipe = TrainingRecipe(steps: steps, batchSize: 4, accumulation: accumulation)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.05, weightDecay: 1e-4, decayed: .weights)
    method.momentum = TargetMomentum(start: 0.9)
    (method.depths, method.outputs, method.frozenSteps) = (3, 12, 2)
    (method.hiddenFeatures, method.bottleneckFeatures) = (16, 6)
    method.views = .varied(VariedViews(patchSize: 32))
    return method
  }

  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    let center = OutputCenter<Scalar>(outputs: 3)
    center.mean.value = Tensor([0.1, -0.2, 0.3])
    let teacher: Tensor<Scalar> = methodRows(0..<8)
    let codes = center.codes(of: teacher, temperature: 0.04).split(along: 0, count: 2)
    func expect(_ value: Double, _ expected: Double, _ what: String) {
      #expect(abs(value - expected) <= tolerance(of: expected, type), "\(type), \(what): \(value)")
    }
    var sum = 0.0
    for (depth, expected) in [
      (1, 13.523010440499604), (2, 8.944337092441646), (3, 4.270537378660228), (4, 0.9080453173680219),
    ] {
      let rows: Tensor<Scalar> = methodRows(8 * depth..<8 * depth + 8)
      let loss = SwAVLoss(temperature: 0.1)(Variable(rows).split(along: 0, count: 2), codes: codes)
      expect(Double(loss.item), expected, "depth \(depth)")
      sum += Double(loss.item)
    }
    expect(sum / 4, 6.911482557242374, "loss")
    center.move(towards: teacher, momentum: 0.9)
    for (index, expected) in [0.11129325386358252, -0.1942502674500715, 0.271797700315598].enumerated() {
      expect(Double(center.mean.value[index].item), expected, "center \(index)")
    }
  }

  @Test func lossAndCenterAreTheReferences() {
    expectReferences(Double.self)
    expectReferences(Float.self)
  }

  /// The loss of a step, put together from its parts; the center has not moved, and moves behind it.
  @Test func theCenterMovesBehindTheLoss() throws {
    let method = Self.tiny()
    let learner = try testLearner(method)
    learner.center.mean.value = Tensor((0..<12).map { Float($0) / 40 })
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    let (images, before) = (Tensor(concatenating: views, along: 0), learner.center.mean.value)
    let outcome = try method.evaluate(learner, views, at: testMoment(0))
    #expect(learner.center.mean.value == before)
    let teacher = learner.teacher.run { $0.projections(of: Variable(images)).value }
    let codes = learner.center.codes(of: teacher, temperature: 0.04).split(along: 0, count: 2)
    let levels = learner.student.encoder(Variable(images))
    let outputs = [
      learner.heads[0](levels[2]), learner.heads[1](levels[3]), learner.student.projector(levels[4]),
    ]
    let depths = outputs.map { output -> Double in
      let logs = (output.value / 0.1).logSoftmax(along: 1).split(along: 0, count: 2)
      return -Double((codes[0] * logs[1] + codes[1] * logs[0]).sum().item) / 8
    }
    for (term, depth) in zip(outcome.terms.dropFirst(), depths) { #expect(abs(term.value - depth) <= 1e-4) }
    #expect(abs(outcome.terms[0].value - depths.reduce(0, +) / 3) <= 1e-4)
    #expect(outcome.terms.map(\.name) == ["loss", "depth 1", "depth 2", "depth 3", "entropy", "spread"])
    #expect((0...log(12) + 1e-4).contains(outcome.terms[4].value))

    try method.didUpdate(learner, at: testMoment(0))
    let moved = before * 0.9 + teacher.mean(along: 0) * 0.1
    #expect(learner.center.mean.value.maximumAbsoluteDifference(to: moved) <= 1e-6)
    // Nothing is left to move it a second time.
    try method.didUpdate(learner, at: testMoment(0))
    #expect(learner.center.mean.value.maximumAbsoluteDifference(to: moved) <= 1e-6)
  }

  @Test func lastLayersAreHeldWhileFrozen() throws {
    let task = try PretrainingTask(Self.tiny(steps: 3), encoder: .unet(width: 4))
    func last() -> [Tensor<Float>] {
      task.learner.namedParameters.filter { $0.name.contains("last.") && !$0.name.hasPrefix("target.") }.map(
        \.parameter.value)
    }
    let (start, hidden) = (last(), task.learner.heads[0].perceptron.layers[0].weight.value)
    #expect(start.count == 3)
    var history: [[Tensor<Float>]] = []
    try TrainingLoop(task, on: testSlices(6)).run { _ in
      history.append(last())
      return .proceed
    }
    // Neither gradient nor decay nor momentum reaches them in the two frozen steps.
    for step in 0..<2 { #expect(zip(history[step], start).allSatisfy { $0.isIdentical(to: $1) }) }
    #expect(zip(history[2], start).allSatisfy { $0 != $1 })
    #expect(task.learner.heads[0].perceptron.layers[0].weight.value != hidden)
  }

  @Test func theTeacherTakesNoGradientFollowsByNameAndIsKept() throws {
    let method = Self.tiny()
    let learner = try testLearner(method)
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    try method.evaluate(learner, views, at: testMoment(0)).losses[0].backward()
    #expect(learner.teacher.parameters.allSatisfy { $0.gradient == nil && $0.isFrozen })
    #expect(
      (learner.student.parameters + learner.heads.flatMap(\.parameters)).allSatisfy { $0.gradient != nil })
    let names = learner.teacher.namedParameters.map(\.name)
    #expect(names == learner.student.namedParameters.map(\.name))
    #expect(learner.encoder === learner.teacher.network.encoder)
    let old = learner.teacher.parameters.map(\.value)
    try update(method, learner, views, at: testMoment(50))
    for ((old, teacher), student) in zip(zip(old, learner.teacher.parameters), learner.student.parameters) {
      let expected = old * 0.95 + student.value * 0.05
      #expect(teacher.value.maximumAbsoluteDifference(to: expected) <= 1e-6)
    }
  }

  /// Exactly 36,755,392 in the group's table: two encoders, four student heads, one of a teacher; its own gains of the last
  /// layers, one number an output, are counted there and are none here.
  @Test func theGroupsNetworksHaveTheParametersOfTheirTable() throws {
    let learner = try testLearner(DeSD.groupProtocol(imageCount: 100), .unet(width: 32))
    #expect(learner.parameterCount == 36_755_392 - 5 * 512)
  }

  @Test func temperaturesRiseInAStraightLine() {
    let ramp = TemperatureRamp(start: 0.04, end: 0.07, steps: 20)
    #expect(abs(ramp.value(at: 10) - 0.055) <= 1e-12)
    #expect(ramp.value(at: 0) == 0.04 && ramp.value(at: 20) == 0.07 && ramp.value(at: 99) == 0.07)
    #expect(TemperatureRamp(constant: 0.04).value(at: 0) == 0.04)
  }

  @Test func volumesTrain() throws {
    var method = Self.tiny()
    method.frozenSteps = 0
    try expectTrainsVolumes(method)
  }

  @Test(arguments: [DeSD.original, .small, .groupProtocol(imageCount: 17_525)])
  func presetsFitTheirEncoderAndSurviveJSON(method: DeSD) throws {
    #expect(try method.fitted(to: unetDescription()) == method)
    let copy = try JSONDecoder().decode(DeSD.self, from: JSONEncoder().encode(method))
    #expect(copy == method)
  }
}
