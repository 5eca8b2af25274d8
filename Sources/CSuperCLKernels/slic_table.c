#include "CSuperCLKernels.h"

extern const struct scl_slic_kernels scl_slic_portable, scl_slic_avx2, scl_slic_avx512;

const struct scl_slic_kernels *scl_slic(void) {
  static const struct scl_slic_kernels *const table[SCL_ISA_COUNT] = {&scl_slic_portable, &scl_slic_avx2,
                                                                      &scl_slic_avx512};
  return table[scl_isa_active()];
}

size_t scl_slic_workspace_bytes(int64_t clusters, int64_t channels, int64_t width, float window_x) {
  const int64_t blocks = (width + SCL_SLIC_BLOCK - 1) / SCL_SLIC_BLOCK;
  int64_t reach = blocks;
  if (2.0 * (double)window_x / SCL_SLIC_BLOCK + 3 < (double)blocks)
    reach = (int64_t)(2.0 * (double)window_x / SCL_SLIC_BLOCK) + 3;
  const int64_t words = clusters * (4 + 2 + channels + SCL_SLIC_STRIP + reach) + blocks + 2;
  return (size_t)words * 4 + 64 * 12;
}

#define LOAD(type)                                                                                               \
  {                                                                                                              \
    const type *values = base;                                                                                   \
    if (stride == 1)                                                                                             \
      for (int64_t i = 0; i < count; i++)                                                                        \
        out[i] = (double)values[i];                                                                              \
    else                                                                                                         \
      for (int64_t i = 0; i < count; i++)                                                                        \
        out[i] = (double)values[i * stride];                                                                     \
    break;                                                                                                       \
  }

void scl_slic_load(const void *base, int format, ptrdiff_t stride, int64_t count, double *out) {
  switch (format) {
  case SCL_SLIC_UINT8:
    LOAD(uint8_t)
  case SCL_SLIC_INT8:
    LOAD(int8_t)
  case SCL_SLIC_UINT16:
    LOAD(uint16_t)
  case SCL_SLIC_INT16:
    LOAD(int16_t)
  case SCL_SLIC_INT32:
    LOAD(int32_t)
  case SCL_SLIC_FLOAT32:
    LOAD(float)
  default:
    LOAD(double)
  }
}
