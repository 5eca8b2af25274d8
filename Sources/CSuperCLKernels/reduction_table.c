#include "CSuperCLKernels.h"

extern const struct scl_reduction_kernels scl_reduction_kernels_portable;
extern const struct scl_reduction_kernels scl_reduction_kernels_avx2;
extern const struct scl_reduction_kernels scl_reduction_kernels_avx512;

const struct scl_reduction_kernels *scl_reduction(void) {
  static const struct scl_reduction_kernels *const table[SCL_ISA_COUNT] = {
      &scl_reduction_kernels_portable,
      &scl_reduction_kernels_avx2,
      &scl_reduction_kernels_avx512,
  };
  return table[scl_isa_active()];
}
