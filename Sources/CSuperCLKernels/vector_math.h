// Elementary functions of one vector of floats, written once for all variants.
//
// Every function is a few multiplications and additions without a table: an argument is reduced to a small
// interval, a polynomial is evaluated there, and the power of two is put back through the exponent's bits.
// Errors are stated in units of the last place (ulp), measured against double precision.
#pragma once
#include "vector.h"

SCL_INLINE vfloat v_max(vfloat a, vfloat b) { return v_select((a > b) | (a != a), a, b); }
SCL_INLINE vfloat v_min(vfloat a, vfloat b) { return v_select((a < b) | (a != a), a, b); }
SCL_INLINE vfloat v_abs(vfloat x) { return (vfloat)((vint)x & 0x7fffffff); }

/// The sum of the lanes, halves onto halves.
SCL_INLINE float v_sum(vfloat v) {
#if SCL_WIDTH == 16
  typedef float half __attribute__((vector_size(32)));
  half h = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
           __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
#else
  vfloat h = v;
#endif
  typedef float quarter __attribute__((vector_size(16)));
  quarter q = __builtin_shufflevector(h, h, 0, 1, 2, 3) + __builtin_shufflevector(h, h, 4, 5, 6, 7);
  return (q[0] + q[2]) + (q[1] + q[3]);
}

/// The largest lane; NaN when any is.
SCL_INLINE float v_largest(vfloat v) {
#if SCL_WIDTH == 16
  v = v_max(v, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  v = v_max(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
  v = v_max(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  v = v_max(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
#else
  v = v_max(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3));
  v = v_max(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5));
  v = v_max(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6));
#endif
  return v[0];
}

/// -1 in the first n lanes, 0 behind them.
SCL_INLINE vint v_first(size_t n) {
#if SCL_WIDTH == 16
  const vint lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#else
  const vint lanes = {0, 1, 2, 3, 4, 5, 6, 7};
#endif
  return lanes < (int32_t)n;
}

/// 2^n for whole n in -126...127, given as integers.
SCL_INLINE vfloat v_power_of_two(vint n) { return (vfloat)((n + 127) << 23); }

/// Splits x = n ln 2 + r with |r| <= (ln 2) / 2 and returns q = e^r - 1 by its Taylor polynomial of degree 7,
/// whose remainder is below 0.1 ulp there. |x| must be below 2^15.
SCL_INLINE vfloat v_exp_core(vfloat x, vint *n) {
  const float magic = 12582912.0f; // 1.5 * 2^23: adding it rounds to a whole number.
  vfloat shifted = x * 1.44269504f + magic;
  *n = (vint)shifted - (vint)v_set(magic);
  vfloat whole = shifted - magic;
  // ln 2 in two parts, so that the product with the first is exact.
  vfloat r = x - whole * 0.693145752f;
  r = r - whole * 1.42860677e-6f;
  vfloat q = 1.0f / 5040 * r + 1.0f / 720;
  q = q * r + 1.0f / 120;
  q = q * r + 1.0f / 24;
  q = q * r + 1.0f / 6;
  q = q * r + 0.5f;
  return q * (r * r) + r;
}

/// e^x, at most 1.1 ulp off; rounds to 0 and to infinity at the ends, and NaN stays.
SCL_INLINE vfloat v_exp(vfloat x) {
  vfloat bounded = v_select(x > 89.0f, v_set(89), v_select(x < -105.0f, v_set(-105), x));
  vint n;
  vfloat q = v_exp_core(bounded, &n);
  // In two factors, because 2^n itself may lie outside the normal numbers.
  vint half = n >> 1;
  vfloat y = (q + 1.0f) * v_power_of_two(half) * v_power_of_two(n - half);
  return v_select(x == x, y, x);
}

/// e^x for x <= 0 where a result below 2^-126 may be flushed to 0: one factor less than v_exp.
SCL_INLINE vfloat v_exp_nonpositive(vfloat x) {
  vint n;
  vfloat q = v_exp_core(v_select(x < -87.0f, v_set(-87), x), &n);
  vfloat y = (q + 1.0f) * v_power_of_two(n);
  y = v_select(x < -87.0f, (vfloat){}, y);
  return v_select(x == x, y, x);
}

/// e^x - 1, at most 1.8 ulp off, also near 0.
SCL_INLINE vfloat v_expm1(vfloat x) {
  vfloat bounded = v_select(x > 89.0f, v_set(89), v_select(x < -18.0f, v_set(-18), x));
  vint n;
  vfloat q = v_exp_core(bounded, &n);
  // 2^n (q + 1) - 1, halved on the way so that 2^128 does not appear.
  vfloat scale = v_power_of_two(n - 1);
  vfloat y = 2.0f * (scale * q + (scale - 0.5f));
  y = v_select(n == 0, q, y);
  return v_select(x == x, y, x);
}

/// log(u) + log(2) extra_exponent + correction: the common part of log and log1p, for positive normal u.
SCL_INLINE vfloat v_log_core(vfloat u, vint extra_exponent, vfloat correction) {
  // u = 2^e m with m in sqrt(1/2)...sqrt(2).
  vint bits = (vint)u - 0x3f3504f3;
  vint exponent = (bits >> 23) + extra_exponent;
  vfloat m = (vfloat)((bits & 0x007fffff) + 0x3f3504f3);
  vfloat e = __builtin_convertvector(exponent, vfloat);
  // log m = f - f^2/2 + s (f^2/2 + R) with f = m - 1, s = f / (2 + f) and the series of atanh in s^2.
  vfloat f = m - 1.0f;
  vfloat s = f / (f + 2.0f);
  vfloat z = s * s;
  vfloat series = z * (2.0f / 9) + 2.0f / 7;
  series = series * z + 2.0f / 5;
  series = series * z + 2.0f / 3;
  vfloat half_square = 0.5f * f * f;
  vfloat tail = s * (half_square + series * z) + (e * 1.42860677e-6f + correction);
  return e * 0.693145752f + (f - (half_square - tail));
}

/// The natural logarithm, at most 1 ulp off; -infinity at 0, NaN below.
SCL_INLINE vfloat v_log(vfloat x) {
  vint small = x < 1.17549435e-38f;
  vfloat scaled = v_select(small, x * 8388608.0f, x);
  vfloat y = v_log_core(scaled, small & -23, (vfloat){});
  y = v_select(x == 0.0f, v_set(-INFINITY), y);
  y = v_select(x < 0.0f, v_set(NAN), y);
  // Infinity and NaN stay.
  return v_select((x < INFINITY), y, x);
}

/// log(1 + x), at most 1 ulp off, also near 0; -infinity at -1, NaN below.
SCL_INLINE vfloat v_log1p(vfloat x) {
  vfloat u = x + 1.0f;
  // What the addition rounded away, relative to u.
  vfloat lost = v_select(u > 2.0f, 1.0f - (u - x), x - (u - 1.0f)) / u;
  vfloat y = v_log_core(u, (vint){}, lost);
  y = v_select(v_abs(x) < 1e-7f, x - 0.5f * x * x, y);
  y = v_select(x == -1.0f, v_set(-INFINITY), y);
  y = v_select(x < -1.0f, v_set(NAN), y);
  return v_select((x < INFINITY), y, x);
}

/// tanh x = t / (t + 2) with t = e^(2|x|) - 1, at most 2.5 ulp off.
SCL_INLINE vfloat v_tanh(vfloat x) {
  vfloat size = v_abs(x);
  vfloat t = v_expm1(2.0f * v_select(size > 10.0f, v_set(10), size));
  vfloat y = t / (t + 2.0f);
  vint sign = (vint)x & (int32_t)0x80000000;
  return v_select(x == x, (vfloat)((vint)y | sign), x);
}

/// 1 / (1 + e^-x) by the exponential of -|x|, at most 2.5 ulp off.
SCL_INLINE vfloat v_sigmoid(vfloat x) {
  vfloat e = v_exp(-v_abs(x));
  return v_select(x < 0.0f, e, v_set(1)) / (1.0f + e);
}

/// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), at most 2 ulp off.
SCL_INLINE vfloat v_softplus(vfloat x) {
  return v_max(x, (vfloat){}) + v_log1p(v_exp(-v_abs(x)));
}
