import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Measures which operators a piece of work spends its time in.
///
/// While it runs, every instrumented operator leaves an event: when it began, how long it took, the
/// floating-point operations and bytes of its definition. While it does not run, an operator pays for one
/// read of a flag.
///
///     Profiler.start()
///     trainer.step()
///     let profile = Profiler.stop()
///     print(profile)                                        // a table, the slowest operator first
///     try profile.chromeTrace.write(toFile: "trace.json", atomically: true, encoding: .utf8)
///
/// One profile is taken at a time, of all threads. All members may be used from any thread.
public enum Profiler {
  /// Whether events are being recorded.
  public static var isRunning: Bool { isRecording.load(ordering: .relaxed) }

  /// Forgets the events so far and begins to record.
  public static func start() {
    recorded.withLock { $0 = Recording(start: now()) }
    isRecording.store(true, ordering: .releasing)
  }

  /// Ends the recording and returns what was recorded since ``start()``.
  public static func stop() -> Profile {
    isRecording.store(false, ordering: .releasing)
    let end = now()
    return recorded.withLock { recording in
      defer { recording = Recording(start: end) }
      return Profile(
        events: recording.events, seconds: Double(end - recording.start) * 1e-9,
        droppedEventCount: recording.droppedCount)
    }
  }

  /// Records how long `body` takes, if the profiler runs.
  ///
  /// - Parameters:
  ///   - name: the operator's name, formed only while the profiler runs. Calls of equal name are one row of the table.
  ///   - flops: floating-point operations by the operator's definition (a fast algorithm may do fewer).
  ///   - bytes: bytes of the operands and results.
  ///   - body: What is measured; its result is passed on.
  public static func measure<Result, Failure: Error>(
    _ name: @autoclosure () -> String, flops: @autoclosure () -> Int = 0, bytes: @autoclosure () -> Int = 0,
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard isRecording.load(ordering: .relaxed) else { return try body() }
    let start = now()
    let result = try body()
    let end = now()
    let (name, flops, bytes, thread) = (name(), flops(), bytes(), currentThread())
    recorded.withLock { recording in
      guard recording.events.count < eventLimit, start >= recording.start else {
        recording.droppedCount += 1
        return
      }
      recording.events.append(
        ProfileEvent(
          name: name, thread: thread, start: Double(start - recording.start) * 1e-9,
          seconds: Double(end - start) * 1e-9, flops: flops, bytes: bytes))
    }
    return result
  }

  /// The most events that one recording keeps; later ones are counted only.
  private static let eventLimit = 1_000_000

  private struct Recording {
    var start: UInt64
    var events: [ProfileEvent] = []
    var droppedCount = 0
  }

  private static let isRecording = Atomic<Bool>(false)
  private static let recorded = Mutex(Recording(start: 0))

  /// Nanoseconds of a clock that never goes back.
  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// A number of this thread.
  private static func currentThread() -> UInt {
    #if canImport(Glibc)
      UInt(pthread_self())
    #else
      UInt(bitPattern: pthread_self())
    #endif
  }
}
