import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

/// The checkpoints of the paper's released code, by the names and shapes of Fixtures/released_names.json: what a state
/// dict of theirs holds, with a value in each element that says which tensor it belongs to and where.
@Suite struct ReleasedNamesTests {
  private struct Names: Decodable {
    struct Row: Decodable {
      let released: String
      let ours: String
      let shape: [Int]
    }
    let pretraining: [Row]
    let segmentation: [Row]
  }

  private static func names() throws -> Names {
    let url = try #require(
      Bundle.module.url(forResource: "released_names", withExtension: "json", subdirectory: "Fixtures"))
    return try JSONDecoder().decode(Names.self, from: Data(contentsOf: url))
  }

  /// The elements of the tensor of a name, in the file's order: others for every name and every place, exact in a Float.
  private struct Elements {
    private let hash: UInt32
    init(_ name: String) { hash = name.utf8.reduce(17) { $0 &* 31 &+ UInt32($1) } }
    subscript(index: Int) -> Float {
      Float((UInt32(truncatingIfNeeded: index) &* 2_654_435_761 &+ hash) >> 8)
    }
  }

  /// A state dict with these names, in PyTorch's axis order.
  private static func stateDict(_ rows: [Names.Row]) -> Safetensors {
    var file = Safetensors()
    for row in rows {
      let elements = Elements(row.released)
      if row.released.hasSuffix("num_batches_tracked") {
        file.set(Tensor(Int64(elements[0])), for: row.released)
      } else {
        let shape = TensorShape(row.shape)
        file.set(Tensor((0..<shape.elementCount).map { elements[$0] }, shape: shape), for: row.released)
      }
    }
    return file
  }

  /// What a module must hold for a row, in its own axis order: weights of kernels are [row, column, in, out] here and
  /// [out, in, row, column] in the file, of transposed ones [in, out, row, column]; of linear layers [in, out] here and
  /// [out, in] there.
  private static func expected(_ row: Names.Row) -> Tensor<Float> {
    let (elements, n) = (Elements(row.released), row.shape)
    var values: [Float] = []
    switch n.count {
    case 4 where row.ours.hasSuffix(".up.weight"):
      for r in 0..<n[2] {
        for c in 0..<n[3] {
          for i in 0..<n[0] {
            for o in 0..<n[1] { values.append(elements[((i * n[1] + o) * n[2] + r) * n[3] + c]) }
          }
        }
      }
      return Tensor(values, shape: [n[2], n[3], n[0], n[1]])
    case 4:
      for r in 0..<n[2] {
        for c in 0..<n[3] {
          for i in 0..<n[1] {
            for o in 0..<n[0] { values.append(elements[((o * n[1] + i) * n[2] + r) * n[3] + c]) }
          }
        }
      }
      return Tensor(values, shape: [n[2], n[3], n[1], n[0]])
    case 2:
      for i in 0..<n[1] { for o in 0..<n[0] { values.append(elements[o * n[1] + i]) } }
      return Tensor(values, shape: [n[1], n[0]])
    default: return Tensor((0..<n[0]).map { elements[$0] }, shape: [n[0]])
    }
  }

  /// Compares every tensor of a module with the one of the table's row.
  private static func check(_ module: any Module<Float>, _ rows: [Names.Row]) throws {
    let released = Dictionary(uniqueKeysWithValues: rows.map { ($0.ours, $0) })
    var seen: Set<String> = []
    for member in module.flattenedMembers() {
      switch member {
      case .parameter(let name, let parameter):
        let row = try #require(released[name], "\(name) is in no row")
        seen.insert(name)
        #expect(parameter.value.isIdentical(to: expected(row)), "\(name) is not \(row.released)")
      case .buffer(let name, let buffer):
        let row = try #require(released[name], "\(name) is in no row")
        seen.insert(name)
        #expect(buffer.value.isIdentical(to: expected(row)), "\(name) is not \(row.released)")
      case .counter(let name, let counter):
        let row = try #require(released[name], "\(name) is in no row")
        seen.insert(name)
        #expect(counter.value == Int(Elements(row.released)[0]))
      case .module: continue
      }
    }
    #expect(seen.count == rows.count && Set(released.keys) == seen)
  }

  @Test func aPretrainingCheckpointLoads() throws {
    let rows = try Self.names().pretraining
    #expect(rows.count == 64)
    var generator = SplitMix64(seed: 1)
    let network = SuperCLNetwork<Float>(using: &generator)
    let report = try network.load(Self.stateDict(rows), renaming: .superCLReleased())
    #expect(report.isComplete && report.loaded.count == 64)
    #expect(report.namesInFile["projector.fc1.weight"] == "head.2.weight")
    try Self.check(network, rows)
  }

  @Test func aSegmentationCheckpointLoads() throws {
    let rows = try Self.names().segmentation
    #expect(rows.count == 125)
    var generator = SplitMix64(seed: 1)
    let network = UNet<Float>(classCount: 4, using: &generator)
    let report = try network.load(Self.stateDict(rows), renaming: .superCLReleased())
    #expect(report.isComplete && report.loaded.count == 125)
    try Self.check(network, rows)
  }

  /// Fine-tuning takes the encoder of a pre-training checkpoint.
  @Test func theEncoderOfAPretrainingCheckpointLoadsIntoAUNet() throws {
    let rows = try Self.names().pretraining
    let file = try Self.stateDict(rows).renamed(by: .superCLReleased())
    var generator = SplitMix64(seed: 1)
    let network = UNet<Float>(classCount: 4, using: &generator)
    try network.encoder.load(file.section("encoder"))
    let encoder = rows.filter { $0.ours.hasPrefix("encoder.") }
    try Self.check(Encoder(network.encoder), encoder)
  }

  private final class Encoder: Module {
    let encoder: UNetEncoder<Float>
    init(_ encoder: UNetEncoder<Float>) { self.encoder = encoder }
    var members: [ModuleMember<Float>] { [.module("encoder", encoder)] }
  }

  @Test func namesGoBothWays() throws {
    let names = try Self.names()
    let map = ParameterNameMap.superCLReleased()
    for row in names.pretraining + names.segmentation {
      #expect(map.renamed(row.released) == row.ours)
      #expect(map.inverted.renamed(row.ours) == row.released)
    }
    // Our checkpoint under their names, which their code loads.
    var generator = SplitMix64(seed: 1)
    let network = UNet<Float>(UNetConfiguration(width: 2), classCount: 4, using: &generator)
    let file = try network.state().renamed(by: map.inverted)
    #expect(Set(file.entries.keys) == Set(names.segmentation.map(\.released)))
    #expect(try file.renamed(by: map).entries == network.state().entries)
    // Networks of another depth keep to the pattern.
    let deep = ParameterNameMap.superCLReleased(stageCount: 5)
    #expect(deep.renamed("decoder.upscale6.weight") == "decoder.stages.0.up.weight")
    #expect(deep.renamed("decoder.expand_1_2.1.bias") == "decoder.stages.4.norm2.bias")
    #expect(deep.renamed("encoder.contr_5_1.0.weight") == "encoder.stages.4.conv1.weight")
  }

  /// A checkpoint for another network says which of its names is meant.
  @Test func errorsTellBothNames() throws {
    var generator = SplitMix64(seed: 1)
    let narrow = SuperCLNetwork<Float>(UNetConfiguration(width: 2), using: &generator)
    var file = try narrow.state().renamed(by: ParameterNameMap.superCLReleased().inverted)
    file.set(Tensor<Float>([1]), for: "head.2.scale")
    file.set(Tensor<Float>([1]), for: "encoder.center.2.bias")
    var part = Safetensors()
    for (name, entry) in file.entries where name != "encoder.contr_1_1.0.bias" { part.set(entry, for: name) }
    let error = #expect(throws: CheckpointError.self) {
      try narrow.load(part, renaming: .superCLReleased(), path: "theirs")
    }
    #expect(error?.code == .mismatch && error?.path == "theirs")
    for part in [
      "missing [\"encoder.stages.0.conv1.bias (encoder.contr_1_1.0.bias in the file)\"]",
      "unexpected [\"projector.fc1.scale (head.2.scale in the file)\"]",
      "encoder.center.conv2.bias (encoder.center.2.bias in the file) is [1], expected [32]",
    ] { #expect(error?.context.contains(part) == true, "\(error?.context ?? "")") }
  }
}
