/// One row of the benchmark table: a name and how to set it up.
struct BenchmarkCase: Sendable {
  /// The row's name, unique within its work, for example `forward 64->64 at 128`.
  let name: String
  /// Makes the inputs and returns the closure that is timed.
  let prepare: @Sendable () throws -> () throws -> Void
}

/// The cases of one kind of work; each has a file `<Work>Benchmarks.swift`.
struct BenchmarkWork: Sendable {
  let name: String
  let cases: [BenchmarkCase]
}
