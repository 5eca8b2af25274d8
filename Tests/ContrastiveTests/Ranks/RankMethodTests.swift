import Autograd
import Contrastive
import NN
import Superpixel
import Tensor
import TestSupport
import Testing

/// Every method on 2 and 4 ranks against one process with the whole batch: terms, gradients, and all that is learned or
/// remembered behind some steps.
@Suite struct RankMethodTests {
  struct Run: Sendable {
    var terms: [[String: Double]] = []
    var gradients: [String: Tensor<Float>] = [:]
    var state: [String: Tensor<Double>] = [:]
  }

  private static func train<Method: PretrainingMethod>(
    _ method: Method, on images: some Dataset<PretrainingImage>, _ communicator: any Communicator
  ) throws -> Run {
    // Three levels: at 32 px norms of five would measure four pixels, and in `Float` divide by next to nothing.
    let task = try PretrainingTask(method, encoder: .unet(UNetConfiguration(widths: [4, 8, 16])))
    let loop = try TrainingLoop(task, on: images, communicator: communicator)
    var run = Run()
    loop.hooks.beforeUpdate.append { parameters, moment in
      guard moment.step == 0 else { return }
      for (name, parameter) in parameters { run.gradients[name] = parameter.gradient }
    }
    try loop.run { progress in
      run.terms.append(Dictionary(uniqueKeysWithValues: progress.terms.map { ($0.name, $0.value) }))
      return .proceed
    }
    for (name, entry) in task.learner.state().entries {
      run.state[name] =
        task.learner.state().floatingPoint(name, as: Double.self)
        ?? Tensor(converting: task.learner.state().tensor(name, of: Int64.self) ?? Tensor(zeros: entry.shape))
    }
    return run
  }

  /// - Parameters:
  ///   - steps: Steps that are compared.
  ///   - tolerance: Of terms and gradients in the first step, relative.
  ///   - drift: Of terms and state behind later steps, relative: in `Float` a small network at a high rate multiplies roundings.
  private func expectOneProcess<Method: PretrainingMethod>(
    _ method: Method, on images: [PretrainingImage] = testSlices(18), ranks counts: [Int] = [2, 4],
    steps: Int = 3, tolerance: Double = 1e-5, drift: Double = 5e-2
  ) throws {
    var method = method
    method.recipe.steps = steps
    let data = ArrayDataset(images)
    let examples = { @Sendable [method] in try method.examples(of: data) }
    let whole = try Self.train(method, on: examples(), SingleProcess())
    let largest = whole.gradients.values.map { Double($0.euclideanNorm) }.max() ?? 0
    for count in counts {
      let runs = try InProcessRanks.run(count) { [method] in try Self.train(method, on: examples(), $0) }
      #expect(runs[0].terms.map(\.keys) == whole.terms.map(\.keys))
      for (step, terms) in whole.terms.enumerated() {
        for (name, expected) in terms {
          guard let value = runs[0].terms[step][name], !(expected.isNaN && value.isNaN) else { continue }
          let bound = (step == 0 ? tolerance : drift) * max(1, abs(expected))
          #expect(
            abs(value - expected) <= bound,
            "\(Method.name), \(count): \(name) \(value), not \(expected), step \(step)")
        }
      }
      for run in runs {
        #expect(run.gradients.keys == whole.gradients.keys)
        for (name, expected) in whole.gradients {
          let found = run.gradients[name] ?? expected * 0
          let error = Double((found - expected).euclideanNorm)
          let bound = tolerance * max(Double(expected.euclideanNorm), 0.1 * largest)
          #expect(error <= bound, "\(Method.name), \(count): gradient of \(name) off by \(error) > \(bound)")
        }
        for (name, expected) in whole.state {
          let error = ((run.state[name] ?? expected * 0) - expected).euclideanNorm
          #expect(
            error <= drift * max(1, expected.euclideanNorm),
            "\(Method.name), \(count): \(name) off by \(error)")
        }
        #expect(run.state == runs[0].state, "\(Method.name): ranks differ")
      }
      let again = try InProcessRanks.run(count) { [method] in try Self.train(method, on: examples(), $0) }
      #expect(again[0].state == runs[0].state && again[0].gradients == runs[0].gradients, "other bits")
    }
  }

  /// Heads whose norms measure 8 numbers a channel round more: five times as much at the most.
  private let headTolerance = 1e-4

  /// A method with batches of 8.
  private func eight<Method: PretrainingMethod>(_ method: Method) -> Method {
    var method = method
    method.recipe.batchSize = 8
    return method
  }

  @Test func superCL() throws {
    var method = SuperCL(patchSize: 64, steps: 3, batchSize: 8)
    method.learningRate = 0.01
    let slices = placedSlices(volumes: 3, slices: 6, side: 70)
    try expectOneProcess(method, on: slices)
    method.pixelScope = .batch
    method.intraLevel = .bottleneck
    method.slic = SLIC(segmentCount: 16)
    try expectOneProcess(method, on: slices, ranks: [2])
  }

  @Test func moCo() throws { try expectOneProcess(eight(MoCoTests.tiny())) }

  @Test func swAV() throws { try expectOneProcess(eight(SwAVTests.tiny())) }

  @Test func simCLR() throws { try expectOneProcess(eight(SimCLRTests.tiny()), tolerance: headTolerance) }

  @Test func bYOL() throws { try expectOneProcess(eight(BYOLTests.tiny()), tolerance: headTolerance) }

  @Test func simSiam() throws { try expectOneProcess(eight(SimSiamTests.tiny())) }

  @Test func simTriplet() throws {
    try expectOneProcess(
      eight(SimTripletTests.tiny()), on: placedSlices(volumes: 3, slices: 6), tolerance: headTolerance)
  }

  @Test func pCL() throws {
    // Of 8 slices the rows of the last bias's gradient nearly cancel: its rounding is as large as the tolerance, above or below it
    // with the instruction set and the seed. Of 16 it is a third.
    var method = PCLTests.tiny()
    method.recipe.batchSize = 16
    try expectOneProcess(method, on: placedSlices(volumes: 3, slices: 6))
  }

  @Test func wCL() throws { try expectOneProcess(eight(WCLTests.tiny()), steps: 1, tolerance: headTolerance) }

  @Test func gCL() throws {
    // Each rank has whole volumes' parts: 2 volumes of 2 parts a rank.
    try expectOneProcess(eight(GCLTests.tiny()), on: placedSlices(volumes: 6, slices: 5), ranks: [2])
  }

  @Test func gCLLocal() throws { try expectOneProcess(eight(GCLLocalTests.tiny())) }

  @Test func deSD() throws { try expectOneProcess(eight(DeSDTests.tiny()), tolerance: headTolerance) }

  @Test func diRA() throws { try expectOneProcess(eight(DiRATests.tiny())) }

  /// Groups of the whole batch that ranks have in equal numbers: statistics of a group, keys shuffled over all ranks.
  @Test func groupsOfMoCoAreTheRanks() throws {
    var method = eight(MoCoTests.tiny(queueLength: 32))
    (method.queryGroups, method.keyGroups) = (2, 4)
    method.recipe.steps = 1
    let whole = try Self.train(method, on: ArrayDataset(testSlices(18)), SingleProcess())
    let runs = try InProcessRanks.run(2) { [method] in
      try Self.train(method, on: ArrayDataset(testSlices(18)), $0)
    }
    for (name, expected) in whole.terms[0] {
      #expect(abs((runs[0].terms[0][name] ?? .nan) - expected) <= 1e-5 * max(1, abs(expected)), "\(name)")
    }
    for (name, expected) in whole.state where !name.contains("running") && !name.contains("tracked") {
      let error = ((runs[1].state[name] ?? expected * 0) - expected).euclideanNorm
      #expect(error <= 1e-5 * max(1, expected.euclideanNorm), "\(name) off by \(error)")
    }
    method.queryGroups = 1
    #expect(throws: PretrainingError.self) {
      try InProcessRanks.run(4) { [method] communicator in
        var method = method
        method.keyGroups = 2
        _ = try Self.train(method, on: ArrayDataset(testSlices(18)), communicator)
      }
    }
  }
}
