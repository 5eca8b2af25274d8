#pragma once
#include "scl_contrastive.h"
#include <stdint.h>

/// A similarity at or below this belongs to a pair that is left out.
#define SCL_LEFT_OUT -1e29f

/// What a contrastive loss takes from some of the pairs of a tile. Where a pair of pointers is for columns, both may be
/// null; row pointers begin at the tile's first row, column pointers at its first column.
struct scl_pair_kernels {
  /// Leaves out the pairs of different labels, or with `equal` 0 those of the same.
  void (*keep_labels)(const struct scl_similarity_tile *tile, const int32_t *row_labels,
                      const int32_t *column_labels, int equal);
  /// Leaves out the pairs whose byte of the mask is not `value`, 0 or 1; `mask_stride` bytes from row to row.
  void (*keep_mask)(const struct scl_similarity_tile *tile, const uint8_t *mask, size_t mask_stride, int value);
  /// Adds the similarities to the sums of rows.
  void (*sums)(const struct scl_similarity_tile *tile, float *row_sums);
  /// values = row_factors[i].
  void (*sum_weights)(const struct scl_similarity_tile *tile, const float *row_factors);
  /// Adds softplus(x) = log(1 + e^x) and its slope 1 / (1 + e^-x) for x = offset - s inverse_t.
  void (*softplus_sums)(const struct scl_similarity_tile *tile, float inverse_t, const float *row_offsets,
                        float *row_sums, float *row_slopes, const float *column_offsets, float *column_sums,
                        float *column_slopes);
  /// values = row_factors[i] sigmoid(row_offsets[i] - s inverse_t) + the same of the column.
  void (*softplus_weights)(const struct scl_similarity_tile *tile, float inverse_t, const float *row_offsets,
                           const float *row_factors, const float *column_offsets, const float *column_factors);
  /// The largest similarity of each row so far, and its column, counted from `first_column`; ties to the first.
  void (*largest)(const struct scl_similarity_tile *tile, size_t first_column, float *row_maxima,
                  int32_t *row_places);
};

const struct scl_pair_kernels *scl_pair(void);
