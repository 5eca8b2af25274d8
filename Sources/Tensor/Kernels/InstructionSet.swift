internal import CSuperCLKernels

/// The instruction sets that the vectorised kernels are built for. For tests and benchmarks; programs choose
/// with the environment variable SUPERCL_ISA (avx512, avx2, portable).
package enum InstructionSet: Int32, CaseIterable, Sendable {
  case portable = 0
  case avx2 = 1
  case avx512 = 2

  /// The one in use.
  package static var active: InstructionSet { InstructionSet(rawValue: scl_isa_active()) ?? .portable }

  /// Whether this processor has it.
  package var isAvailable: Bool { scl_isa_available(rawValue) == 1 }

  /// Lets all kernels of the process use it from now on. No kernel may be running: tests that need another
  /// one than the rest run in a process of their own.
  ///
  /// - Precondition: it is available.
  package func select() {
    precondition(scl_isa_select(rawValue) == 1, "this processor has no \(self)")
  }
}
