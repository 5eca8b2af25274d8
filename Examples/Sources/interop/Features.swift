import ArgumentParser
import Autograd
import Contrastive
import ExampleSupport
import Foundation
import NN
import Tensor

/// Writes an encoder and its features for PyTorch to check.
struct Features: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Writes encoder.safetensors, unless DIR has one, and its features of random images: features.npz.")

  @Argument(help: ArgumentHelp("The exchange folder.", valueName: "DIR"))
  var directory: String

  @Option(help: "Channels of the first stage of a new encoder.")
  var width = 8

  @Option(help: "Height and width of the images, a multiple of 16.")
  var size = 64

  @Option(help: "The seed of weights and images.")
  var seed: UInt64 = 1234

  func validate() throws {
    guard width >= 1 else { throw ValidationError("--width must be at least 1") }
    guard size >= 16, size % 16 == 0 else { throw ValidationError("--size \(size) is not a multiple of 16") }
  }

  func run() throws {
    let folder = ExchangeFolder(path: directory)
    let encoderFile = folder.file("encoder.safetensors")
    let network: SuperCLNetwork<Float>
    if FileManager.default.fileExists(atPath: encoderFile) {
      network = try folder.network()
      print("loaded \(encoderFile): \(network.parameterCount) parameters")
    } else {
      network = try create(encoderFile)
      print("wrote \(encoderFile): \(network.parameterCount) parameters")
    }
    let channels = network.encoder.encoderDescription.inputChannels
    var generator = PhiloxGenerator(seed: seed, stream: 1)
    let input = Tensor<Float>(
      normalWithMean: 0, standardDeviation: 1, shape: [2, size, size, channels], using: &generator)
    var archive = NumPyArchive()
    do {
      try archive.add(input, named: "input")
      for (name, value) in features(of: network, input) { try archive.add(value, named: name) }
    } catch {
      throw ExampleFailure(.cannotCreate, "\(error)")
    }
    try folder.write(archive, to: "features.npz")
    print("wrote \(folder.file("features.npz")): \(archive.names.joined(separator: ", "))")
  }

  /// A new network whose running statistics differ from their start, so that they matter.
  private func create(_ path: String) throws -> SuperCLNetwork<Float> {
    var generator = PhiloxGenerator(seed: seed)
    let network = SuperCLNetwork<Float>(UNetConfiguration(width: width), using: &generator)
    let images = Tensor<Float>(uniform: -1..<2, shape: [4, size, size, 1], using: &generator)
    network.setMode(.training)
    withoutGradient { _ = network.encoder(Variable(images)) }
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      try network.save(to: URL(fileURLWithPath: path))
    } catch {
      throw ExampleFailure(.cannotCreate, "\(path): cannot be written")
    }
    return network
  }
}

/// `level0`, ... , `bottleneck` as `[N, h, w, C]` and `z` `[N, D]`, in evaluation mode.
func features(of network: SuperCLNetwork<Float>, _ images: Tensor<Float>) -> [(
  name: String, value: Tensor<Float>
)] {
  network.setMode(.evaluation)
  return withoutGradient {
    let levels = network.encoder(Variable(images))
    let bottleneck = levels[levels.count - 1]
    var features = levels.dropLast().enumerated().map { (name: "level\($0.offset)", value: $0.element.value) }
    features.append((name: "bottleneck", value: bottleneck.value))
    features.append((name: "z", value: network.projector(bottleneck).value))
    return features
  }
}
