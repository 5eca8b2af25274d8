#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Has SIGINT and SIGTERM call a handler, also where the parent left them blocked, as a program that is started from a
/// thread of Dispatch finds them.
package func listenForInterruptions(_ handler: @escaping @convention(c) (Int32) -> Void) {
  var signals = sigset_t()
  sigemptyset(&signals)
  for number in [SIGINT, SIGTERM] {
    sigaddset(&signals, number)
    _ = signal(number, handler)
  }
  pthread_sigmask(SIG_UNBLOCK, &signals, nil)
}
