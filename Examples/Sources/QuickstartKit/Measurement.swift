import Dispatch

#if canImport(Glibc)
  import Glibc
#endif

/// Seconds of a stage, and the highest resident memory of the process up to its end.
struct Measurement {
  let seconds: Double
  let peakMiB: Double

  static func of(_ body: () throws -> Void) rethrows -> Measurement {
    let start = DispatchTime.now().uptimeNanoseconds
    try body()
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Measurement(
      seconds: Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9,
      peakMiB: Double(usage.ru_maxrss) / 1024)
  }
}
