import Dispatch
import Foundation
import Synchronization

/// How many threads the library computes with: one setting for all of it.
///
/// Results do not depend on it, to the last bit: sums are cut by their shape, never by the number of
/// threads, and added in a fixed order.
public enum ComputeThreads {
  /// The most threads that one operation uses. At first the number of processors, or the environment
  /// variable OPENBLAS_NUM_THREADS where that is lower.
  public static var count: Int {
    get { setting.load(ordering: .relaxed) }
    set {
      shapePrecondition(newValue >= 1, "ComputeThreads.count must be at least 1, not \(newValue)")
      setting.store(newValue, ordering: .relaxed)
    }
  }

  private static let setting = Atomic<Int>(initialCount)

  private static var initialCount: Int {
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let wanted = ProcessInfo.processInfo.environment["OPENBLAS_NUM_THREADS"].flatMap { Int($0) }
    return max(1, min(processors, wanted ?? processors))
  }
}
