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

  /// Element `index` of the tensor of a name: another for every name and every place, exact in a Float.
  private static func element(_ name: String, _ index: Int) -> Float {
    let hash = name.utf8.reduce(UInt32(17)) { $0 &* 31 &+ UInt32($1) }
    return Float((UInt32(truncatingIfNeeded: index) &* 2_654_435_761 &+ hash) >> 8)
  }

  /// A state dict with these names, in PyTorch's axis order.
  private static func stateDict(_ rows: [Names.Row]) -> Safetensors {
    var file = Safetensors()
    for row in rows {
      if row.released.hasSuffix("num_batches_tracked") {
        file.set(Tensor(Int64(element(row.released, 0))), for: row.released)
      } else {
        let shape = TensorShape(row.shape)
        let values = (0..<shape.elementCount).map { element(row.released, $0) }
        file.set(Tensor(values, shape: shape), for: row.released)
      }
    }
    return file
  }

  /// Compares every tensor of a module, in its own axis order, with the one of the table's row: weights of 3 x 3 kernels
  /// are [row, column, in, out] here and [out, in, row, column] there, of transposed ones [in, out, row, column].
  private static func check(_ module: any Module<Float>, _ rows: [Names.Row]) throws {
    let released = Dictionary(uniqueKeysWithValues: rows.map { ($0.ours, $0) })
    var seen: Set<String> = []
    func compare(_ name: String, _ value: Tensor<Float>, _ place: ([Int], _ axes: [Int]) -> Int) throws {
      let row = try #require(released[name], "\(name) is in no row")
      seen.insert(name)
      var wrong = 0
      var position = [Int](repeating: 0, count: value.rank)
      value.withUnsafeBufferPointer { values in
        for value in values {
          if value != element(row.released, place(position, row.shape)) { wrong += 1 }
          for axis in position.indices.reversed() {
            position[axis] += 1
            if position[axis] < self.axis(axis, of: name, row.shape) { break }
            position[axis] = 0
          }
        }
      }
      #expect(wrong == 0, "\(wrong) elements of \(name) are not those of \(row.released)")
    }
    for (name, parameter) in module.namedParameters {
      try compare(name, parameter.value) { p, n in
        switch n.count {
        case 1: p[0]
        case 2: p[1] * n[1] + p[0]
        case _ where name.hasSuffix(".up.weight"): ((p[2] * n[1] + p[3]) * n[2] + p[0]) * n[3] + p[1]
        default: ((p[3] * n[1] + p[2]) * n[2] + p[0]) * n[3] + p[1]
        }
      }
    }
    for (name, buffer) in module.namedBuffers { try compare(name, buffer.value) { p, _ in p[0] } }
    for case .counter(let name, let counter) in module.flattenedMembers() {
      let row = try #require(released[name])
      seen.insert(name)
      #expect(counter.value == Int(element(row.released, 0)))
    }
    #expect(seen.count == rows.count && Set(released.keys) == seen)
  }

  /// The length of an axis of ours, from the shape there.
  private static func axis(_ axis: Int, of name: String, _ shape: [Int]) -> Int {
    switch shape.count {
    case 2: shape[1 - axis]
    case 4 where name.hasSuffix(".up.weight"): [shape[2], shape[3], shape[0], shape[1]][axis]
    case 4: [shape[2], shape[3], shape[1], shape[0]][axis]
    default: shape[axis]
    }
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
