// Reductions over rows and columns of floats, compiled once for each variant.
#include "include/scl_reduction.h"
#include "vector_math.h"

// Sixteen lanes in every variant, so that the order of additions is one; clang splits them for narrower
// processors.
typedef float lanes16 __attribute__((vector_size(64)));
typedef float lanes16_unaligned __attribute__((vector_size(64), aligned(4)));
typedef int32_t mask16 __attribute__((vector_size(64)));

SCL_INLINE lanes16 load16(const float *p) { return *(const lanes16_unaligned *)p; }
SCL_INLINE lanes16 choose16(mask16 mask, lanes16 a, lanes16 b) {
  return (lanes16)((mask & (mask16)a) | (~mask & (mask16)b));
}

SCL_INLINE lanes16 fold16(int function, lanes16 a, lanes16 b) {
  if (function == SCL_FOLD_ADD)
    return a + b;
  if (function == SCL_FOLD_MAXIMUM)
    return choose16((a > b) | (a != a), a, b);
  return choose16((a < b) | (a != a), a, b);
}

SCL_INLINE float fold1(int function, float a, float b) {
  if (function == SCL_FOLD_ADD)
    return a + b;
  if (function == SCL_FOLD_MAXIMUM)
    return a > b || a != a ? a : b;
  return a < b || a != a ? a : b;
}

SCL_INLINE lanes16 identity16(int function) {
  float value = function == SCL_FOLD_ADD ? 0 : function == SCL_FOLD_MAXIMUM ? -INFINITY : INFINITY;
  return (lanes16){} + value;
}

/// The fold of at most 2,048 floats, lane by lane.
SCL_INLINE lanes16 fold_block(int function, size_t n, const float *x) {
  lanes16 a = identity16(function), b = a, c = a, d = a;
  size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    a = fold16(function, a, load16(x + i));
    b = fold16(function, b, load16(x + i + 16));
    c = fold16(function, c, load16(x + i + 32));
    d = fold16(function, d, load16(x + i + 48));
  }
  for (; i + 16 <= n; i += 16)
    a = fold16(function, a, load16(x + i));
  if (i < n) {
    lanes16 rest = identity16(function);
    memcpy(&rest, x + i, (n - i) * sizeof(float));
    b = fold16(function, b, rest);
  }
  return fold16(function, fold16(function, a, b), fold16(function, c, d));
}

SCL_INLINE float fold_row(int function, size_t n, const float *x) {
  enum { BLOCK = 2048 };
  // A binary counter: slot k holds the fold of 2^k blocks.
  lanes16 slots[48];
  int depth = 0;
  size_t block = 0;
  for (size_t start = 0; start < n; start += BLOCK, block++) {
    lanes16 value = fold_block(function, n - start < BLOCK ? n - start : BLOCK, x + start);
    for (size_t trailing = block; trailing & 1; trailing >>= 1)
      value = fold16(function, slots[--depth], value);
    slots[depth++] = value;
  }
  lanes16 value = slots[--depth];
  while (depth > 0)
    value = fold16(function, slots[--depth], value);
  float lanes[16];
  memcpy(lanes, &value, sizeof lanes);
  for (int width = 8; width > 0; width >>= 1)
    for (int lane = 0; lane < width; lane++)
      lanes[lane] = fold1(function, lanes[lane], lanes[lane + width]);
  return lanes[0];
}

/// Sixteen rows of fewer than sixteen columns are as many vectors as there are columns: they are added
/// whole, and the sixteen rows that remain at the end one by one.
SCL_INLINE void fold_narrow(int function, size_t rows, size_t columns, const float *x, float *out) {
  lanes16 sums[16];
  for (size_t j = 0; j < columns; j++)
    sums[j] = identity16(function);
  size_t row = 0;
  for (; row + 16 <= rows; row += 16)
    for (size_t j = 0; j < columns; j++)
      sums[j] = fold16(function, sums[j], load16(x + row * columns + j * 16));
  float flat[256];
  memcpy(flat, sums, columns * sizeof(lanes16));
  for (int width = 8; width > 0; width >>= 1)
    for (size_t i = 0; i < width * columns; i++)
      flat[i] = fold1(function, flat[i], flat[i + width * columns]);
  for (; row < rows; row++)
    for (size_t j = 0; j < columns; j++)
      flat[j] = fold1(function, flat[j], x[row * columns + j]);
  memcpy(out, flat, columns * sizeof(float));
}

SCL_INLINE void fold_columns(int function, size_t rows, size_t columns, const float *x, float *out) {
  if (columns < 16) {
    fold_narrow(function, rows, columns, x, out);
    return;
  }
  size_t column = 0;
  for (; column + 64 <= columns; column += 64) {
    const float *p = x + column;
    lanes16 a = load16(p), b = load16(p + 16), c = load16(p + 32), d = load16(p + 48);
    for (size_t row = 1; row < rows; row++) {
      p += columns;
      a = fold16(function, a, load16(p));
      b = fold16(function, b, load16(p + 16));
      c = fold16(function, c, load16(p + 32));
      d = fold16(function, d, load16(p + 48));
    }
    memcpy(out + column, &a, sizeof a);
    memcpy(out + column + 16, &b, sizeof b);
    memcpy(out + column + 32, &c, sizeof c);
    memcpy(out + column + 48, &d, sizeof d);
  }
  while (column < columns) {
    // The last vector may overlap the one before it: the same sums are written twice.
    size_t at = column + 16 <= columns ? column : columns - 16;
    const float *p = x + at;
    lanes16 a = load16(p);
    for (size_t row = 1; row < rows; row++)
      a = fold16(function, a, load16(p += columns));
    memcpy(out + at, &a, sizeof a);
    column = at + 16;
  }
}

static float SCL_VARIANT(row)(int function, size_t n, const float *x) {
  switch (function) {
  case SCL_FOLD_ADD:
    return fold_row(SCL_FOLD_ADD, n, x);
  case SCL_FOLD_MAXIMUM:
    return fold_row(SCL_FOLD_MAXIMUM, n, x);
  default:
    return fold_row(SCL_FOLD_MINIMUM, n, x);
  }
}

static void SCL_VARIANT(columns)(int function, size_t rows, size_t columns, const float *x, float *out) {
  switch (function) {
  case SCL_FOLD_ADD:
    fold_columns(SCL_FOLD_ADD, rows, columns, x, out);
    break;
  case SCL_FOLD_MAXIMUM:
    fold_columns(SCL_FOLD_MAXIMUM, rows, columns, x, out);
    break;
  default:
    fold_columns(SCL_FOLD_MINIMUM, rows, columns, x, out);
    break;
  }
}

const struct scl_reduction_kernels SCL_VARIANT(scl_reduction_kernels) = {SCL_VARIANT(row),
                                                                        SCL_VARIANT(columns)};
