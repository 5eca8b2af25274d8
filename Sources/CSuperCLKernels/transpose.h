// Transposing a square of SCL_WIDTH x SCL_WIDTH floats in registers.
#pragma once

// SCL_LO keeps the even blocks of n elements of a and b, SCL_HI the odd ones, in alternation.
#if SCL_WIDTH == 16
#define SCL_LO1(a, b) __builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30)
#define SCL_HI1(a, b) __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31)
#define SCL_LO2(a, b) __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define SCL_HI2(a, b) __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define SCL_LO4(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27)
#define SCL_HI4(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31)
#define SCL_LO8(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
#define SCL_HI8(a, b) __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)
#else
#define SCL_LO1(a, b) __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define SCL_HI1(a, b) __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#define SCL_LO2(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define SCL_HI2(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define SCL_LO4(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define SCL_HI4(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#endif

// Exchanges the off-diagonal blocks of n x n elements of rows i and i + n.
#define SCL_EXCHANGE(m, n, lo, hi)                                                                          \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < SCL_WIDTH; i++) if (!(i & n)) {                    \
    vfloat first = lo(m[i], m[i + n]), second = hi(m[i], m[i + n]);                                         \
    m[i] = first;                                                                                           \
    m[i + n] = second;                                                                                      \
  }

SCL_INLINE void transpose_square(vfloat m[SCL_WIDTH]) {
  SCL_EXCHANGE(m, 1, SCL_LO1, SCL_HI1)
  SCL_EXCHANGE(m, 2, SCL_LO2, SCL_HI2)
  SCL_EXCHANGE(m, 4, SCL_LO4, SCL_HI4)
#if SCL_WIDTH == 16
  SCL_EXCHANGE(m, 8, SCL_LO8, SCL_HI8)
#endif
}

SCL_INLINE vfloat v_load_first(const float *p, size_t n) {
  return n >= SCL_WIDTH ? v_load(p) : v_load_partial(p, n);
}

SCL_INLINE void v_store_first(float *p, vfloat v, size_t n) {
  if (n >= SCL_WIDTH)
    v_store(p, v);
  else
    v_store_partial(p, v, n);
}

// Loads rows x columns (at most SCL_WIDTH each) of a matrix whose element (r, c) is
// p[r * row_step + c * column_step]; one step is 1. What lies outside is 0.
SCL_INLINE void load_square(const float *p, ptrdiff_t row_step, ptrdiff_t column_step, size_t rows,
                            size_t columns, vfloat m[SCL_WIDTH]) {
  if (column_step == 1) {
    for (size_t r = 0; r < SCL_WIDTH; r++)
      m[r] = r < rows ? v_load_first(p + (ptrdiff_t)r * row_step, columns) : (vfloat){};
    return;
  }
  for (size_t c = 0; c < SCL_WIDTH; c++)
    m[c] = c < columns ? v_load_first(p + (ptrdiff_t)c * column_step, rows) : (vfloat){};
  transpose_square(m);
}
