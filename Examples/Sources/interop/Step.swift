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
      let bottleneck = network.encoder.configuration.stageCount
      guard archive.names.contains(name) else { return .bottleneck }
      let level = Int(try tensor(name, Int64.self).item)
      return level == bottleneck ? .bottleneck : .stage(level)
    }
    var configuration = SuperCLConfiguration()
    configuration.intraLevel = try level("level")
    configuration.interLevel = try level("asp_level")
    if archive.names.contains("stride") {
      configuration.pixelSampling = .flat(stride: Int(try tensor("stride", Int64.self).item))
    }
    let views = SuperCLViews<Scalar>(
      fixed: (try tensor("view1_fixed"), try tensor("view2_fixed")),
      varied: (try tensor("view1_varied"), try tensor("view2_varied")),
      superpixels: (try tensor("map1"), try tensor("map2")),
      positions: archive.names.contains("positions") ? try tensor("positions", Double.self).scalars : nil)
    try check(views, fit: network.encoder.configuration, path: folder.file("step.npz"))
    network.setMode(.training)
    do {
      let report = try SuperCLLoss<Scalar>(configuration).evaluate(network, views)
      report.loss.backward()
      try write(report, network, to: "step_ours_\(kind).npz", in: folder)
      print(
        "ours \(kind): loss \(report.loss.item)  instance \(report.instance)  intra \(report.intra)  "
          + "inter \(report.inter)  components \(report.components.labels)")
    } catch let error as SuperCLError {
      throw ExampleFailure(.data, "\(folder.file("step.npz")): \(error)")
    }
  }

  private func check<Scalar: TensorFloatingPointScalar>(
    _ views: SuperCLViews<Scalar>, fit encoder: UNetConfiguration, path: String
  ) throws {
    let shape = views.fixed.0.shape
    let shapes = [views.fixed.1, views.varied.0, views.varied.1].map(\.shape)
    guard shape.rank == 4, shape[3] == encoder.inputChannels, shapes.allSatisfy({ $0 == shape }),
      shape[1] % encoder.sizeMultiple == 0, shape[2] % encoder.sizeMultiple == 0
    else { throw ExampleFailure(.data, "\(path): views of shapes \(shape) and \(shapes)") }
    guard views.positions.map({ $0.count == shape[0] }) ?? true else {
      throw ExampleFailure(.data, "\(path): \(views.positions?.count ?? 0) positions for \(shape[0]) images")
    }
  }

  private func write<Scalar: TensorFloatingPointScalar>(
    _ report: SuperCLStepReport<Scalar>, _ network: SuperCLNetwork<Scalar>, to name: String,
    in folder: ExchangeFolder
  ) throws {
    var archive = NumPyArchive()
    do {
      try archive.add(Tensor(Double(report.loss.item)), named: "loss")
      try archive.add(Tensor(report.instance), named: "instance")
      try archive.add(Tensor(report.intra), named: "intra")
      try archive.add(Tensor(report.inter), named: "inter")
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
