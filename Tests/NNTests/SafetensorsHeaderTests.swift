import Foundation
import NN
import Tensor
import TestSupport
import Testing

/// What the format's text allows and forbids (https://github.com/huggingface/safetensors, section Format): "Duplicate
/// keys are disallowed", the header begins with a brace, `__metadata__` holds text alone.
@Suite struct SafetensorsHeaderTests {
  private func read(_ header: String, bytes count: Int) throws(CheckpointError) -> Safetensors {
    try Safetensors(safetensorsFile(header, bytes: count), path: "broken.safetensors")
  }

  @Test(arguments: [
    // One range, two shapes: which counted was the parser's whim.
    (
      #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#,
      16, "a"
    ),
    (#"{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}"#, 4, "dtype"),
    (#"{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}"#, 4, "shape"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"data_offsets":[0,4]}}"#, 4, "data_offsets"),
    (
      #"{"e":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"e":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#,
      0,
      "e"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
      2, "a"
    ),
    (#"{"__metadata__":{},"__metadata__":{}}"#, 0, "__metadata__"),
    (#"{"__metadata__":{"k":"1","k":"2"}}"#, 0, "k"), (#"{"__metadata__":{"k":"1","\u006b":"2"}}"#, 0, "k"),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"note":{"x":1,"x":1}}}"#, 1, "x"),
  ])
  func duplicateKeysAreDisallowed(_ header: String, _ bytes: Int, _ key: String) {
    let error = #expect(throws: CheckpointError.self) { try read(header, bytes: bytes) }
    #expect(error?.code == .badHeader)
    #expect(error?.context.contains("\"\(key)\" stands twice") == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    ("[true]", "[0,1]"), ("[1]", "[false,1]"), ("[1]", "[0,true]"), ("[1.0]", "[0,1]"), ("[1e0]", "[0,1]"),
    ("[1]", "[0.0,1]"), ("[1]", "[-0,1]"), ("[01]", "[0,1]"), ("[-1]", "[0,1]"), ("[null]", "[0,1]"),
    ("[\"1\"]", "[0,1]"), ("[[1]]", "[0,1]"), ("1", "[0,1]"), ("[1]", "[0,1,1]"), ("[1]", "[1]"),
    ("[1]", "1"),
    ("[1,]", "[0,1]"), ("[18446744073709551617]", "[0,1]"), ("[1]", "[18446744073709551616,1]"),
  ])
  func lengthsAndOffsetsAreDigits(_ shape: String, _ offsets: String) {
    let error = #expect(throws: CheckpointError.self) {
      try read(#"{"layer.a":{"dtype":"U8","shape":\#(shape),"data_offsets":\#(offsets)}}"#, bytes: 1)
    }
    #expect(error?.code == .badHeader)
    #expect(error?.context.contains("layer.a") == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    #" {"__metadata__":{}}"#, "\u{FEFF}{}", #"{"__metadata__":{"a":1}}"#, #"{"__metadata__":"a"}"#,
    #"{"__metadata__":null}"#, #"{"__metadata__":["a"]}"#, #"{"a":null}"#, "{} x", "{}{}", "", " ", "null",
    "{\"__metadata__\":{\"caf\u{E9}\":\"1\",\"cafe\u{301}\":\"2\"}}",
  ])
  func headersOfAnotherForm(_ header: String) {
    let error = #expect(throws: CheckpointError.self) { try read(header, bytes: 0) }
    #expect(error?.code == .badHeader)
  }

  @Test func fieldsOfLaterVersionsArePassedOver() throws {
    let file = try read(
      #"{"a":{"dtype":"U8","more":{"x":[1.5,null]},"shape":[1],"data_offsets":[0,1]}}   "#, bytes: 1)
    #expect(file.entries["a"]?.shape == [1])
  }

  // MARK: Types that tensors do not have

  /// A file with one tensor that cannot be read into a ``Tensor`` is a file all the same.
  @Test func aTypeThatTensorsDoNotHaveIsKeptAsBytes() throws {
    let header =
      #"{"b":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]},"f":{"dtype":"F32","shape":[1],"data_offsets":[6,10]},"#
      + #""q":{"dtype":"F4","shape":[2,2],"data_offsets":[10,12]}}"#
    let file = try read(header, bytes: 12)
    #expect(file.tensor("f") == Tensor<Float>([0]))
    #expect(file.entries["b"]?.scalarType == "BF16" && file.floatingPoint("b", as: Float.self) == nil)
    #expect(try Safetensors(file.data(), path: "copy").entries == file.entries)
  }

  @Test func aTypeOfAnotherSizeIsABadHeader() {
    for (type, count) in [("BF16", 5), ("F6_E2M3", 2), ("C64", 12)] {
      let error = #expect(throws: CheckpointError.self) {
        try read(#"{"b":{"dtype":"\#(type)","shape":[3],"data_offsets":[0,\#(count)]}}"#, bytes: count)
      }
      #expect(error?.code == .badHeader)
    }
  }

  // MARK: What is written is read

  @Test func theNameOfTheMetadataIsNoTensors() throws {
    let folder = try TemporaryFolder()
    var file = Safetensors()
    file.set(Tensor<Float>([1, 2]), for: "__metadata__")
    let error = #expect(throws: CheckpointError.self) { try file.data(path: "x") }
    #expect(error?.code == .badName && error?.path == "x")
    #expect(throws: CheckpointError.self) { try file.write(to: folder.file("x")) }
    #expect(!FileManager.default.fileExists(atPath: folder.file("x").path))
    // Beneath a section it is a name as any other.
    var checkpoint = TrainingCheckpoint()
    checkpoint.add(file, under: "module")
    try checkpoint.write(to: folder.file("y"))
    #expect(try TrainingCheckpoint(contentsOf: folder.file("y")).section("module").entries == file.entries)
  }

  @Test func namesAreTheirBytes() throws {
    var file = Safetensors()
    let names = ["caf\u{E9}", "cafe\u{301}", "\u{E9}.caf\u{E9}", "e\u{301}.caf\u{E9}"]
    for (index, name) in names.enumerated() { file.set(Tensor<UInt8>([UInt8(index)]), for: name) }
    #expect(file.entries.count == 4)
    let read = try Safetensors(file.data(), path: "x")
    #expect(read.entries == file.entries)
    for (index, name) in names.enumerated() { #expect(read.tensor(name) == Tensor<UInt8>([UInt8(index)])) }
    #expect(read.section("\u{E9}").tensor("caf\u{E9}") == Tensor<UInt8>([2]))
    #expect(read.section("e\u{301}").entries.count == 1)
  }

  /// Foundation's reader finds in our header what was written.
  @Test func anyTextIsWrittenAsJSON() throws {
    var generator = SplitMix64(seed: 6)
    let parts = [
      "a", ".", "\"", "\\", "/", "\u{0}", "\u{8}", "\n", "\u{1F}", "\u{7F}", "é", "e\u{301}", "😀", " ",
    ]
    for _ in 0..<100 {
      func text() -> String { (0..<5).map { _ in parts.randomElement(using: &generator) ?? "" }.joined() }
      var file = Safetensors()
      file.metadata = [text(): text(), "k": text()]
      let name = text()
      file.set(Tensor<Int16>(zeros: [2, 0, 3]), for: name)
      file.set(Tensor<Int16>([1]), for: name + "x")
      let data = try file.data()
      let read = try Safetensors(data, path: "x")
      #expect(read.entries == file.entries && read.metadata == file.metadata)
      let length = Int(data[0]) | Int(data[1]) << 8
      let json = try JSONSerialization.jsonObject(with: data.dropFirst(8).prefix(length)) as? [String: Any]
      #expect(json?["__metadata__"] as? [String: String] == file.metadata)
      #expect((json?[name] as? [String: Any])?["data_offsets"] as? [Int] == [0, 0])
    }
  }

  /// Header and limit alone: a name of a hundred million letters.
  @Test func aHeaderAboveTheLimitIsNotWritten() {
    var file = Safetensors()
    file.set(Tensor<Float>(1), for: String(repeating: "n", count: 100_000_000))
    let error = #expect(throws: CheckpointError.self) { try file.data() }
    #expect(error?.code == .tooLarge)
  }

  @Test func mutationsAreHarmless() throws {
    var file = Safetensors()
    file.set(Tensor<Float>(zeros: [2, 2]), for: "weights.a")
    file.set(Tensor<Bool>([true]), for: "mask\u{E9}")
    file.set(Tensor<Int64>(zeros: [0, 3]), for: "empty")
    file.metadata = ["format": "pt"]
    let bytes = [UInt8](try file.data())
    let header = 8..<8 + Int(bytes[0]) + Int(bytes[1]) << 8
    var generator = SplitMix64(seed: 12)
    for _ in 0..<4000 {
      var changed = bytes
      for _ in 0...Int.random(in: 0..<3, using: &generator) {
        // A digit for a digit, a brace or any byte.
        let place = Int.random(in: header, using: &generator)
        changed[place] =
          [UInt8.random(in: 0...255, using: &generator), 0x30, 0x39, 0x2C, 0x7B, 0x22, 0x20]
          .randomElement(using: &generator) ?? 0
      }
      if Int.random(in: 0..<8, using: &generator) == 0 {
        changed[Int.random(in: 0..<8, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      do throws(CheckpointError) {
        let read = try Safetensors(Data(changed), path: "x")
        // What is read can be written and read again.
        #expect(try Safetensors(read.data(), path: "y").entries == read.entries)
      } catch {
        #expect(error.path == "x", "\(error)")
      }
    }
  }
}

/// A file with the given header and `count` zero bytes behind it.
func safetensorsFile(_ header: String, bytes count: Int) -> Data {
  withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8)
    + Data(count: count)
}
