import Foundation
import Synchronization

/// Whether Ctrl-C or a batch system's SIGTERM has asked the job to stop; mpirun passes both on to every rank.
enum InterruptedByUser {
  private static let received = Atomic<Bool>(false)

  static func listen() {
    for number in [SIGINT, SIGTERM] {
      _ = signal(number) { _ in InterruptedByUser.received.store(true, ordering: .relaxed) }
    }
  }

  static var wasReceived: Bool { received.load(ordering: .relaxed) }
}
