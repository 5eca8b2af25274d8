import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whether SIGINT or SIGTERM has asked the program to stop.
package enum InterruptionSignals {
  private static let received = Atomic<Bool>(false)

  /// From now on the signals are noted in place of ending the program, also where the parent left them blocked, as a program
  /// that is started from a thread of Dispatch finds them.
  package static func listen() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&signals, number)
      _ = signal(number) { _ in InterruptionSignals.received.store(true, ordering: .relaxed) }
    }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Whether one has come.
  package static var wereReceived: Bool { received.load(ordering: .relaxed) }
}
