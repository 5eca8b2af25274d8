import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

/// One step of a method in PyTorch, Fixtures/method_NAME.npz; see PROVENANCE.md there.
struct ReferenceStep {
  let name: String
  let values: ReferenceValues

  init(_ name: String) throws {
    self.name = name
    values = try ReferenceValues("method_\(name)", in: .module)
  }

  /// View `number`, from 1.
  func view(_ number: Int) throws -> Tensor<Float> { try values.tensor("view\(number)") }

  /// The tensors under a prefix, by the names behind it.
  func section(_ prefix: String) throws -> [String: Tensor<Double>] {
    var tensors: [String: Tensor<Double>] = [:]
    for key in values.names where key.hasPrefix(prefix + ".") {
      tensors[String(key.dropFirst(prefix.count + 1))] = try values.tensor(key)
    }
    return tensors
  }

  /// Loads the state before the step, takes the step by the losses of `evaluate`, one for each objective of the method, and
  /// compares loss (1e-4), gradients (1e-3) and the state behind it (1e-5, relative).
  func expectAgreement<Method: PretrainingMethod>(
    _ method: Method, _ learner: Method.Learner, _ views: Method.Views
  ) throws {
    var before = Safetensors()
    for (key, tensor) in try section("before") {
      if key.hasSuffix("num_batches_tracked") || key.hasSuffix("enqueued") {
        before.set(Tensor<Int64>(Int64(tensor.item)), for: key)
      } else {
        before.set(Tensor<Float>(converting: tensor), for: key)
      }
    }
    try learner.load(before)
    let moment = TrainingMoment(step: 0, totalSteps: 1, key: RandomKey(seed: 1))
    let objectives = method.objectives(of: learner)
    let losses = try method.evaluate(learner, views, at: moment).losses
    #expect(losses.count == objectives.count)
    let total = losses.reduce(0) { $0 + Double($1.item) }
    let expected = try values.number("loss")
    #expect(abs(total - expected) <= 1e-4 * max(1, abs(expected)), "\(name): loss \(total), not \(expected)")

    // Each objective's backward pass by itself, of which its own parameters keep their gradients.
    var gradients: [String: Tensor<Float>] = [:]
    for (objective, loss) in zip(objectives, losses) {
      learner.zeroGradients()
      loss.backward()
      for group in objective.groups {
        for (key, parameter) in group.parameters {
          let order = parameter.layout.fileOrder(rank: parameter.shape.rank)
          gradients[key] = parameter.gradient?.permuted(order)
        }
      }
    }
    try expectGradients(gradients)
    for objective in objectives {
      for group in objective.groups {
        for (key, parameter) in group.parameters {
          let order = parameter.layout.fileOrder(rank: parameter.shape.rank)
          let inverse = order.indices.map { axis in order.firstIndex(of: axis) ?? axis }
          parameter.gradient = gradients[key]?.permuted(inverse)
        }
      }
      let optimizer = Optimizer(objective.groups, .sgd(), learningRate: 0.01, weightDecay: 1e-3)
      try optimizer.step()
    }
    try method.didUpdate(learner, at: moment)
    try expectState(learner.state())
  }

  private func expectGradients(_ gradients: [String: Tensor<Float>]) throws {
    let references = try section("gradient")
    #expect(Set(gradients.keys) == Set(references.keys), "\(name): other parameters have gradients")
    let largest = references.values.map(\.euclideanNorm).max() ?? 0
    for (key, reference) in references {
      guard let gradient = gradients[key] else { continue }
      let error = (Tensor<Double>(converting: gradient) - reference).euclideanNorm
      // A bias in front of a norm has the gradient 0 but for rounding.
      #expect(
        error <= 1e-3 * max(reference.euclideanNorm, 1e-2 * largest),
        "\(name): gradient of \(key) is off by \(error) of \(reference.euclideanNorm)")
    }
  }

  private func expectState(_ state: Safetensors) throws {
    let references = try section("after")
    #expect(Set(state.entries.keys) == Set(references.keys), "\(name): other members in the state")
    for (key, reference) in references {
      if let value = state.floatingPoint(key, as: Double.self) {
        let error = (value - reference).euclideanNorm
        #expect(
          error <= 1e-5 * max(reference.euclideanNorm, 1),
          "\(name): \(key) is off by \(error) behind the step")
      } else {
        let counter = state.tensor(key, of: Int64.self)
        #expect(counter.map { Double($0.item) } == reference.item, "\(name): \(key)")
      }
    }
  }
}

/// The encoder of the method fixtures: widths 2, 4, 8.
let referenceBlueprint = EncoderBlueprint.unet(UNetConfiguration(widths: [2, 4, 8]))
