// Convolution by its definition, on the micro-kernel: rows of pixels times packed weights.
#include "include/scl_convolution.h"
#include "microkernel.h"
#include "transpose.h"

static void SCL_VARIANT(convolution_pack)(const float *source, ptrdiff_t row_step, ptrdiff_t column_step,
                                          size_t rows, size_t columns, float *packed, size_t panel_step) {
  for (size_t column = 0; column < columns; column += SCL_PANEL)
    for (size_t part = 0; part < SCL_PANEL; part += SCL_WIDTH) {
      size_t first = column + part;
      size_t wide = first < columns ? columns - first : 0;
      float *out = packed + column / SCL_PANEL * panel_step + part;
      for (size_t row = 0; row < rows; row += SCL_WIDTH) {
        vfloat m[SCL_WIDTH];
        size_t high = rows - row < SCL_WIDTH ? rows - row : SCL_WIDTH;
        load_square(source + (ptrdiff_t)row * row_step + (ptrdiff_t)first * column_step, row_step,
                    column_step, high, wide < SCL_WIDTH ? wide : SCL_WIDTH, m);
        for (size_t r = 0; r < high; r++)
          v_store(out + (row + r) * SCL_PANEL, m[r]);
      }
    }
}

// Whether every pixel's first channel lies on a cache line.
SCL_INLINE int is_aligned(const float *out, ptrdiff_t row, ptrdiff_t pixel) {
  return (uintptr_t)out % 64 == 0 && row % 16 == 0 && pixel % 16 == 0;
}

static void SCL_VARIANT(convolution_rows)(const struct scl_direct_rows *shape, const float *weights,
                                          const float *bias) {
  const size_t panel_step = shape->taps * shape->channels * SCL_PANEL;
  // Rows of pixels that follow each other without a gap are one long row.
  size_t rows = shape->rows, pixels = shape->pixels;
  if (shape->source_row == (ptrdiff_t)pixels * shape->source_pixel &&
      shape->out_row == (ptrdiff_t)pixels * shape->out_pixel) {
    pixels *= rows;
    rows = 1;
  }
  // Kernel positions that are summed at once; none at all still writes the bias.
  const size_t most = shape->channels < SCL_SUM ? SCL_SUM / (shape->channels + 1) + 1 : 1;
  const int streaming = shape->streaming && shape->taps <= most &&
                        is_aligned(shape->out, shape->out_row, shape->out_pixel);
  for (size_t column = 0; column < shape->columns; column += SCL_PANEL)
    for (size_t row = 0; row < rows; row++)
      for (size_t tap = 0; tap < shape->taps || tap == 0; tap += most) {
        size_t left = shape->columns - column, ahead = shape->taps - tap;
        struct tile t = {.a = shape->source + (ptrdiff_t)row * shape->source_row,
                         .a_row = shape->source_pixel,
                         .a_offsets = shape->offsets + tap,
                         .b = weights + column / SCL_PANEL * panel_step + tap * shape->channels * SCL_PANEL,
                         .outer = ahead < most ? ahead : most,
                         .inner = shape->channels,
                         .c = shape->out + (ptrdiff_t)row * shape->out_row + column,
                         .c_row = shape->out_pixel,
                         .columns = left < SCL_PANEL ? left : SCL_PANEL,
                         .bias = bias ? bias + column : 0,
                         .streaming = streaming};
        product_rows(t, pixels, tap > 0 ? TILE_ADD : bias ? TILE_BIAS : TILE_ZERO);
      }
}

static void SCL_VARIANT(convolution_weight_gradient)(const struct scl_direct_rows *shape, float *gradient,
                                                     size_t gradient_row) {
  for (size_t column = 0; column < shape->columns; column += SCL_PANEL)
    for (size_t tap = 0; tap < shape->taps; tap++) {
      size_t left = shape->columns - column;
      struct tile t = {.a = shape->source + shape->offsets[tap],
                       .a_outer = shape->source_row,
                       .a_inner = shape->source_pixel,
                       .b = shape->out + column,
                       .b_outer = shape->out_row,
                       .b_inner = shape->out_pixel,
                       .outer = shape->rows,
                       .inner = shape->pixels,
                       .c = gradient + tap * shape->channels * gradient_row + column,
                       .c_row = (ptrdiff_t)gradient_row,
                       .columns = left < SCL_PANEL ? left : SCL_PANEL};
      product_columns(t, shape->channels, TILE_ADD);
    }
}

static void SCL_VARIANT(convolution_transposed_weight_gradient)(const struct scl_direct_rows *shape,
                                                                float *gradient, size_t tap_step) {
  for (size_t tap = 0; tap < shape->taps; tap++)
    for (size_t channel = 0; channel < shape->channels; channel += SCL_PANEL) {
      size_t left = shape->channels - channel;
      struct tile t = {.a = shape->out,
                       .a_outer = shape->out_row,
                       .a_inner = shape->out_pixel,
                       .b = shape->source + shape->offsets[tap] + channel,
                       .b_outer = shape->source_row,
                       .b_inner = shape->source_pixel,
                       .outer = shape->rows,
                       .inner = shape->pixels,
                       .c = gradient + tap * tap_step + channel,
                       .c_row = (ptrdiff_t)shape->channels,
                       .columns = left < SCL_PANEL ? left : SCL_PANEL};
      product_columns(t, shape->columns, TILE_ADD);
    }
}

const struct scl_convolution_kernels SCL_VARIANT(scl_convolution) = {
    SCL_PANEL,
    SCL_VARIANT(convolution_pack),
    SCL_VARIANT(convolution_rows),
    SCL_VARIANT(convolution_weight_gradient),
    SCL_VARIANT(convolution_transposed_weight_gradient),
};
