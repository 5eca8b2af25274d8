#include "CSuperCLKernels.h"

#define DISPATCH(family)                                                                                    \
  extern const struct family##_kernels family##_portable, family##_avx2, family##_avx512;                   \
  const struct family##_kernels *family(void) {                                                             \
    static const struct family##_kernels *const variants[SCL_ISA_COUNT] = {                                 \
        &family##_portable, &family##_avx2, &family##_avx512};                                              \
    return variants[scl_isa_active()];                                                                      \
  }

DISPATCH(scl_winograd)
DISPATCH(scl_convolution)
