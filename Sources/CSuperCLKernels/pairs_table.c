#include "CSuperCLKernels.h"

extern const struct scl_pair_kernels scl_pair_portable, scl_pair_avx2, scl_pair_avx512;

const struct scl_pair_kernels *scl_pair(void) {
  static const struct scl_pair_kernels *const variants[SCL_ISA_COUNT] = {
      &scl_pair_portable, &scl_pair_avx2, &scl_pair_avx512};
  return variants[scl_isa_active()];
}
