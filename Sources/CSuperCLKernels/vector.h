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
/// Loads `n` < SCL_WIDTH floats, zeros behind them.
SCL_INLINE vfloat v_load_partial(const float *p, size_t n) {
  vfloat v = {};
  memcpy(&v, p, n * sizeof(float));
  return v;
}
SCL_INLINE void v_store_partial(float *p, vfloat v, size_t n) { memcpy(p, &v, n * sizeof(float)); }
SCL_INLINE vfloat v_select(vint mask, vfloat a, vfloat b) {
  return (vfloat)((mask & (vint)a) | (~mask & (vint)b));
}
