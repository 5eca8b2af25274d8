import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct SafetensorsTests {
  private var example: Safetensors {
    var file = Safetensors()
    file.set(Tensor<Float>([1, -2.5, .infinity, .leastNonzeroMagnitude], shape: [2, 2]), for: "weights.a")
    file.set(Tensor<Double>(0.1), for: "scalar")
    file.set(Tensor<Int64>([-1, .max]), for: "long")
    file.set(Tensor<Bool>([true, false, true]), for: "mask")
    file.set(Tensor<UInt16>(zeros: [0, 3]), for: "empty")
    file.metadata = ["format": "pt", "note": "a \"quoted\" ü"]
    return file
  }

  @Test func whatIsWrittenIsRead() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("example.safetensors")
    try example.write(to: url)
    let read = try Safetensors(contentsOf: url)
    #expect(read.entries == example.entries)
    #expect(read.metadata == example.metadata)
    #expect(
      read.tensor("weights.a") == Tensor<Float>([1, -2.5, .infinity, .leastNonzeroMagnitude], shape: [2, 2]))
    #expect(read.tensor("mask") == Tensor<Bool>([true, false, true]))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["example.safetensors"])
  }

  @Test func equalContentGivesEqualBytes() throws {
    var other = Safetensors()
    for name in example.entries.keys.sorted().reversed() { other.set(example.entries[name]!, for: name) }
    other.metadata = example.metadata
    #expect(try other.data() == example.data())
    // The tensors begin at a multiple of eight bytes.
    #expect(try example.data().prefix(8).first.map { $0 % 8 } == 0)
  }

  @Test func theFilesOfTheReferenceLibraryAreRead() throws {
    let file = try Safetensors(contentsOf: fixture("encoder", "safetensors"))
    #expect(file.entries["encoder.stages.0.conv1.weight"]?.shape == [4, 1, 3, 3])
    #expect(file.entries["encoder.stages.0.norm1.num_batches_tracked"]?.scalarType == "I64")
    #expect(try Safetensors(file.data(), path: "copy").entries == file.entries)
  }

  @Test func tensorsConvertBetweenFloatAndDoubleAlone() {
    #expect(example.floatingPoint("scalar", as: Float.self) == Tensor<Float>(0.1))
    #expect(example.floatingPoint("weights.a", as: Double.self)?[0, 1] == -2.5)
    #expect(example.floatingPoint("long", as: Float.self) == nil)
    #expect(example.tensor("scalar", of: Float.self) == nil)
    #expect(example.tensor("absent", of: Float.self) == nil)
  }

  @Test func aSectionDropsItsPrefix() {
    #expect(example.section("weights").entries.keys == ["a"])
  }

  // MARK: Broken files

  private func code(_ data: Data) -> CheckpointError.Code? {
    do {
      _ = try Safetensors(data, path: "broken.safetensors")
      return nil
    } catch {
      #expect(error.path == "broken.safetensors")
      return error.code
    }
  }

  @Test func anyTruncationIsAnError() throws {
    let data = try example.data()
    for count in 0..<data.count {
      #expect(code(data.prefix(count)) != nil, "\(count) of \(data.count) bytes")
    }
    #expect(code(data) == nil)
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 7, CheckpointError.Code.truncated),
    // Lying lengths and offsets.
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, .badHeader),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, .badHeader),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, 8, .badHeader),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8, .badHeader),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, .badHeader),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0, .badHeader),
    (#"{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,8]}}"#, 8, .badHeader),
    (#"{"a":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}"#, 8, .badHeader),
    (#"{"a":7}"#, 8, .badHeader), (#"[1]"#, 0, .badHeader), (#"{"a":"#, 0, .badHeader),
    // A hole, an overlap, and bytes that belong to nothing.
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#, 4, .badHeader),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
      4, .badHeader
    ),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, 3, .badHeader),
    (#"{"a":{"dtype":"F128","shape":[1],"data_offsets":[0,16]}}"#, 16, .unsupportedScalar),
  ])
  func aHeaderThatLiesIsATypedError(_ header: String, _ bytes: Int, _ expected: CheckpointError.Code) {
    #expect(code(safetensorsFile(header, bytes: bytes)) == expected)
  }

  @Test func aLengthBeyondEveryLimitIsATypedError() {
    #expect(code(Data(repeating: 0xFF, count: 16)) == .badHeader)
    #expect(code(Data([0, 0, 0, 0, 0, 0, 0, 0x80]) + Data(count: 8)) == .badHeader)
    #expect(code(Data([200, 0, 0, 0, 0, 0, 0, 0])) == .truncated)
  }

  @Test func truthValuesOtherThanOneAreTrue() throws {
    var data = safetensorsFile(#"{"m":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}"#, bytes: 2)
    data[data.count - 1] = 7
    #expect(try Safetensors(data, path: "x").tensor("m") == Tensor<Bool>([false, true]))
  }

  @Test func aMissingFileIsUnreadable() {
    let error = #expect(throws: CheckpointError.self) {
      try Safetensors(contentsOf: URL(fileURLWithPath: "/nowhere/x.safetensors"))
    }
    #expect(error?.code == .unreadable)
    #expect(error?.path == "/nowhere/x.safetensors")
  }

  @Test func aFolderThatIsNotThereCannotBeWrittenTo() {
    let error = #expect(throws: CheckpointError.self) {
      try example.write(to: URL(fileURLWithPath: "/nowhere/x.safetensors"))
    }
    #expect(error?.code == .writeFailed)
  }
}
