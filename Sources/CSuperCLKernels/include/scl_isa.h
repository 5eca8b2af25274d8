#pragma once

/// The instruction sets that the kernels are built for, slowest first.
enum scl_isa { SCL_ISA_PORTABLE = 0, SCL_ISA_AVX2 = 1, SCL_ISA_AVX512 = 2 };
enum { SCL_ISA_COUNT = 3 };

/// The variant in use: the best one of this processor, or the one named by the environment variable
/// SUPERCL_ISA (avx512, avx2, portable) if the processor has it. Read once, on first use.
int scl_isa_active(void);

/// 1 when this processor can run `isa`.
int scl_isa_available(int isa);

/// Switches to `isa` for the whole process; returns 0, and changes nothing, when it is not available.
/// For tests and benchmarks: no kernel may be running.
int scl_isa_select(int isa);
