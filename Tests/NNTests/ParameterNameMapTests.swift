import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct ParameterNameMapTests {
  private let map = ParameterNameMap([
    ("a", "x"), ("a.b", "y.z"), ("c.0", "w"), ("caf\u{E9}", "one"), ("cafe\u{301}", "two"),
  ])

  @Test(arguments: [
    ("a", "x"), ("a.weight", "x.weight"), ("a.b", "y.z"), ("a.b.weight", "y.z.weight"), ("a.bc", "x.bc"),
    ("ab", "ab"), ("c", "c"), ("c.00", "c.00"), ("c.0", "w"), ("b.a", "b.a"), ("", ""), (".a", ".a"),
    ("caf\u{E9}.w", "one.w"), ("cafe\u{301}.w", "two.w"),
  ])
  func theLongestPrefixOfWholePartsCounts(_ name: String, _ expected: String) {
    #expect(map.renamed(name) == expected)
    #expect(ParameterNameMap.unchanged.renamed(name) == name)
  }

  @Test func inversion() {
    #expect(map.inverted.renamed("y.z.weight") == "a.b.weight")
    #expect(map.inverted.inverted == map)
  }

  @Test func twoTensorsOfOneNameAreAnErrorThatTellsAllThree() throws {
    var file = Safetensors()
    file.metadata = ["k": "v"]
    for name in ["a.weight", "other"] { file.set(Tensor<Float>([1]), for: name) }
    let renamed = try file.renamed(by: map)
    #expect(renamed.entries.keys == ["other", "x.weight"] && renamed.metadata == ["k": "v"])
    file.set(Tensor<Float>([2]), for: "x.weight")
    let error = #expect(throws: CheckpointError.self) { try file.renamed(by: map, path: "p") }
    #expect(error?.code == .badName && error?.path == "p")
    for name in ["'a.weight'", "'x.weight'"] { #expect(error?.context.contains(name) == true) }
  }

  @Test func mapsAreJSON() throws {
    let text = #"[{"file":"net.0","module":"head"}]"#
    let map = try JSONDecoder().decode(ParameterNameMap.self, from: Data(text.utf8))
    #expect(map == ParameterNameMap([("net.0", "head")]))
    #expect(try JSONDecoder().decode(ParameterNameMap.self, from: JSONEncoder().encode(map)) == map)
    for text in [
      #"[{"file":"a","module":"b"},{"file":"a","module":"c"}]"#,
      #"[{"file":"a","module":"c"},{"file":"b","module":"c"}]"#, #"[{"file":"","module":"c"}]"#,
      #"[{"file":"a.","module":"c"}]"#, #"[{"file":"a"}]"#, "{}",
    ] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(ParameterNameMap.self, from: Data(text.utf8))
      }
    }
  }

  @Test func aMapThatCannotBeReadBackwardsIsRefused() async {
    await #expect(processExitsWith: .failure) { _ = ParameterNameMap([("a", "c"), ("b", "c")]) }
    await #expect(processExitsWith: .failure) { _ = ParameterNameMap([("a", "b"), ("a", "c")]) }
    await #expect(processExitsWith: .failure) { _ = ParameterNameMap([("a..b", "c")]) }
  }
}
