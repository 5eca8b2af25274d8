// One vector of floats of the variant's width, and how to load and store it.
// A family's code is written once against these (`family.inc.h`) and compiled three times.
#pragma once
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Vectors pass between inlined functions only, so the calling convention that this warns of never matters.
#pragma clang diagnostic ignored "-Wpsabi"

#define SCL_INLINE static inline __attribute__((always_inline))

typedef float vfloat __attribute__((vector_size(4 * SCL_WIDTH)));
typedef float vfloat_unaligned __attribute__((vector_size(4 * SCL_WIDTH), aligned(4)));
typedef int32_t vint __attribute__((vector_size(4 * SCL_WIDTH)));

SCL_INLINE vfloat v_load(const float *p) { return *(const vfloat_unaligned *)p; }
SCL_INLINE void v_store(float *p, vfloat v) { *(vfloat_unaligned *)p = v; }
/// Subtracting zero, unlike adding it, changes no bit of x and folds away.
SCL_INLINE vfloat v_set(float x) { return x - (vfloat){}; }
#if defined(SCL_X86) && SCL_WIDTH == 16
/// Loads `n` < SCL_WIDTH floats, zeros behind them; nothing behind them is touched.
SCL_INLINE vfloat v_load_partial(const float *p, size_t n) {
  return (vfloat)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
SCL_INLINE void v_store_partial(float *p, vfloat v, size_t n) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
}
#elif defined(SCL_X86)
/// Loads `n` < SCL_WIDTH floats, zeros behind them; nothing behind them is touched.
SCL_INLINE vfloat v_load_partial(const float *p, size_t n) {
  static const int32_t mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return (vfloat)_mm256_maskload_ps(p, _mm256_loadu_si256((const __m256i *)(mask + 8 - n)));
}
SCL_INLINE void v_store_partial(float *p, vfloat v, size_t n) {
  static const int32_t mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  _mm256_maskstore_ps(p, _mm256_loadu_si256((const __m256i *)(mask + 8 - n)), (__m256)v);
}
#else
/// Loads `n` < SCL_WIDTH floats, zeros behind them; nothing behind them is touched.
SCL_INLINE vfloat v_load_partial(const float *p, size_t n) {
  vfloat v = {};
  memcpy(&v, p, n * sizeof(float));
  return v;
}
SCL_INLINE void v_store_partial(float *p, vfloat v, size_t n) { memcpy(p, &v, n * sizeof(float)); }
#endif
SCL_INLINE vfloat v_select(vint mask, vfloat a, vfloat b) {
  return (vfloat)((mask & (vint)a) | (~mask & (vint)b));
}
