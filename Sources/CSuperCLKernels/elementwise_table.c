#include "CSuperCLKernels.h"

extern const struct scl_elementwise_kernels scl_elementwise_kernels_portable;
extern const struct scl_elementwise_kernels scl_elementwise_kernels_avx2;
extern const struct scl_elementwise_kernels scl_elementwise_kernels_avx512;

const struct scl_elementwise_kernels *scl_elementwise(void) {
  static const struct scl_elementwise_kernels *const table[SCL_ISA_COUNT] = {
      &scl_elementwise_kernels_portable,
      &scl_elementwise_kernels_avx2,
      &scl_elementwise_kernels_avx512,
  };
  return table[scl_isa_active()];
}
