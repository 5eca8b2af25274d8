// Some of the pairs of a tile of similarities: which count, and what is taken from them besides exponentials.
#include "include/scl_pairs.h"
#include "vector_math.h"
#include "vector_runs.h"

// Row i of a tile, its excluded column left out.
SCL_INLINE float *pair_row(const struct scl_similarity_tile *tile, size_t i) {
  float *row = tile->values + i * tile->stride;
  ptrdiff_t column = (ptrdiff_t)i + tile->excluded;
  if (column >= 0 && column < (ptrdiff_t)tile->columns)
    row[column] = -1e30f;
  return row;
}

static void SCL_VARIANT(pair_keep_labels)(const struct scl_similarity_tile *tile, const int32_t *row_labels,
                                          const int32_t *column_labels, int equal) {
  for (size_t i = 0; i < tile->rows; i++) {
    float *row = tile->values + i * tile->stride;
    const int32_t label = row_labels[i];
    if (equal) {
      for (size_t j = 0; j < tile->columns; j++)
        row[j] = column_labels[j] == label ? row[j] : -1e30f;
    } else {
      for (size_t j = 0; j < tile->columns; j++)
        row[j] = column_labels[j] != label ? row[j] : -1e30f;
    }
  }
}

static void SCL_VARIANT(pair_keep_mask)(const struct scl_similarity_tile *tile, const uint8_t *mask,
                                        size_t mask_stride, int value) {
  for (size_t i = 0; i < tile->rows; i++) {
    float *row = tile->values + i * tile->stride;
    for (size_t j = 0; j < tile->columns; j++)
      row[j] = mask[i * mask_stride + j] == value ? row[j] : -1e30f;
  }
}

// NaN is not left out: a broken row shows.
SCL_INLINE vint is_left_out(vfloat s) { return s <= SCL_LEFT_OUT; }

static void SCL_VARIANT(pair_sums)(const struct scl_similarity_tile *tile, float *row_sums) {
  for (size_t i = 0; i < tile->rows; i++) {
    const float *row = pair_row(tile, i);
    vfloat sum = {};
#define CALL(j, n)                                                                                          \
  {                                                                                                         \
    vfloat s = load_n(row + (j), n);                                                                        \
    sum += v_select(is_left_out(s), (vfloat){}, s);                                                         \
  }
    SCL_FOR_RUNS(tile->columns, CALL);
#undef CALL
    row_sums[i] += sum_of(sum);
  }
}

static void SCL_VARIANT(pair_sum_weights)(const struct scl_similarity_tile *tile, const float *row_factors) {
  for (size_t i = 0; i < tile->rows; i++) {
    float *row = pair_row(tile, i);
    const vfloat own = v_set(row_factors[i]);
#define CALL(j, n)                                                                                          \
  store_n(row + (j), v_select(is_left_out(load_n(row + (j), n)), (vfloat){}, own), n)
    SCL_FOR_RUNS(tile->columns, CALL);
#undef CALL
  }
}

static void SCL_VARIANT(pair_softplus_sums)(const struct scl_similarity_tile *tile, float inverse_t,
                                            const float *row_offsets, float *row_sums, float *row_slopes,
                                            const float *column_offsets, float *column_sums,
                                            float *column_slopes) {
  for (size_t i = 0; i < tile->rows; i++) {
    const float *row = pair_row(tile, i);
    const float offset = row_offsets[i];
    vfloat sum = {}, slope = {};
#define CALL(j, n)                                                                                          \
  {                                                                                                         \
    vfloat s = load_n(row + (j), n);                                                                        \
    vint out = is_left_out(s);                                                                              \
    vfloat x = offset - s * inverse_t;                                                                      \
    sum += first_n(v_select(out, (vfloat){}, v_softplus(x)), n);                                            \
    slope += first_n(v_select(out, (vfloat){}, v_sigmoid(x)), n);                                           \
    if (column_offsets) {                                                                                   \
      vfloat y = load_n(column_offsets + (j), n) - s * inverse_t;                                           \
      vfloat value = v_select(out, (vfloat){}, v_softplus(y));                                              \
      store_n(column_sums + (j), load_n(column_sums + (j), n) + value, n);                                  \
      value = v_select(out, (vfloat){}, v_sigmoid(y));                                                      \
      store_n(column_slopes + (j), load_n(column_slopes + (j), n) + value, n);                              \
    }                                                                                                       \
  }
    SCL_FOR_RUNS(tile->columns, CALL);
#undef CALL
    row_sums[i] += sum_of(sum);
    row_slopes[i] += sum_of(slope);
  }
}

static void SCL_VARIANT(pair_softplus_weights)(const struct scl_similarity_tile *tile, float inverse_t,
                                               const float *row_offsets, const float *row_factors,
                                               const float *column_offsets, const float *column_factors) {
  for (size_t i = 0; i < tile->rows; i++) {
    float *row = pair_row(tile, i);
    const float offset = row_offsets[i], own = row_factors[i];
#define CALL(j, n)                                                                                          \
  {                                                                                                         \
    vfloat s = load_n(row + (j), n);                                                                        \
    vfloat w = v_sigmoid(offset - s * inverse_t) * own;                                                     \
    if (column_offsets)                                                                                     \
      w += v_sigmoid(load_n(column_offsets + (j), n) - s * inverse_t) * load_n(column_factors + (j), n);    \
    store_n(row + (j), v_select(is_left_out(s), (vfloat){}, w), n);                                         \
  }
    SCL_FOR_RUNS(tile->columns, CALL);
#undef CALL
  }
}

static void SCL_VARIANT(pair_largest)(const struct scl_similarity_tile *tile, size_t first_column,
                                      float *row_maxima, int32_t *row_places) {
  for (size_t i = 0; i < tile->rows; i++) {
    const float *row = pair_row(tile, i);
    float largest = row_maxima[i];
    for (size_t j = 0; j < tile->columns; j++)
      largest = row[j] > largest ? row[j] : largest;
    if (!(largest > row_maxima[i]))
      continue;
    row_maxima[i] = largest;
    size_t place = 0;
    while (row[place] != largest)
      place++;
    row_places[i] = (int32_t)(first_column + place);
  }
}

const struct scl_pair_kernels SCL_VARIANT(scl_pair) = {
    SCL_VARIANT(pair_keep_labels),    SCL_VARIANT(pair_keep_mask),
    SCL_VARIANT(pair_sums),           SCL_VARIANT(pair_sum_weights),
    SCL_VARIANT(pair_softplus_sums),  SCL_VARIANT(pair_softplus_weights),
    SCL_VARIANT(pair_largest),
};
