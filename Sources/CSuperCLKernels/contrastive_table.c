#include "CSuperCLKernels.h"

extern const struct scl_contrastive_kernels scl_contrastive_portable, scl_contrastive_avx2,
    scl_contrastive_avx512;

const struct scl_contrastive_kernels *scl_contrastive(void) {
  static const struct scl_contrastive_kernels *const variants[SCL_ISA_COUNT] = {
      &scl_contrastive_portable, &scl_contrastive_avx2, &scl_contrastive_avx512};
  return variants[scl_isa_active()];
}
