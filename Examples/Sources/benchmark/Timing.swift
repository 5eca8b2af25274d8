import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Wall and processor time of one repetition, in milliseconds.
struct Timing {
  let wall: Double
  let cpu: Double

  static func measure(_ body: () throws -> Void) rethrows -> Timing {
    let wallStart = clock(CLOCK_MONOTONIC)
    let cpuStart = clock(CLOCK_PROCESS_CPUTIME_ID)
    try body()
    return Timing(wall: clock(CLOCK_MONOTONIC) - wallStart, cpu: clock(CLOCK_PROCESS_CPUTIME_ID) - cpuStart)
  }

  private static func clock(_ id: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(id, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) * 1e-6
  }
}

/// The highest resident size of this process so far, in MiB.
func peakResidentMiB() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_maxrss) / 1024
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
