#include "CSuperCLKernels.h"

extern const struct scl_gray_kernels scl_gray_portable, scl_gray_avx2,
    scl_gray_avx512;

const struct scl_gray_kernels *scl_gray(void) {
  static const struct scl_gray_kernels *const variants[SCL_ISA_COUNT] = {
      &scl_gray_portable, &scl_gray_avx2, &scl_gray_avx512};
  return variants[scl_isa_active()];
}
