import ArgumentParser
import Contrastive
import ExampleSupport
import Foundation
import NN
import Tensor

/// Loads an encoder that PyTorch wrote and compares its features.
struct Load: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Loads DIR/encoder.safetensors, every name in both, and compares the features of features.npz to 1e-4.")

  @Argument(help: ArgumentHelp("The exchange folder.", valueName: "DIR"))
  var directory: String

  func run() throws {
    let folder = ExchangeFolder(path: directory)
    let network = try folder.network(Float.self)
    print(
      "strict load: \(folder.file("encoder.safetensors")): \(network.state().entries.count) tensors, "
        + "\(network.parameterCount) parameters")
    let archive = try folder.archive("features.npz")
    let input = try folder.array("input", in: archive, of: "features.npz").tensor(convertingTo: Float.self)
    let encoder = network.encoder.encoderDescription
    guard input.rank == 4, input.shape[3] == encoder.inputChannels,
      input.shape[1] % encoder.sizeMultiple[0] == 0, input.shape[2] % encoder.sizeMultiple[1] == 0
    else { throw ExampleFailure(.data, "\(folder.file("features.npz")): input has shape \(input.shape)") }
    var isGood = true
    for (name, value) in features(of: network, input)
    where archive.names.contains(name) || name == "bottleneck" {
      let stored = try folder.array(name, in: archive, of: "features.npz").tensor(convertingTo: Float.self)
      guard stored.shape == value.shape else {
        throw ExampleFailure(
          .data, "\(folder.file("features.npz")): \(name) has shape \(stored.shape), expected \(value.shape)")
      }
      let difference = value.maximumAbsoluteDifference(to: stored)
      let agrees = difference <= 1e-4
      isGood = isGood && agrees
      print("\(agrees ? "ok  " : "FAIL") \(name) \(value.shape) largest difference \(difference)")
    }
    if !isGood { throw ExitCode(1) }
  }
}
