import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct TrainingCheckpointTests {
  @Test func sectionsAndFieldsComeBack() throws {
    let folder = try TemporaryFolder()
    var part = Safetensors()
    part.set(Tensor<Float>([1, 2]), for: "a.b")
    var checkpoint = TrainingCheckpoint()
    checkpoint.add(part, under: "module")
    checkpoint.fields["step"] = "7"
    try checkpoint.encode([LossTerm("loss", 0.1), LossTerm("nothing", .nan)], as: "terms", path: "x")
    try checkpoint.write(to: folder.file("c"))
    let read = try TrainingCheckpoint(contentsOf: folder.file("c"))
    #expect(read.section("module").entries == part.entries)
    #expect(read.section("optimizer").entries.isEmpty)
    #expect(read.fields["step"] == "7")
    let terms = try read.decode([LossTerm].self, from: "terms", path: "x")
    #expect(terms[0] == LossTerm("loss", 0.1))
    #expect(terms[1].value.isNaN)
  }

  @Test func aMissingOrBrokenFieldIsIncompatible() {
    var checkpoint = TrainingCheckpoint()
    checkpoint.fields["broken"] = "{"
    checkpoint.fields["twice"] = #"[{"name":"loss","value":1,"value":2}]"#
    for field in ["absent", "broken", "twice"] {
      let error = #expect(throws: CheckpointError.self) {
        try checkpoint.decode([LossTerm].self, from: field, path: "x")
      }
      #expect(error?.code == .incompatible)
      #expect(error?.context.contains(field) == true)
    }
  }
}
