internal import CSuperCLKernels

extension Parallel {
  /// Calls `body` so that parallel loops inside it run on this thread alone: for threads that work beside a
  /// computation that has the cores already.
  package static func serially<Result>(_ body: () -> Result) -> Result {
    let before = scl_in_parallel_loop()
    scl_set_in_parallel_loop(1)
    defer { scl_set_in_parallel_loop(before) }
    return body()
  }
}
