#include "CSuperCLKernels.h"

extern const struct scl_resampling_kernels scl_resampling_portable, scl_resampling_avx2,
    scl_resampling_avx512;

const struct scl_resampling_kernels *scl_resampling(void) {
  static const struct scl_resampling_kernels *const variants[SCL_ISA_COUNT] = {
      &scl_resampling_portable, &scl_resampling_avx2, &scl_resampling_avx512};
  return variants[scl_isa_active()];
}
