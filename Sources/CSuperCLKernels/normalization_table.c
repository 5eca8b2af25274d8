#include "CSuperCLKernels.h"

extern const struct scl_normalization_kernels scl_normalization_portable, scl_normalization_avx2,
    scl_normalization_avx512;

const struct scl_normalization_kernels *scl_normalization(void) {
  static const struct scl_normalization_kernels *const variants[SCL_ISA_COUNT] = {
      &scl_normalization_portable, &scl_normalization_avx2, &scl_normalization_avx512};
  return variants[scl_isa_active()];
}
