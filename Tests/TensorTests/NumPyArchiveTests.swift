import Foundation
import Tensor
import Testing

@Suite struct NumPyArchiveTests {
  @Test(arguments: ["stored.npz", "deflated.npz"]) func readsWhatNumPyWrites(name: String) throws {
    let archive = try NumPyArchive(contentsOf: numPyFixture(name))
    let ramp: Tensor<Float> = try archive.tensor(named: "ramp")
    let expected = Tensor<Float>((0..<2000).map { Float($0 / 50) }, shape: [40, 50])
    #expect(ramp == expected)
    let noise: Tensor<Int32> = try archive.tensor(named: "noise")
    #expect(noise.shape == [3000] && noise.scalars.allSatisfy { $0 >= 0 && $0 < 50 })
    if name == "stored.npz" {
      #expect(archive.names == ["noise", "ramp", "flag"])
      #expect(try archive.tensor(named: "flag") == Tensor([true, false]))
    } else {
      #expect(try archive.tensor(named: "zeros") == Tensor<Double>(zeros: [200, 200]))
      let stored = try NumPyArchive(contentsOf: numPyFixture("stored.npz"))
      #expect(try stored.tensor(named: "noise") == noise)
    }
  }

  @Test func writesAndReads() throws {
    var archive = NumPyArchive()
    let images = counting([2, 3, 1], as: Float.self)
    let labels = Tensor<Int64>([1, -1])
    try archive.add(images, named: "images")
    try archive.add(labels, named: "Größe/labels")
    try archive.add(Tensor<Bool>(true), named: "flag")
    let read = try withTemporaryFile([]) { path in
      try archive.write(to: path)
      return try NumPyArchive(contentsOf: path)
    }
    #expect(read.names == ["images", "Größe/labels", "flag"])
    #expect(try read.tensor(named: "images") == images)
    #expect(try read.tensor(named: "Größe/labels") == labels)
    #expect(try read.tensor(named: "flag") == Tensor<Bool>(true))
    #expect(try read["images"]?.shape == [2, 3, 1])
    #expect(try read["nothing"] == nil)
    let empty = try withTemporaryFile([]) { path in
      try NumPyArchive().write(to: path)
      return try NumPyArchive(contentsOf: path)
    }
    #expect(empty.names.isEmpty)
  }

  @Test func wrongNames() throws {
    var archive = try NumPyArchive(contentsOf: numPyFixture("stored.npz"))
    let missing = #expect(throws: NumPyError.self) { try archive.tensor(named: "rampe", of: Float.self) }
    #expect(missing?.code == .missingEntry && missing?.entry == "rampe")
    let mismatch = #expect(throws: NumPyError.self) { try archive.tensor(named: "ramp", of: Double.self) }
    #expect(mismatch?.code == .scalarMismatch && mismatch?.entry == "ramp")
    let taken = #expect(throws: NumPyError.self) { try archive.add(Tensor<Float>(1), named: "ramp") }
    #expect(taken?.code == .badName)
  }

  @Test func brokenArchives() throws {
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: numPyFixture("deflated.npz"))))
    func code(_ change: (inout [UInt8]) -> Void) throws -> NumPyError.Code? {
      var changed = bytes
      change(&changed)
      return try withTemporaryFile(changed) { path in
        // The directory's faults come with the archive, an array's with the array.
        #expect(throws: NumPyError.self) {
          let archive = try NumPyArchive(contentsOf: path)
          for name in archive.names { _ = try archive[name] }
        }
      }?.code
    }
    let directory = try #require(
      (0..<bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual([0x50, 0x4B, 1, 2]) })
    #expect(try code { $0 = [] } == .notZip)
    #expect(try code { $0.removeLast(30) } == .notZip)
    #expect(try code { $0[directory] = 0 } == .badArchive)
    // In a directory entry: flags at 8, method at 10, checksum at 16, sizes at 20 and 24, place at 42.
    #expect(try code { $0[directory + 8] |= 1 } == .unsupportedCompression)
    #expect(try code { $0[directory + 10] = 12 } == .unsupportedCompression)
    #expect(try code { $0[directory + 16] ^= 1 } == .corruptEntry)
    #expect(try code { $0[directory + 23] = 0x70 } == .badArchive)
    #expect(try code { $0[directory + 27] = 0x70 } == .badArchive)
    #expect(try code { $0[directory + 43] ^= 0xFF } == .badArchive)
    // Within the compressed bytes of the first entry.
    #expect(try code { $0[1000] ^= 0xFF } == .corruptEntry)
  }

  /// An archive in which the directory's 32-bit fields are all ones, and zip64's fields hold the numbers.
  @Test func zip64() throws {
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: numPyFixture("stored.npz"))))
    let end = bytes.count - 22
    func number(_ place: Int, _ width: Int) -> Int {
      bytes[place..<place + width].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    func little(_ value: Int, _ width: Int) -> [UInt8] {
      (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let directory = number(end + 16, 4)
    var entries: [UInt8] = []
    var place = directory
    let count = number(end + 10, 2)
    for _ in 0..<count {
      let name = number(place + 28, 2)
      let (compressed, size, offset) = (number(place + 20, 4), number(place + 24, 4), number(place + 42, 4))
      entries += bytes[place..<place + 20] + little(-1, 4) + little(-1, 4) + little(name, 2) + little(28, 2)
      entries += bytes[place + 32..<place + 42] + little(-1, 4) + bytes[place + 46..<place + 46 + name]
      entries += little(1, 2) + little(24, 2) + little(size, 8) + little(compressed, 8) + little(offset, 8)
      place += 46 + name + number(place + 30, 2) + number(place + 32, 2)
    }
    var wide = Array(bytes[..<directory]) + entries
    let record = wide.count
    wide += little(0x0606_4B50, 4) + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8)
    wide += little(count, 8) + little(count, 8) + little(entries.count, 8) + little(directory, 8)
    wide += little(0x0706_4B50, 4) + little(0, 4) + little(record, 8) + little(1, 4)
    wide +=
      little(0x0605_4B50, 4) + little(0, 4) + little(-1, 2) + little(-1, 2) + little(-1, 4) + little(-1, 4)
      + little(0, 2)
    let read = try withTemporaryFile(wide) { try NumPyArchive(contentsOf: $0) }
    let plain = try NumPyArchive(contentsOf: numPyFixture("stored.npz"))
    #expect(read.names == plain.names)
    #expect(try read.tensor(named: "noise", of: Int32.self) == plain.tensor(named: "noise"))
  }
}
