#include "CSuperCLKernels.h"

extern const struct scl_optimizer_kernels scl_optimizer_portable, scl_optimizer_avx2,
    scl_optimizer_avx512;

const struct scl_optimizer_kernels *scl_optimizer(void) {
  static const struct scl_optimizer_kernels *const variants[SCL_ISA_COUNT] = {
      &scl_optimizer_portable, &scl_optimizer_avx2, &scl_optimizer_avx512};
  return variants[scl_isa_active()];
}
