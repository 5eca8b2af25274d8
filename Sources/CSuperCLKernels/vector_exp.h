// The exponential of a vector. Included behind variant_*.h.
#pragma once

// exp(x) with a relative error of at most 8.3e-8 (measured on 22 million floats): x = n log 2 + r, |r| <= log 2 / 2,
// exp(r) = 1 + r + r^2 q(r), q the minimax polynomial of degree 4 (its own error is 4e-9).
// Below -87 the result is 0 (denormal numbers are not made), above 88.7 it is infinite; NaN stays NaN.
SCL_INLINE vfloat v_exp(vfloat x) {
  const vfloat magic = v_set(12582912.f); // 1.5 * 2^23: adding it rounds to an integer
#if defined(SCL_X86) && SCL_WIDTH == 16
  // The second operand where one is NaN; what lies below -87 is left out at the end.
  vfloat clamped = (vfloat)_mm512_min_ps((__m512)v_set(89.f), (__m512)x);
#else
  vfloat clamped = v_select(x > -87.f, x, v_set(-87.f));
  clamped = v_select(clamped < 89.f, clamped, v_set(89.f));
#endif
  vfloat shifted = clamped * 1.44269504f + magic;
  vfloat n = shifted - magic;
  vfloat r = clamped - n * 0.693359375f; // the first 9 bits of log 2: exact
  r = r + n * 2.12194440e-4f;
  vfloat q = v_set(0x1.6a1bf4p-10f);
  q = q * r + 0x1.123fb8p-7f;
  q = q * r + 0x1.555914p-5f;
  q = q * r + 0x1.55548ap-3f;
  q = q * r + 0x1.fffffcp-2f;
  vfloat y = q * (r * r) + r + 1.f;
#if defined(SCL_X86) && SCL_WIDTH == 16
  // y 2^n in one instruction.
  __mmask16 counts = _mm512_cmp_ps_mask((__m512)x, (__m512)v_set(-87.f), _CMP_NLE_UQ);
  return (vfloat)_mm512_maskz_scalef_ps(counts, (__m512)y, (__m512)n);
#else
  // 2^n in two factors, because 2^128 is none.
  vint integer = (vint)shifted - (vint)magic;
  vint half = integer >> 1;
  vfloat first = (vfloat)((half + 127) << 23);
  vfloat second = (vfloat)((integer - half + 127) << 23);
  y = y * first * second;
  y = v_select(x > -87.f, y, (vfloat){});
  return v_select(x == x, y, x);
#endif
}
