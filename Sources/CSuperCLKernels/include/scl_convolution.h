#pragma once
#include <stddef.h>

/// A convolution of rows of pixels by the definition: every output pixel is a sum over kernel positions
/// (`taps`) and channels. Source pixels are addressed from one pointer by offsets, so the caller pads.
struct scl_direct_rows {
  const float *source;         // the pixel that tap offset 0 of the first output pixel reads
  ptrdiff_t source_row, source_pixel; // distances in the source of neighbouring output rows and pixels
  const ptrdiff_t *offsets;    // one per tap
  size_t taps, channels;
  size_t rows, pixels;         // of the output
  float *out;
  ptrdiff_t out_row, out_pixel;
  size_t columns;              // output channels
  int streaming;               // whether `out` is better written past the caches
};

struct scl_convolution_kernels {
  /// Columns of a packed panel.
  size_t panel;
  /// Packs the matrix whose element (r, c) is source[r * row_step + c * column_step], one of the steps being
  /// 1, into panels of `panel` columns, zeros behind: packed[(c / panel) * panel_step + r * panel + c % panel].
  void (*pack)(const float *source, ptrdiff_t row_step, ptrdiff_t column_step, size_t rows, size_t columns,
               float *packed, size_t panel_step);
  /// out = source * weights + bias; `weights` are panels of taps * channels rows; `bias` may be null.
  void (*rows)(const struct scl_direct_rows *shape, const float *weights, const float *bias);
  /// gradient[tap * channels + c][column] += the sum over rows and pixels of source times `out` (read only):
  /// the weight gradient, with `gradient_row` floats between rows. Every row of `out` holds a whole panel
  /// behind its last column, or `columns` is a multiple of the panel.
  void (*weight_gradient)(const struct scl_direct_rows *shape, float *gradient, size_t gradient_row);
  /// The same with the two sides exchanged: gradient[tap * tap_step + column * channels + c]. `channels` is a
  /// multiple of 16.
  void (*transposed_weight_gradient)(const struct scl_direct_rows *shape, float *gradient, size_t tap_step);
};

const struct scl_convolution_kernels *scl_convolution(void);
