#include "CSuperCLKernels.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic int active = -1;

int scl_isa_available(int isa) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (isa) {
  case SCL_ISA_AVX512:
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("fma");
  case SCL_ISA_AVX2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  default:
    return isa == SCL_ISA_PORTABLE;
  }
#else
  return isa == SCL_ISA_PORTABLE;
#endif
}

static int chosen_by_environment(void) {
  static const char *const names[SCL_ISA_COUNT] = {"portable", "avx2", "avx512"};
  const char *wanted = getenv("SUPERCL_ISA");
  if (wanted)
    for (int isa = 0; isa < SCL_ISA_COUNT; isa++)
      if (!strcmp(wanted, names[isa]) && scl_isa_available(isa))
        return isa;
  for (int isa = SCL_ISA_COUNT - 1; isa > 0; isa--)
    if (scl_isa_available(isa))
      return isa;
  return SCL_ISA_PORTABLE;
}

int scl_isa_active(void) {
  int isa = atomic_load_explicit(&active, memory_order_relaxed);
  if (isa < 0) {
    isa = chosen_by_environment();
    atomic_store_explicit(&active, isa, memory_order_relaxed);
  }
  return isa;
}

int scl_isa_select(int isa) {
  if (!scl_isa_available(isa))
    return 0;
  atomic_store(&active, isa);
  return 1;
}
