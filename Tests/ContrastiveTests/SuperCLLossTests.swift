import Autograd
import Contrastive
import NN
import Tensor
import TestSupport
import Testing

/// One SuperCL step against PyTorch in double precision: `loss.backward()` after four forwards.
@Suite struct SuperCLLossTests {
  static let steps = ["bottleneck", "level2", "level3_stride2"]

  @Test(arguments: steps) func aStepInDoubleIsTheReference(_ name: String) throws {
    try compare(name, Double.self, termTolerance: 1e-8)
  }

  @Test(arguments: steps) func aStepInFloatIsTheReference(_ name: String) throws {
    try compare(name, Float.self, termTolerance: 1e-4)
  }

  private func compare<Scalar: TensorFloatingPointScalar>(
    _ name: String, _ type: Scalar.Type, termTolerance: Double
  ) throws {
    let reference = try ReferenceValues("supercl_step_\(name)", in: .module)
    let network = try referenceNetwork(Scalar.self)
    let report = try SuperCLLoss(try configuration(reference)).evaluate(network, try views(reference))

    #expect(report.losses.map(\.name) == ["instance", "intra", "inter"])
    for (term, value) in report.losses.map({ ($0.name, $0.value) }) + [("loss", Double(report.loss.item))] {
      let expected = try reference.number(term)
      #expect(abs(value - expected) <= termTolerance, "\(term) \(value), reference \(expected)")
    }
    let z = try reference.tensor("z", as: Double.self)
    #expect(try #require(report.projections).relativeError(to: z) < 1e-4)
    let roots = try reference.tensor("components", as: Int32.self).scalars
    let components = try #require(report.components)
    #expect(components.labels.map { components.labels.firstIndex(of: $0) } == roots.map(Int.init))
    let weak = try reference.tensor("weak", as: Int32.self)
    // The reference counts a row as a positive of itself.
    #expect(Tensor<Int32>(mask: components.weakPositives) + Tensor(identity: 6) == weak)

    report.loss.backward()
    var gradients: [String: Tensor<Scalar>] = [:]
    for (name, parameter) in network.namedParameters {
      let order = parameter.layout.fileOrder(rank: parameter.shape.rank)
      gradients[name] = try #require(parameter.gradient, "\(name) has no gradient").permuted(order)
    }
    #expect(gradients.count == reference.names.count { $0.hasPrefix("gradient.") })
    for (name, gradient) in gradients {
      let expected = try reference.tensor("gradient.\(name)", as: Double.self)
      if isBiasBeforeNorm(name) {
        let weight = try reference.tensor("gradient.\(name.dropLast(4))weight", as: Double.self)
        let bound = 1e-6 * weight.euclideanNorm
        #expect(gradient.euclideanNorm <= bound, "\(name): \(gradient.euclideanNorm) > \(bound)")
      } else {
        let error = gradient.relativeError(to: expected)
        #expect(error <= 1e-4, "gradient of \(name) is off by \(error)")
      }
    }
    for (name, buffer) in network.namedBuffers {
      let expected = try reference.tensor("buffer_after.\(name)", as: Double.self)
      let error = buffer.value.relativeError(to: expected)
      #expect(error <= (Scalar.self == Double.self ? 1e-12 : 1e-5), "\(name) is off by \(error)")
    }
  }

  /// In front of a batch norm a bias changes nothing: its gradient is rounding.
  private func isBiasBeforeNorm(_ name: String) -> Bool {
    name.contains("stages.") && name.contains("conv") && name.hasSuffix("bias")
  }

  private func views<Scalar: TensorFloatingPointScalar>(
    _ reference: ReferenceValues
  ) throws -> SuperCLViews<Scalar> {
    SuperCLViews(
      fixed: (try reference.tensor("view1_fixed"), try reference.tensor("view2_fixed")),
      varied: (try reference.tensor("view1_varied"), try reference.tensor("view2_varied")),
      superpixels: (try reference.tensor("map1"), try reference.tensor("map2")),
      positions: reference.contains("positions")
        ? try reference.tensor("positions", as: Double.self).scalars : [])
  }

  private func configuration(_ reference: ReferenceValues) throws -> SuperCL {
    var configuration = SuperCL()
    let level = Int(try reference.number("level"))
    configuration.intraLevel = level == 4 ? .bottleneck : .stage(level)
    configuration.pixelSampling = .flat(stride: Int(try reference.number("stride")))
    return configuration
  }

  // MARK: Errors

  @Test func aMapThatDoesNotFitIsAnErrorThatNamesBothSizes() throws {
    let network = try referenceNetwork(Float.self)
    let image = Tensor<Float>(zeros: [1, 32, 48, 1])
    let map = Tensor<Int32>(zeros: [1, 30, 48])
    let views = SuperCLViews(fixed: (image, image), varied: (image, image), superpixels: (map, map))
    let error = #expect(throws: PretrainingError.self) { try SuperCLLoss().evaluate(network, views) }
    #expect(error?.code == .superpixelMapDoesNotFit(map: [1, 30, 48], features: [1, 2, 3, 16]))
    let text = "\(try #require(error))"
    #expect(text.contains("[1, 30, 48]") && text.contains("[1, 2, 3, 16]"), "\(text)")
  }

  @Test func aMapOfAnotherBatchIsAnError() throws {
    let network = try referenceNetwork(Float.self)
    let image = Tensor<Float>(zeros: [2, 32, 48, 1])
    let map = Tensor<Int32>(zeros: [1, 32, 48])
    let views = SuperCLViews(fixed: (image, image), varied: (image, image), superpixels: (map, map))
    #expect(throws: PretrainingError(.superpixelMapDoesNotFit(map: [1, 32, 48], features: [2, 2, 3, 16]))) {
      try SuperCLLoss().evaluate(network, views)
    }
  }

  @Test func aLevelThatTheEncoderLacksIsAnError() throws {
    let network = try referenceNetwork(Float.self)
    let image = Tensor<Float>(zeros: [1, 32, 48, 1])
    let map = Tensor<Int32>(zeros: [1, 32, 48])
    let views = SuperCLViews(fixed: (image, image), varied: (image, image), superpixels: (map, map))
    var configuration = SuperCL()
    configuration.intraLevel = .stage(7)
    #expect(
      throws: PretrainingError.badSetting(
        method: SuperCL.name, field: "intraLevel", value: "stage 7", reason: "the encoder has 5 levels")
    ) { try SuperCLLoss(configuration).evaluate(network, views) }
  }

  @Test(arguments: ["instance", "intra", "inter"]) func aWeightOfZeroDropsATerm(_ kept: String) throws {
    let reference = try ReferenceValues("supercl_step_bottleneck", in: .module)
    var method = try configuration(reference)
    method.weights = .init(
      instance: kept == "instance" ? 1 : 0, intra: kept == "intra" ? 1 : 0, inter: kept == "inter" ? 1 : 0)
    var views: SuperCLViews<Double> = try views(reference)
    // What the term does not need may be broken, or missing.
    if kept == "instance" { (views.fixed, views.superpixels) = (nil, nil) }
    if kept == "intra", let varied = views.varied { views.varied = (varied.0 * .nan, varied.1) }
    let report = try SuperCLLoss(method).evaluate(referenceNetwork(Double.self), views)
    #expect(report.losses.map(\.name) == [kept])
    #expect(abs(Double(report.loss.item) - (try reference.number(kept))) <= 1e-8)
    if kept != "intra" {
      views.varied = nil
      #expect(throws: PretrainingError(.missingViews("varied"))) {
        try SuperCLLoss(method).evaluate(referenceNetwork(Double.self), views)
      }
    }
  }
}
