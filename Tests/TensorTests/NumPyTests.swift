import Foundation
import Tensor
import TestSupport
import Testing

/// The path of a file that NumPy wrote.
func numPyFixture(_ name: String) throws -> String {
  try #require(Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures/numpy")).path
}

/// Calls `body` with the path of a file of these bytes, which is removed afterwards.
func withTemporaryFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("SuperCL-\(UUID().uuidString).npy")
  try Data(bytes).write(to: url)
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(url.path)
}

@Suite struct NumPyTests {
  /// The bytes of a version 1 file with this header text.
  static func file(_ header: String, data: [UInt8] = []) -> [UInt8] {
    let text = Array(header.utf8)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)] + text
      + data
  }

  private func check<Scalar: TensorNumericScalar>(_ expected: [Scalar], _ name: String) throws {
    let tensor = Tensor(expected, shape: [2, 3])
    let path = try numPyFixture(name + ".npy")
    #expect(try Tensor<Scalar>(contentsOfNumPyFile: path) == tensor, "\(name)")
    // What this library writes is the file that NumPy wrote, byte for byte.
    try withTemporaryFile([]) { copy in
      try tensor.writeNumPyFile(to: copy)
      #expect(
        FileManager.default.contents(atPath: copy) == FileManager.default.contents(atPath: path), "\(name)")
    }
    let wide = try NumPyArray(contentsOf: path).tensor(convertingTo: Double.self)
    #expect(wide.scalars == expected.map(\.doubleValue), "\(name)")
  }

  @Test func everyScalarBothWays() throws {
    let values: [Double] = [0, 1, 2, 3, 100, 127]
    try check(values.map { Float($0 + 0.5) }, "float32")
    try check(values.map { $0 + 0.5 }, "float64")
    try check(values.map { Int8(-$0) }, "int8")
    try check(values.map { Int16(-$0) }, "int16")
    try check(values.map { Int32(-$0) }, "int32")
    try check(values.map { Int64(-$0) }, "int64")
    try check(values.map { UInt8($0) }, "uint8")
    try check(values.map { UInt16($0) }, "uint16")
    try check(values.map { UInt32($0) }, "uint32")
    try check(values.map { UInt64($0) }, "uint64")
  }

  /// NumPy 2.4: `numpy.array([2.9999998, -2.7, 3]).astype(numpy.int32)` is 2, -2, 3. What is out of range clamps.
  @Test func floatsTruncateIntoIntegers() {
    let values = NumPyArray(Tensor([2.9999998, -2.7, 3, .nan, 3e9, -.infinity] as [Float]))
    #expect(values.tensor(convertingTo: Int32.self).scalars == [2, -2, 3, 0, .max, .min])
  }

  @Test func truthValues() throws {
    let mask = Tensor<Bool>(rows: [[true, false, true], [false, false, true]])
    let path = try numPyFixture("bool.npy")
    #expect(try Tensor<Bool>(contentsOfNumPyFile: path) == mask)
    #expect(try NumPyArray(contentsOf: path).tensor(convertingTo: Int32.self).scalars == [1, 0, 1, 0, 0, 1])
    // A byte other than 0 and 1 is true, as in NumPy.
    let odd = Self.file("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", data: [0, 7, 255])
    let read = try withTemporaryFile(odd) { try Tensor<Bool>(contentsOfNumPyFile: $0) }
    #expect(read == Tensor([false, true, true]))
    #expect(read.withUnsafeBufferPointer { Array(UnsafeRawBufferPointer($0)) } == [0, 1, 1])
  }

  @Test func ordersOfBytesAndAxes() throws {
    #expect(
      try Tensor<Float>(contentsOfNumPyFile: numPyFixture("big_endian_float.npy"))
        == Tensor([0, 1, 2, 3, 100, 127], shape: [2, 3]))
    #expect(
      try Tensor<Int64>(contentsOfNumPyFile: numPyFixture("big_endian_int64.npy"))
        == Tensor([1, -2, 1 << 62]))
    #expect(
      try Tensor<Double>(contentsOfNumPyFile: numPyFixture("fortran.npy"))
        == counting([2, 3, 4], as: Double.self))
    #expect(
      try Tensor<UInt8>(contentsOfNumPyFile: numPyFixture("fortran_bytes.npy"))
        == counting([2, 3], as: UInt8.self))
  }

  @Test func shapesAndVersions() throws {
    #expect(try Tensor<Float>(contentsOfNumPyFile: numPyFixture("scalar.npy")) == Tensor(7.25))
    #expect(try Tensor<Int16>(contentsOfNumPyFile: numPyFixture("vector.npy")) == Tensor([0, 1, 2, 3, 4]))
    #expect(try Tensor<Float>(contentsOfNumPyFile: numPyFixture("empty.npy")).shape == [0, 3])
    for version in [2, 3] {
      #expect(
        try Tensor<Double>(contentsOfNumPyFile: numPyFixture("version\(version).npy")) == Tensor([1.5, -2.5]))
    }
    for tensor in [Tensor<Float>(7), Tensor([1]), Tensor(zeros: [0, 3]), counting([2, 1, 3])] {
      let read = try withTemporaryFile([]) { path in
        try tensor.writeNumPyFile(to: path)
        return try Tensor<Float>(contentsOfNumPyFile: path)
      }
      #expect(read == tensor)
    }
  }

  /// Lengths that make no elements together may be any; what is written is read.
  @Test func emptyArraysOfAnyLength() throws {
    let tensor = Tensor<Float>(zeros: [1 << 61, 0])
    let read = try withTemporaryFile([]) { path in
      try tensor.writeNumPyFile(to: path)
      return try Tensor<Float>(contentsOfNumPyFile: path)
    }
    #expect(read.shape == [1 << 61, 0])
  }

  /// NumPy 2 has arrays of up to 64 axes, and a version 1 header room for them.
  @Test func moreAxesThanNumPyReadsAreNotWritten() throws {
    func write(_ rank: Int) throws -> TensorShape {
      let tensor = Tensor<UInt8>(zeros: TensorShape([Int](repeating: 1, count: rank)))
      return try withTemporaryFile([]) { path in
        try tensor.writeNumPyFile(to: path)
        return try Tensor<UInt8>(contentsOfNumPyFile: path).shape
      }
    }
    #expect(try write(64).rank == 64)
    for rank in [65, 30_000] {
      let error = #expect(throws: NumPyError.self) { try write(rank) }
      #expect(error?.code == .badShape && error?.field == "shape")
    }
    var archive = NumPyArchive()
    try archive.add(Tensor<UInt8>(zeros: TensorShape([Int](repeating: 1, count: 65))), named: "a")
    #expect(throws: NumPyError.self) { try archive.write(to: "/nowhere/x.npz") }
  }

  @Test(arguments: ["complex", "half", "text", "records", "objects"])
  func otherScalarsAreRefused(name: String) throws {
    let path = try numPyFixture(name + ".npy")
    let error = #expect(throws: NumPyError.self) { try NumPyArray(contentsOf: path) }
    #expect(error?.code == .unsupportedScalar && error?.field == "descr" && error?.path == path)
  }

  @Test func anotherScalarIsAMismatch() throws {
    let path = try numPyFixture("int32.npy")
    let error = #expect(throws: NumPyError.self) { try Tensor<Int64>(contentsOfNumPyFile: path) }
    #expect(error?.code == .scalarMismatch)
    #expect(error?.description.contains("int32") == true && error?.description.contains("int64") == true)
  }

  @Test(
    arguments: [
      ([], .notNumPy), (Array("PK\u{3}\u{4}".utf8), .notNumPy), ([0x93] + Array("NUMPY".utf8), .badHeader),
      ([0x93] + Array("NUMPY".utf8) + [9, 0, 1, 0, 32], .unsupportedVersion),
      ([0x93] + Array("NUMPY".utf8) + [1, 0, 200, 0, 32], .badHeader),
      ([0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255, 32], .badHeader),
      (file("nonsense"), .badHeader), (file("{'descr': '<f4', 'shape': (2,)}"), .badHeader),
      (file("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}"), .badHeader),
      (file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x"), .badHeader),
      (file("{'descr': '<f4', 'fortran_order': False, 'shape': 2}"), .badHeader),
      (file("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"), .badHeader),
      (file("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}"), .badShape),
      (file("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"), .badShape),
      (file("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,)}"), .truncatedData),
      (
        file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", data: [1, 2, 3, 4, 5, 6, 7]),
        .truncatedData
      ),
      (file("{'descr': '|f4', 'fortran_order': False, 'shape': (2,)}"), .unsupportedScalar),
      // NumPy refuses these three: keys twice or of its own, and (2) is a number.
      (file("{'descr': '|u1', 'descr': '|i1', 'fortran_order': False, 'shape': (0,)}"), .badHeader),
      (file("{'descr': '|u1', 'fortran_order': False, 'shape': (0,), 'more': 'x'}"), .badHeader),
      (file("{'descr': '|u1', 'fortran_order': False, 'shape': (0)}"), .badHeader),
      (file("{'descr': '|u1', 'fortran_order': False, 'shape': (00,)}"), .badHeader),
      (file("{'descr': '|u1', 'fortran_order': False, 'shape': (True,)}"), .badHeader),
    ] as [([UInt8], NumPyError.Code)])
  func brokenFiles(bytes: [UInt8], code: NumPyError.Code) throws {
    let error = try withTemporaryFile(bytes) { path in
      #expect(throws: NumPyError.self) { try NumPyArray(contentsOf: path) }
    }
    #expect(error?.code == code, "\(error?.description ?? "no error")")
  }

  @Test func filesThatAreNone() {
    let missing = #expect(throws: NumPyError.self) { try NumPyArray(contentsOf: "/nowhere/x.npy") }
    #expect(missing?.code == .notFound && missing?.path == "/nowhere/x.npy")
    let folder = #expect(throws: NumPyError.self) { try NumPyArray(contentsOf: "/tmp") }
    #expect(folder?.code == .notRegularFile)
    let unwritten = #expect(throws: NumPyError.self) {
      try Tensor<Float>(1).writeNumPyFile(to: "/nowhere/x.npy")
    }
    #expect(unwritten?.code == .writeFailed)
  }

  @Test func mutationsAreHarmless() throws {
    var generator = SplitMix64(seed: 21)
    for name in [
      "float32.npy", "fortran.npy", "bool.npy", "version2.npy", "stored.npz", "deflated.npz", "mixed.npz",
      "mixed_deflated.npz",
    ] {
      let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: numPyFixture(name))))
      // The interesting bytes are the header's, and the directory's at an archive's end.
      let places = Array(0..<min(200, bytes.count)) + Array(max(0, bytes.count - 200)..<bytes.count)
      for _ in 0..<150 {
        var changed = bytes
        for _ in 0...Int.random(in: 0..<3, using: &generator) {
          changed[places.randomElement(using: &generator) ?? 0] = UInt8.random(in: 0...255, using: &generator)
        }
        if Bool.random(using: &generator) { changed.removeLast(Int.random(in: 0..<60, using: &generator)) }
        try withTemporaryFile(changed) { path in
          do {
            if name.hasSuffix("npz") {
              let archive = try NumPyArchive(contentsOf: path)
              for name in archive.names {
                _ = try? archive.info(named: name)
                _ = try archive[name]
              }
            } else {
              _ = try NumPyArray(contentsOf: path)
            }
          } catch is NumPyError {
          }
        }
      }
    }
  }
}
