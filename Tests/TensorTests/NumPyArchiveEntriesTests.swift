import Foundation
import Tensor
import Testing

/// Archives with arrays that tensors cannot hold, or that are damaged: as with NumPy, each array answers for itself.
@Suite struct NumPyArchiveEntriesTests {
  private func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: numPyFixture(name))))
  }

  @Test(arguments: ["mixed.npz", "mixed_deflated.npz"]) func oneArrayDoesNotLockTheOthers(name: String) throws
  {
    let archive = try NumPyArchive(contentsOf: numPyFixture(name))
    #expect(archive.names == ["images", "names", "labels", "spectrum", "table", "when"])
    #expect(try archive.tensor(named: "images") == counting([2, 3, 2], as: Float.self))
    #expect(try archive.tensor(named: "labels") == Tensor<UInt8>(rows: [[0, 1, 2]]))
    for name in ["names", "spectrum", "table", "when"] {
      let error = #expect(throws: NumPyError.self) { try archive[name] }
      #expect(error?.code == .unsupportedScalar && error?.entry == name && error?.field == "descr")
    }
    let error = #expect(throws: NumPyError.self) { try archive.tensor(named: "names", of: Float.self) }
    #expect(error?.code == .unsupportedScalar && error?.context.contains("<U6") == true)
  }

  /// The types are those that `numpy.load(...)[name].dtype.descr` gives.
  @Test(arguments: ["mixed.npz", "mixed_deflated.npz"]) func namesAndTypesCanBeListed(name: String) throws {
    let archive = try NumPyArchive(contentsOf: numPyFixture(name))
    let infos = try archive.names.map { try archive.info(named: $0) }
    #expect(infos.map(\.scalarName) == ["float32", nil, "uint8", nil, nil, nil])
    #expect(
      infos.map(\.descriptor) == [
        "<f4", "<U6", "|u1", "<c8", "[('x', '<f4'), ('y', '<i4')]", "<M8[D]",
      ])
    #expect(infos.map(\.shape) == [[2, 3, 2], [2], [1, 3], [3], [2], []])
    let missing = #expect(throws: NumPyError.self) { try archive.info(named: "image") }
    #expect(missing?.code == .missingEntry && missing?.entry == "image")
    var own = NumPyArchive()
    try own.add(Tensor<Int16>(zeros: [3]), named: "a")
    #expect(try own.info(named: "a").descriptor == "<i2")
    // What is listed of a large deflated array is its header alone.
    let large = try NumPyArchive(contentsOf: numPyFixture("deflated.npz"))
    #expect(try large.info(named: "zeros").shape == [200, 200])
  }

  @Test(arguments: ["stored.npz", "deflated.npz"]) func aDamagedArrayDoesNotLockTheOthers(name: String) throws
  {
    var changed = try bytes(name)
    // Within the first array, "noise".
    changed[1000] ^= 0xFF
    let archive = try withTemporaryFile(changed) { try NumPyArchive(contentsOf: $0) }
    let whole = try NumPyArchive(contentsOf: numPyFixture(name))
    #expect(try archive.tensor(named: "ramp", of: Float.self) == whole.tensor(named: "ramp"))
    let error = #expect(throws: NumPyError.self) { try archive.tensor(named: "noise", of: Int32.self) }
    #expect(error?.code == .corruptEntry && error?.entry == "noise")
    // It is not written as if it were good.
    #expect(throws: NumPyError.self) { try archive.write(to: "/nowhere/x.npz") }
  }

  /// What was read and not understood is written as it stood.
  @Test func arraysThatAreNotDecodedAreCopied() throws {
    var archive = try NumPyArchive(contentsOf: numPyFixture("mixed_deflated.npz"))
    try archive.add(Tensor<Float>([1]), named: "more")
    let copy = try withTemporaryFile([]) { path in
      try archive.write(to: path)
      return try NumPyArchive(contentsOf: path)
    }
    #expect(copy.names == archive.names)
    #expect(try copy.info(named: "table") == archive.info(named: "table"))
    #expect(try copy.tensor(named: "images") == archive.tensor(named: "images", of: Float.self))
  }

  /// An archive in which two arrays have one name, as a zip tool can make it.
  @Test func duplicatesAreRefused() throws {
    var changed = try bytes("mixed.npz")
    let (from, to) = (Array("spectrum.npy".utf8), Array("imagesss.npy".utf8))
    func rename(_ name: [UInt8], _ new: [UInt8]) {
      for place in 0..<changed.count - name.count
      where changed[place..<place + name.count].elementsEqual(name) {
        changed.replaceSubrange(place..<place + name.count, with: new)
      }
    }
    rename(from, to)
    #expect(try withTemporaryFile(changed) { try NumPyArchive(contentsOf: $0) }.names.contains("imagesss"))
    // "table" and "when" have other lengths than "names": give "labels" the name of "images".
    rename(Array("labels.npy".utf8), Array("images.npy".utf8))
    let error = try withTemporaryFile(changed) { path in
      #expect(throws: NumPyError.self) { try NumPyArchive(contentsOf: path) }
    }
    #expect(error?.code == .badName && error?.entry == "images")
  }

  @Test func namesAreTheirBytes() throws {
    var archive = NumPyArchive()
    let names = ["caf\u{E9}", "cafe\u{301}", "a\u{301}.npy"]
    for (index, name) in names.enumerated() { try archive.add(Tensor<UInt8>([UInt8(index)]), named: name) }
    let read = try withTemporaryFile([]) { path in
      try archive.write(to: path)
      return try NumPyArchive(contentsOf: path)
    }
    #expect(read.names.map { Array($0.utf8) } == names.map { Array($0.utf8) })
    for (index, name) in names.enumerated() {
      #expect(try read.tensor(named: name) == Tensor<UInt8>([UInt8(index)]))
    }
  }

  @Test(arguments: ["", "a\u{0}b", String(repeating: "n", count: 60_001)]) func namesThatCannotStand(
    name: String
  ) {
    var archive = NumPyArchive()
    let error = #expect(throws: NumPyError.self) { try archive.add(Tensor<Float>(1), named: name) }
    #expect(error?.code == .badName)
  }
}
