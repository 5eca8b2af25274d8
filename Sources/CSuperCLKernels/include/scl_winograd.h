#pragma once
#include <stddef.h>

/// Winograd's minimal filtering F(4x4, 3x3): an output tile of 4x4 pixels from an input tile of 6x6, with 36
/// products per channel pair where the definition takes 144.
///
/// The six interpolation points are 0, 1, -1, 1/2, -2 and infinity.
enum { SCL_WINOGRAD_POSITIONS = 36 };

/// An image tensor [n, height, width, channels] cut into tiles: tile (i, j) begins at pixel
/// (4 i + top, 4 j + left). What lies outside the image reads 0 and is not written.
struct scl_winograd_image {
  size_t height, width, channels;
  size_t tiles_high, tiles_wide;
  ptrdiff_t top, left;
};

/// A transformed block [36][tiles][row]: `position` floats between positions, `row` between tiles.
struct scl_winograd_block {
  float *data;
  size_t position, row;
};

/// Rows of a product that are sums over the same taps. A filter has one tap in a plane, and one for every slice
/// of a volume that it reaches: each has 36 transformed positions of its own.
struct scl_winograd_run {
  /// The first row of the product, and how many there are.
  size_t target, rows;
  /// The row of the transformed input that tap 0 of the first row reads; tap t reads t `tap_rows` further.
  size_t source;
  size_t first_tap, taps;
};

struct scl_winograd_kernels {
  /// Columns of a filter panel.
  size_t panel;
  /// block[.., channel...] = B^T d B of 6x6 input tiles first...first + count, for `channels` channels from
  /// the one that `x` points at.
  void (*input)(const float *x, const struct scl_winograd_image *image, size_t channels, size_t first,
                size_t count, struct scl_winograd_block block, size_t channel);
  /// The same for 4x4 tiles of an output gradient: A d A^T.
  void (*gradient)(const float *dy, const struct scl_winograd_image *image, size_t channels, size_t first,
                   size_t count, struct scl_winograd_block block, size_t channel);
  /// y = A^T block[.., channel...] A + bias; the block holds channels from `channel` on, for
  /// y's channels `target`..<`target + columns`. `bias` points at the first of them, or is null;
  /// `streaming` says that y is better written past the caches.
  void (*output)(struct scl_winograd_block block, size_t channel, const float *bias, float *y,
                 const struct scl_winograd_image *image, size_t target, size_t columns, size_t first,
                 size_t count, int streaming);
  /// One panel of filters G g G^T, [36][rows][panel] with `position` floats between positions, from
  /// weights[tap][row * row_step + column * column_step], one step being 1. `rotated` reads tap 8 - t.
  void (*filter)(const float *weights, size_t tap_step, size_t row_step, size_t column_step, int rotated,
                 size_t rows, size_t columns, float *panel, size_t position);
  /// gradient[tap][row * row_step + column] = G^T (sum of the partial sums) G for a [36][rows][sum_row]
  /// block; `partials` blocks lie `partial_step` floats apart and are added in order.
  void (*filter_gradient)(const float *sums, size_t position, size_t sum_row, size_t partials,
                          size_t partial_step, size_t rows, size_t columns, float *gradient,
                          size_t tap_step, size_t row_step);
  /// product[e][target + r][p * panel...] = the sum over a run's taps t of
  /// block[e][source + r + t * tap_rows] * panels[p][e][t], for all 36 positions, `panel_count` panels that lie
  /// `panel_step` floats apart, and all runs; a panel holds [36][taps][channels][panel]. A run without taps is 0.
  void (*product)(struct scl_winograd_block block, const struct scl_winograd_run *runs, size_t run_count,
                  size_t tap_rows, size_t channels, const float *panels, size_t panel_position,
                  size_t panel_step, size_t panel_count, struct scl_winograd_block product);
  /// sums[t][e][c][column...] (+)= block[e][source + .. + t * tap_rows, first_channel + c]^T
  /// gradient[e][target + ..], `columns` of them, for runs of one tap t each, no two of one tap. Sums of a tap lie
  /// `sum_tap` floats apart.
  void (*accumulate)(struct scl_winograd_block block, size_t first_channel, size_t channels,
                     struct scl_winograd_block gradient, size_t column, size_t columns,
                     const struct scl_winograd_run *runs, size_t run_count, size_t tap_rows, float *sums,
                     size_t sum_tap, size_t sum_position, size_t sum_row, int adding);
};

const struct scl_winograd_kernels *scl_winograd(void);
