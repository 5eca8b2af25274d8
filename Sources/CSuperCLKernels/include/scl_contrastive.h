#pragma once
#include <stddef.h>

/// A tile of similarities of `rows` anchors with `columns` references, `stride` floats from row to row.
/// Row i leaves out column i + excluded, if there is such a column.
struct scl_similarity_tile {
  float *values;
  size_t rows, columns, stride;
  ptrdiff_t excluded;
};

struct scl_contrastive_kernels {
  /// Columns of a packed panel.
  size_t panel;
  /// Multiplies rows of `dimension` floats by their scale and packs them twice: `across` (dimension x rows) and
  /// `along` (rows x dimension), both in panels of `panel` columns, zeros behind the last. `along` may be null.
  void (*pack)(const float *x, size_t rows, size_t dimension, const float *scale, float *across, float *along);
  /// values = z_i . z_j from two `across` blocks.
  void (*similarities)(const float *anchors, const float *references, size_t dimension,
                       const struct scl_similarity_tile *tile);
  /// Adds exp((s - 1) inverse_t) to the sums of rows and of columns; column_sums may be null.
  void (*exp_sums)(const struct scl_similarity_tile *tile, float inverse_t, float *row_sums,
                   float *column_sums);
  /// values = exp((s - 1) inverse_t) (row_factors[i] + column_factors[j]); either may be null.
  void (*exp_weights)(const struct scl_similarity_tile *tile, float inverse_t, const float *row_factors,
                      const float *column_factors);
  /// The same sums relative to a maximum of each row and column that runs along: sums of exp((s - maximum)
  /// inverse_t), multiplied down when a maximum grows. The pair for columns may be null.
  void (*running_sums)(const struct scl_similarity_tile *tile, float inverse_t, float *row_maxima,
                       float *row_sums, float *column_maxima, float *column_sums);
  /// values = row_factors[i] exp(s inverse_t - row_logs[i]) + column_factors[j] exp(s inverse_t - column_logs[j]);
  /// either pair may be null.
  void (*log_weights)(const struct scl_similarity_tile *tile, float inverse_t, const float *row_factors,
                      const float *row_logs, const float *column_factors, const float *column_logs);
  /// gradient [rows x dimension] += values times the references' `along` block.
  void (*add_product)(const struct scl_similarity_tile *tile, const float *along, size_t dimension,
                      float *gradient);
  /// gradient [columns x dimension] += values transposed times the anchors' `along` block.
  void (*add_transposed_product)(const struct scl_similarity_tile *tile, const float *along, size_t dimension,
                                 float *gradient);

  /// Arithmetic on single rows: a . b; target += factor source; target = scale target - factor source.
  float (*dot)(const float *a, const float *b, size_t count);
  void (*add)(float *target, const float *source, float factor, size_t count);
  void (*scale_and_subtract)(float *target, float scale, const float *source, float factor, size_t count);
};

const struct scl_contrastive_kernels *scl_contrastive(void);
