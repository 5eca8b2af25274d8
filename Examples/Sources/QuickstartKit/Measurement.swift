import Dispatch
import ExampleSupport

/// Seconds of a stage, and the highest resident memory of the process up to its end.
struct Measurement {
  let seconds: Double
  let peakMiB: Double

  static func of(_ body: () throws -> Void) rethrows -> Measurement {
    let start = DispatchTime.now().uptimeNanoseconds
    try body()
    return Measurement(
      seconds: Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9,
      peakMiB: Double(ProcessMemory.peak) / 1_048_576)
  }
}
