/// One row of the benchmark table: a name and how to set it up.
struct BenchmarkCase: Sendable {
  /// Numbers that a repetition reports besides its time, such as a quality, by name.
  typealias Numbers = [String: Double]

  /// The row's name, unique within its work, for example `forward 64->64 at 128`.
  let name: String
  /// Makes the inputs and returns the closure that is timed.
  let prepare: @Sendable () throws -> () throws -> Numbers

  init(name: String, prepare: @escaping @Sendable () throws -> () throws -> Void) {
    self.name = name
    self.prepare = {
      let body = try prepare()
      return {
        try body()
        return [:]
      }
    }
  }

  /// A case whose repetitions report numbers.
  init(name: String, reporting prepare: @escaping @Sendable () throws -> () throws -> Numbers) {
    self.name = name
    self.prepare = prepare
  }
}

/// The cases of one kind of work; each has a file `<Work>Benchmarks.swift`.
struct BenchmarkWork: Sendable {
  let name: String
  let cases: [BenchmarkCase]
}
