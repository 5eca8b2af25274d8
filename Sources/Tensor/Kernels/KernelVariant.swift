internal import CSuperCLKernels

/// The instruction sets that the C kernels are built for.
///
/// The best one of the processor is in use, or the one that the environment variable SUPERCL_ISA names
/// (avx512, avx2, portable).
package enum KernelVariant: String, CaseIterable, Codable, Sendable {
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

  /// The variants that this processor can run.
  package static var available: [KernelVariant] { allCases.filter { scl_isa_available($0.number) != 0 } }

  /// The variant in use.
  package static var active: KernelVariant { allCases[Int(scl_isa_active())] }

  /// Puts this variant in use for the whole process, for tests and benchmarks: no kernel may be running.
  ///
  /// - Precondition: the processor can run it.
  package func select() {
    precondition(scl_isa_select(number) != 0, "this processor has no \(rawValue)")
  }
}
