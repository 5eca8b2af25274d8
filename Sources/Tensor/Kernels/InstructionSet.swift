internal import CSuperCLKernels

/// The instruction sets that the library's kernels are built for, each in the same module: which one runs is chosen when the
/// process starts.
///
/// The best one of the processor is in use, or the one that the environment variable `SUPERCL_ISA` names by its raw value
/// (`avx512`, `avx2`, `portable`). Sums are rounded in another order by each, so that two machines give the same bits only
/// where they run the same set; a result that is kept for comparison should name ``active`` beside its seed.
///
/// OpenBLAS, which multiplies matrices, makes a choice of its own (`OPENBLAS_CORETYPE`).
public enum InstructionSet: String, CaseIterable, Codable, Sendable {
  /// What every x86-64 processor has (SSE2).
  case portable
  /// AVX2 with FMA.
  case avx2
  /// AVX-512 (F, BW, DQ, VL).
  case avx512

  private var number: Int32 {
    switch self {
    case .portable: 0
    case .avx2: 1
    case .avx512: 2
    }
  }

  /// Whether this processor has it.
  public var isAvailable: Bool { scl_isa_available(number) != 0 }

  /// Those that this processor has: ``portable`` always.
  public static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

  /// The one in use in this process.
  public static var active: InstructionSet { allCases[Int(scl_isa_active())] }

  /// Lets all kernels of the process use it from now on, for tests and benchmarks: no kernel may be running, so tests that
  /// need another one than the rest run in a process of their own.
  ///
  /// - Precondition: the processor has it.
  package func select() {
    precondition(scl_isa_select(number) != 0, "this processor has no \(rawValue)")
  }
}
