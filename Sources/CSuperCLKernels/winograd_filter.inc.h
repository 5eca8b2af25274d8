// Filters of Winograd F(4x4, 3x3): from a convolution's weights into panels, and gradients back.
#include "include/scl_winograd.h"
#include "microkernel.h"
#include "transpose.h"

static void SCL_VARIANT(winograd_filter)(const float *weights, size_t tap_step, size_t row_step,
                                         size_t column_step, int rotated, size_t rows, size_t columns,
                                         float *panel, size_t position) {
  for (size_t column = 0; column < SCL_PANEL; column += SCL_WIDTH)
    for (size_t row = 0; row < rows; row += SCL_WIDTH) {
      vfloat g[9][SCL_WIDTH];
      size_t high = rows - row < SCL_WIDTH ? rows - row : SCL_WIDTH;
      size_t wide = column < columns ? columns - column : 0;
      for (size_t tap = 0; tap < 9; tap++)
        load_square(weights + (rotated ? 8 - tap : tap) * tap_step + row * row_step + column * column_step,
                    (ptrdiff_t)row_step, (ptrdiff_t)column_step, high, wide < SCL_WIDTH ? wide : SCL_WIDTH,
                    g[tap]);
      for (size_t r = 0; r < high; r++) {
        vfloat t[6][3];
#pragma clang loop unroll(full)
        for (int j = 0; j < 3; j++) {
          vfloat d[3] = {g[j][r], g[3 + j][r], g[6 + j][r]}, s[6];
          transform_filter(d, s);
#pragma clang loop unroll(full)
          for (int i = 0; i < 6; i++)
            t[i][j] = s[i];
        }
        float *out = panel + (row + r) * SCL_PANEL + column;
#pragma clang loop unroll(full)
        for (int i = 0; i < 6; i++) {
          vfloat s[6];
          transform_filter(t[i], s);
#pragma clang loop unroll(full)
          for (int j = 0; j < 6; j++)
            v_store(out + (size_t)(i * 6 + j) * position, s[j]);
        }
      }
    }
}

static void SCL_VARIANT(winograd_filter_gradient)(const float *sums, size_t position, size_t sum_row,
                                                  size_t partials, size_t partial_step, size_t rows,
                                                  size_t columns, float *gradient, size_t tap_step,
                                                  size_t row_step) {
  for (size_t row = 0; row < rows; row++)
    for (size_t column = 0; column < columns; column += SCL_WIDTH) {
      const float *p = sums + row * sum_row + column;
      vfloat t[3][6];
#pragma clang loop unroll(full)
      for (int j = 0; j < 6; j++) {
        vfloat d[6], s[3];
#pragma clang loop unroll(full)
        for (int i = 0; i < 6; i++) {
          d[i] = v_load(p + (size_t)(i * 6 + j) * position);
          for (size_t k = 1; k < partials; k++)
            d[i] += v_load(p + (size_t)(i * 6 + j) * position + k * partial_step);
        }
        transform_filter_gradient(d, s);
#pragma clang loop unroll(full)
        for (int i = 0; i < 3; i++)
          t[i][j] = s[i];
      }
#pragma clang loop unroll(full)
      for (int i = 0; i < 3; i++) {
        vfloat s[3];
        transform_filter_gradient(t[i], s);
#pragma clang loop unroll(full)
        for (int j = 0; j < 3; j++)
          v_store_first(gradient + (size_t)(i * 3 + j) * tap_step + row * row_step + column, s[j],
                        columns - column);
      }
    }
}
