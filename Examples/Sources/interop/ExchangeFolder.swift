import Contrastive
import ExampleSupport
import Foundation
import NN
import Tensor

/// The files that both sides read and write.
struct ExchangeFolder {
  let path: String

  func file(_ name: String) -> String { (path as NSString).appendingPathComponent(name) }

  /// The network whose sizes and weights `encoder.safetensors` holds.
  func network<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type = Scalar.self) throws -> SuperCLNetwork<
    Scalar
  > {
    let path = file("encoder.safetensors")
    do {
      let weights = try Safetensors(contentsOf: URL(fileURLWithPath: path))
      let network: SuperCLNetwork<Scalar> = try network(of: weights, path: path)
      try network.load(weights, path: path)
      return network
    } catch let error as CheckpointError {
      throw ExampleFailure(error.code == .unreadable ? .noInput : .data, "\(error)")
    }
  }

  /// A network with the sizes of the stored weights.
  private func network<Scalar: TensorFloatingPointScalar>(
    of weights: Safetensors, path: String
  ) throws -> SuperCLNetwork<Scalar> {
    func shape(_ name: String) throws -> TensorShape {
      guard let shape = weights.entries[name]?.shape, shape.rank >= 1 else {
        throw ExampleFailure(.data, "\(path): no tensor named \(name)")
      }
      return shape
    }
    var widths: [Int] = []
    while let stage = weights.entries["encoder.stages.\(widths.count).conv2.weight"]?.shape, stage.rank == 4 {
      widths.append(stage[0])
    }
    widths.append(try shape("encoder.center.conv2.weight")[0])
    let first = try shape("encoder.stages.0.conv1.weight")
    guard widths.count >= 2, first.rank == 4, first[1] >= 1, widths.allSatisfy({ $0 >= 1 }) else {
      throw ExampleFailure(.data, "\(path): stages of widths \(widths), first convolution \(first)")
    }
    var generator = PhiloxGenerator(seed: 0)
    let configuration = UNetConfiguration(inputChannels: first[1], widths: widths)
    return SuperCLNetwork(
      encoder: UNetEncoder(configuration, using: &generator),
      projector: ProjectionHead(
        inputFeatures: widths[widths.count - 1], hiddenFeatures: try shape("projector.fc1.weight")[0],
        outputFeatures: try shape("projector.fc2.weight")[0], using: &generator))
  }

  func archive(_ name: String) throws -> NumPyArchive {
    do {
      return try NumPyArchive(contentsOf: file(name))
    } catch {
      throw ExampleFailure(FileManager.default.fileExists(atPath: file(name)) ? .data : .noInput, "\(error)")
    }
  }

  func array(_ name: String, in archive: NumPyArchive, of file: String) throws -> NumPyArray {
    let array: NumPyArray?
    do {
      array = try archive[name]
    } catch {
      throw ExampleFailure(.data, "\(error)")
    }
    guard let array else {
      throw ExampleFailure(
        .data, "\(self.file(file)): no array named \(name); it has \(archive.names.joined(separator: ", "))")
    }
    return array
  }

  func write(_ archive: NumPyArchive, to name: String) throws {
    do {
      try archive.write(to: file(name))
    } catch {
      throw ExampleFailure(.cannotCreate, "\(error)")
    }
  }
}
