internal import CSuperCLKernels

/// The instruction sets that the C kernels are built for.
///
/// The best one of the processor is in use, or the one that the environment variable SUPERCL_ISA names
/// (avx512, avx2, portable).
package enum InstructionSet: String, CaseIterable, Codable, Sendable {
  case portable
  case avx2
  case avx512

  private var number: Int32 {
    switch self {
    case .portable: 0
    case .avx2: 1
    case .avx512: 2
    }
  }

  /// Whether this processor has it.
  package var isAvailable: Bool { scl_isa_available(number) != 0 }

  /// Those that this processor has.
  package static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

  /// The one in use.
  package static var active: InstructionSet { allCases[Int(scl_isa_active())] }

  /// Lets all kernels of the process use it from now on, for tests and benchmarks: no kernel may be running, so tests that
  /// need another one than the rest run in a process of their own.
  ///
  /// - Precondition: the processor has it.
  package func select() {
    precondition(scl_isa_select(number) != 0, "this processor has no \(rawValue)")
  }
}
