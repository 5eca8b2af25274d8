import ExampleSupport
import ExperimentKit
import Foundation
import Tensor
import Testing

@Suite struct RowStoreTests {
  private struct Doubling: ExperimentRun {
    static let kind = "double"
    let number: Double
    var note: String?
    typealias Result = [Double]
  }

  private let url = FileManager.default.temporaryDirectory.appending(path: "rows-\(UUID().uuidString).jsonl")

  @Test func aRunIsDoneOnce() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    var done = 0
    func row(_ store: RowStore, _ run: Doubling) throws -> [Double] {
      try store.row(of: run) {
        done += 1
        return [2 * run.number]
      }.result
    }
    let store = try RowStore(url)
    #expect(try row(store, Doubling(number: 0.1)) == [0.2])
    #expect(try row(store, Doubling(number: 0.1)) == [0.2])
    #expect(done == 1)
    // Another value is another run.
    #expect(try row(store, Doubling(number: 0.1, note: "again")) == [0.2])
    #expect(done == 2)
    // And so it is in the next process.
    let next = try RowStore(url)
    #expect(try row(next, Doubling(number: 0.1)) == [0.2])
    #expect(done == 2)
    #expect(try row(next, Doubling(number: 3)) == [6])
    #expect(done == 3)
    #expect(try String(contentsOf: url, encoding: .utf8).split(separator: "\n").count == 3)
  }

  /// A row says which kernels made it; one of before that was noted is read as well.
  @Test func aRowNamesTheInstructionSet() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    let store = try RowStore(url)
    let row = try store.row(of: Doubling(number: 1)) { [2] }
    #expect(row.instructionSet == InstructionSet.active)
    let line = try String(contentsOf: url, encoding: .utf8)
    let field = "\"instructionSet\":\"\(InstructionSet.active.rawValue)\","
    #expect(line.contains(field))
    try line.replacing(field, with: "").write(to: url, atomically: true, encoding: .utf8)
    let old = try #require(try RowStore(url).row(of: Doubling(number: 1)))
    #expect(old.result == [2] && old.instructionSet == nil)
  }

  /// A kill in the middle of a line: the line goes, those before it stay, and the next row is whole.
  @Test func aLineThatWasCutShortIsDropped() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    let store = try RowStore(url)
    for number in [1.0, 2] { _ = try store.row(of: Doubling(number: number)) { [number] } }
    let whole = try Data(contentsOf: url)
    try whole.dropLast(7).write(to: url)
    let next = try RowStore(url)
    #expect(try next.row(of: Doubling(number: 1)) != nil)
    #expect(try next.row(of: Doubling(number: 2)) == nil)
    _ = try next.row(of: Doubling(number: 2)) { [2] }
    #expect(try RowStore(url).row(of: Doubling(number: 2))?.result == [2])
    #expect(try String(contentsOf: url, encoding: .utf8).split(separator: "\n").count == 2)
  }

  @Test func aLineThatIsNoRowIsNamed() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    _ = try RowStore(url).row(of: Doubling(number: 1)) { [1] }
    let row = try Data(contentsOf: url)
    try (row + Data("no row\n".utf8) + row).write(to: url)
    let failure = #expect(throws: ExampleFailure.self) { try RowStore(url) }
    #expect(failure?.kind == .data && failure?.description.contains("line 2 is no row") ?? false)
  }

  /// A body that throws leaves no row.
  @Test func aFailureLeavesNoRow() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    let store = try RowStore(url)
    #expect(throws: CancellationError.self) {
      try store.row(of: Doubling(number: 1)) { throw CancellationError() }
    }
    #expect(try store.row(of: Doubling(number: 1)) == nil)
    #expect(try Data(contentsOf: url).isEmpty)
  }

  @Test func oneProcessAtATime() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "folder-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try ExperimentFolder(folder)
    let failure = #expect(throws: ExampleFailure.self) { try ExperimentFolder(folder) }
    #expect(failure?.kind == .usage && failure?.description.contains("another run") ?? false)
    _ = first
  }
}
