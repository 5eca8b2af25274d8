import CHeapCounter
import Foundation
import Tensor

#if canImport(Glibc)
  import Glibc
#endif

/// Wall and processor time of one repetition, in milliseconds.
struct Timing {
  let wall: Double
  let cpu: Double
  /// What the repetition reports besides.
  let numbers: BenchmarkCase.Numbers

  static func measure(_ body: () throws -> BenchmarkCase.Numbers) rethrows -> Timing {
    let wallStart = clock(CLOCK_MONOTONIC)
    let cpuStart = clock(CLOCK_PROCESS_CPUTIME_ID)
    let numbers = try body()
    let (wall, cpu) = (clock(CLOCK_MONOTONIC) - wallStart, clock(CLOCK_PROCESS_CPUTIME_ID) - cpuStart)
    return Timing(wall: wall, cpu: cpu, numbers: numbers)
  }

  private static func clock(_ id: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(id, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) * 1e-6
  }
}

/// The most that one repetition has on the heap at once, in MiB, beside what is there before it; `nil` where the
/// allocator cannot be counted. No buffer that an earlier repetition left is used again for free.
func heapMiB(of body: () throws -> BenchmarkCase.Numbers) rethrows -> Double? {
  TensorMemory.clearCache()
  heap_counter_start()
  defer { _ = heap_counter_stop() }
  _ = try body()
  let bytes = heap_counter_stop()
  return bytes < 0 ? nil : Double(bytes) / 1_048_576
}

func mebibytes(_ bytes: Int) -> Double { Double(bytes) / 1_048_576 }

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
