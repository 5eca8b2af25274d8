import ArgumentParser
import Autograd
import Contrastive
import ExampleSupport
import Foundation
import NN
import Tensor

/// One SuperCL step on given views, for PyTorch to compare.
struct Step: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Computes the SuperCL step of step.npz in Float and Double: step_ours_float32.npz, step_ours_float64.npz."
  )

  @Argument(help: ArgumentHelp("The exchange folder.", valueName: "DIR"))
  var directory: String

  func run() throws {
    try step(Float.self, "float32")
    try step(Double.self, "float64")
  }

  private func step<Scalar: TensorFloatingPointScalar>(_: Scalar.Type, _ kind: String) throws {
    let folder = ExchangeFolder(path: directory)
    let network = try folder.network(Scalar.self)
    let archive = try folder.archive("step.npz")
    func tensor<T: TensorNumericScalar>(_ name: String, _: T.Type = T.self) throws -> Tensor<T> {
      try folder.array(name, in: archive, of: "step.npz").tensor(convertingTo: T.self)
    }
    func level(_ name: String) throws -> FeatureLevel {
      let bottleneck = network.encoder.encoderDescription.levels.count - 1
      guard archive.names.contains(name) else { return .bottleneck }
      let level = Int(try tensor(name, Int64.self).item)
      return level == bottleneck ? .bottleneck : .stage(level)
    }
    var method = SuperCL()
    method.intraLevel = try level("level")
    method.interLevel = try level("asp_level")
    if archive.names.contains("stride") {
      method.pixelSampling = .flat(stride: Int(try tensor("stride", Int64.self).item))
    }
    let fixed: (Tensor<Scalar>, Tensor<Scalar>) = (try tensor("view1_fixed"), try tensor("view2_fixed"))
    let varied: (Tensor<Scalar>, Tensor<Scalar>) = (try tensor("view1_varied"), try tensor("view2_varied"))
    let positions = archive.names.contains("positions") ? try tensor("positions", Double.self).scalars : nil
    try check(
      [fixed.0, fixed.1, varied.0, varied.1].map(\.shape), positions,
      fit: network.encoder.encoderDescription, path: folder.file("step.npz"))
    let views = SuperCLViews<Scalar>(
      fixed: fixed, varied: varied, superpixels: (try tensor("map1"), try tensor("map2")),
      positions: positions ?? [])
    network.setMode(.training)
    do {
      let report = try SuperCLLoss(method).evaluate(network, views)
      report.loss.backward()
      try write(report, network, to: "step_ours_\(kind).npz", in: folder)
      print(
        "ours \(kind): loss \(report.loss.item)  "
          + report.losses.map { "\($0.name) \($0.value)  " }.joined()
          + "components \(report.components?.labels ?? [])")
    } catch let error as PretrainingError {
      throw ExampleFailure(.data, "\(folder.file("step.npz")): \(error)")
    }
  }

  private func check(
    _ shapes: [TensorShape], _ positions: [Double]?, fit encoder: EncoderDescription, path: String
  ) throws {
    let shape = shapes[0]
    guard shape.rank == 4, shape[3] == encoder.inputChannels, shapes.allSatisfy({ $0 == shape }),
      shape[1] % encoder.sizeMultiple[0] == 0, shape[2] % encoder.sizeMultiple[1] == 0
    else { throw ExampleFailure(.data, "\(path): views of shapes \(shapes)") }
    guard positions.map({ $0.count == shape[0] }) ?? true else {
      throw ExampleFailure(.data, "\(path): \(positions?.count ?? 0) positions for \(shape[0]) images")
    }
  }

  private func write<Scalar: TensorFloatingPointScalar>(
    _ report: SuperCLStepReport<Scalar>, _ network: SuperCLNetwork<Scalar>, to name: String,
    in folder: ExchangeFolder
  ) throws {
    var archive = NumPyArchive()
    do {
      try archive.add(Tensor(Double(report.loss.item)), named: "loss")
      for term in report.losses { try archive.add(Tensor(term.value), named: term.name) }
      for (name, parameter) in network.namedParameters {
        let gradient = parameter.gradient ?? Tensor(zeros: parameter.shape)
        let order = parameter.layout.fileOrder(rank: parameter.shape.rank)
        try archive.add(gradient.permuted(order), named: "gradient.\(name)")
      }
    } catch {
      throw ExampleFailure(.cannotCreate, "\(error)")
    }
    try folder.write(archive, to: name)
  }
}
