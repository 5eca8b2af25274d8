public import Foundation
public import NN
import RunKit
import Tensor

/// A network that segments, and all that a prediction needs beside it: one safetensors file.
///
/// The tensors have the names of `UNet`, in PyTorch's order of axes; the description is JSON in the file's metadata, under
/// ``field``.
public struct SegmentModel {
  /// Where the description stands in a file's metadata.
  public static let field = "supercl.segment"

  public let description: ModelDescription
  /// `[N, spatial..., 1]` to scores of the classes.
  public let network: any Layer<Float>
  private let encoder: any Module<Float>
  private let decoder: any Module<Float>

  /// A model with drawn weights.
  package init(_ description: ModelDescription, using generator: inout some RandomNumberGenerator) {
    self.description = description
    let configuration = UNetConfiguration(widths: description.widths)
    if description.dimensions == 2 {
      let network = UNet<Float>(configuration, classCount: description.classes.count, using: &generator)
      (self.network, encoder, decoder) = (network, network.encoder, network.decoder)
    } else {
      let network = UNet3D<Float>(configuration, classCount: description.classes.count, using: &generator)
      (self.network, encoder, decoder) = (network, network.encoder, network.decoder)
    }
  }

  /// Reads a model.
  ///
  /// - Throws: `CheckpointError`: a file that cannot be read or is cut short, of something else than a model, with a
  ///   description that no model has, or with the tensors of another network.
  public init(contentsOf url: URL) throws(CheckpointError) {
    let file = try Safetensors(contentsOf: url)
    func failure(_ reason: String) -> CheckpointError {
      CheckpointError(.incompatible, path: url.path, field: Self.field, context: reason)
    }
    guard let text = file.metadata[Self.field] else {
      throw failure("it is no model of segment: its metadata has no '\(Self.field)'")
    }
    if let fault = StrictJSON.fault(in: Array(text.utf8)) { throw failure("'\(Self.field)': \(fault)") }
    let description: ModelDescription
    do {
      description = try JSONDecoder().decode(ModelDescription.self, from: Data(text.utf8))
    } catch {
      throw failure("'\(Self.field)' lacks a field, or has one of another type")
    }
    if let fault = description.fault { throw failure("'\(Self.field)': \(fault)") }
    try Self.check(description, against: file, path: url.path)
    var generator = RandomKey(seed: 0).generator
    self.init(description, using: &generator)
    try network.load(file, path: url.path)
  }

  /// Compares widths with the encoder's tensors, before a network of that size is made: it is then no larger than the file.
  private static func check(
    _ description: ModelDescription, against file: Safetensors, path: String
  ) throws(CheckpointError) {
    let kernel = [Int](repeating: 3, count: description.dimensions)
    for (level, width) in description.widths.enumerated() {
      let stage = level == description.widths.count - 1 ? "center" : "stages.\(level)"
      for (name, inputs) in [("conv1", level == 0 ? 1 : description.widths[level - 1]), ("conv2", width)] {
        let tensor = "encoder.\(stage).\(name).weight"
        let (expected, found) = (TensorShape([width, inputs] + kernel), file.entries[tensor]?.shape)
        guard found == expected else {
          throw CheckpointError(
            .mismatch, path: path, field: tensor,
            context: "'\(tensor)' is \(found.map { "\($0)" } ?? "missing"), expected \(expected): "
              + "'\(field)' describes another network")
        }
      }
    }
  }

  /// Writes the model, whole or not at all.
  ///
  /// - Throws: `CheckpointError`: `writeFailed`.
  public func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var file = network.state()
    file.metadata[Self.field] = String(decoding: try encoder.encode(description), as: UTF8.self)
    try file.write(to: url)
  }

  /// Begins with a pre-trained encoder in place of drawn weights: `encoder.safetensors` or `learner.safetensors`. Of a
  /// file with stages of a U-Net's decoder (`decoder.stages.*`: SuperCL's, GCL's local stage, a model) these are taken, too; the others
  /// keep their weights.
  ///
  /// - Returns: The decoder's tensors that were taken.
  /// - Throws: `CheckpointError`: a file that cannot be read, or is of another encoder or decoder.
  func loadPretrained(from url: URL) throws(CheckpointError) -> [String] {
    let file = try Safetensors(contentsOf: url)
    try encoder.load(file.encoder, path: url.path)
    let report = try decoder.load(file.section("decoder"), policy: .matching, path: url.path)
    if let other = report.mismatched.first {
      throw CheckpointError(
        .mismatch, path: url.path, field: "decoder.\(other.name)",
        context: "it is \(other.found), expected \(other.expected): a decoder of another network")
    }
    return report.loaded
  }
}
