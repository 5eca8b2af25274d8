import Tensor
import Testing

@Suite struct CodedErrorTests {
  private struct Beneath: Error, CustomStringConvertible { let description: String }

  /// An error of one's own: all but code and context is there.
  private struct OwnError: CodedError {
    enum Code: Hashable { case tooLow(Int), missing }
    let code: Code
    var field: String?
    var context: String { if case .tooLow(let value) = code { "depth = \(value)" } else { "no depth" } }
    var underlying: (any Error)?
  }

  @Test func oneLineSaysWhatAndWhy() {
    #expect(OwnError(code: .tooLow(-1)).description == "depth = -1")
    let beneath = Beneath(description: "permission denied")
    #expect(OwnError(code: .missing, underlying: beneath).description == "no depth: permission denied")
  }

  @Test func equalityIsThatOfCodeFieldAndLine() {
    let error = OwnError(code: .tooLow(1), field: "depth", underlying: Beneath(description: "a"))
    #expect(error == OwnError(code: .tooLow(1), field: "depth", underlying: Beneath(description: "a")))
    #expect(error != OwnError(code: .tooLow(1), field: "depth", underlying: Beneath(description: "b")))
    #expect(error != OwnError(code: .tooLow(1), field: "width", underlying: Beneath(description: "a")))
    #expect(error != OwnError(code: .tooLow(2), field: "depth", underlying: Beneath(description: "a")))
    let twice: Set = [
      OwnError(code: .missing, underlying: Beneath(description: "a")),
      OwnError(code: .missing, underlying: Beneath(description: "a")),
    ]
    #expect(twice.count == 1)
  }

  @Test func aProgramReadsAnyOfThem() throws {
    let errors: [any CodedError] = [
      NumPyError(.badShape, path: "a.npz", entry: "x", field: "shape", context: "it is [-1]"),
      DataError(
        .exampleFailed(epoch: 0, step: 3, index: 5),
        underlying: DataError(.indexOutsideDataset(index: 5, count: 5))),
    ]
    #expect(errors.map { $0.field } == ["shape", nil])
    #expect(
      errors.map { $0.description } == [
        "a.npz, array x, field shape: it is [-1] (badShape)",
        "step 3, epoch 0: example 5 failed: the sampler names example 5 of 5",
      ])
    #expect(errors.map { $0.underlying is DataError } == [false, true])
  }
}
