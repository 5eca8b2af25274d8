internal import CSuperCLKernels
import Foundation
import Synchronization

/// How many threads the library computes with: one setting for all of it.
///
/// Results do not depend on it, to the last bit: sums are cut by their shape, never by the number of
/// threads, and added in a fixed order.
public enum ComputeThreads {
  /// The most threads that one operation uses.
  ///
  /// At first the number of processors that the process may run on (its affinity mask, as `taskset` and a
  /// container's `--cpuset-cpus` set it), and no more than its control group's quota of processor time, as
  /// `docker --cpus` and Kubernetes' CPU limits set it, rounded up: 2 threads for a quota of 1.5. The quota is
  /// read once, when the library first computes.
  ///
  /// The environment variable `OPENBLAS_NUM_THREADS`, where it is a number from 1 on, stands in place of the
  /// quota; the mask holds for it, too, since threads without a processor only wait for one another. A value that
  /// is set here holds whatever the others say.
  ///
  /// Why up: with a quota of 1.5, two threads use all of it and are stopped for a quarter of each period, so that
  /// long loops run at the speed of 1.5 processors; one thread is never stopped, and leaves a third of the quota
  /// unused. A program that must answer evenly within milliseconds sets the number rounded down.
  public static var count: Int {
    get { setting.load(ordering: .relaxed) }
    set {
      shapePrecondition(newValue >= 1, "ComputeThreads.count must be at least 1, not \(newValue)")
      setting.store(newValue, ordering: .relaxed)
    }
  }

  private static let setting = Atomic<Int>(
    initialCount(
      processors: Int(scl_allowed_processors()), quota: ProcessorQuota.current(),
      environment: ProcessInfo.processInfo.environment))

  /// The first value of ``count``, from what the system allows.
  package static func initialCount(processors: Int, quota: Double?, environment: [String: String]) -> Int {
    let available = max(1, processors)
    if let wanted = environment["OPENBLAS_NUM_THREADS"].flatMap({ Int($0) }), wanted >= 1 {
      return min(wanted, available)
    }
    guard let quota, quota < Double(available) else { return available }
    return max(1, Int(quota.rounded(.up)))
  }
}
