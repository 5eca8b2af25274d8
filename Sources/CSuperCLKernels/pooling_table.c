#include "CSuperCLKernels.h"

extern const struct scl_pooling_kernels scl_pooling_portable, scl_pooling_avx2,
    scl_pooling_avx512;

const struct scl_pooling_kernels *scl_pooling(void) {
  static const struct scl_pooling_kernels *const variants[SCL_ISA_COUNT] = {
      &scl_pooling_portable, &scl_pooling_avx2, &scl_pooling_avx512};
  return variants[scl_isa_active()];
}
