// The tiled contrastive product: similarities of two blocks of rows, their exponentials, and the products of
// the gradient, on the micro-kernel that the convolutions use.
#include "include/scl_contrastive.h"
#include "microkernel.h"
#include "transpose.h"
#include "vector_exp.h"
#include "vector_runs.h"

// Steps of an inner product taken at a time, so that a panel of references stays in the first-level cache.
#define SCL_CONTRASTIVE_DEPTH 256
// A similarity whose exponential is 0 at any temperature.
#define SCL_EXCLUDED -1e30f

// How many of SCL_WIDTH elements from `first` on lie below `count`.
SCL_INLINE size_t within(size_t first, size_t count) {
  return first >= count ? 0 : count - first < SCL_WIDTH ? count - first : SCL_WIDTH;
}

static void SCL_VARIANT(contrastive_pack)(const float *x, size_t rows, size_t dimension, const float *scale,
                                          float *across, float *along) {
  const size_t padded_rows = (rows + SCL_PANEL - 1) / SCL_PANEL * SCL_PANEL;
  const size_t padded_dimension = (dimension + SCL_PANEL - 1) / SCL_PANEL * SCL_PANEL;
  for (size_t row = 0; row < padded_rows; row += SCL_WIDTH) {
    const size_t high = within(row, rows);
    for (size_t k = 0; k < padded_dimension; k += SCL_WIDTH) {
      const size_t wide = within(k, dimension);
      vfloat m[SCL_WIDTH];
      for (size_t r = 0; r < SCL_WIDTH; r++) {
        m[r] = r < high && wide ? load_n(x + (row + r) * dimension + k, wide) * scale[row + r] : (vfloat){};
        if (along && r < high)
          v_store(along + (k / SCL_PANEL * rows + row + r) * SCL_PANEL + k % SCL_PANEL, m[r]);
      }
      transpose_square(m);
      float *out = across + (row / SCL_PANEL * dimension + k) * SCL_PANEL + row % SCL_PANEL;
      for (size_t c = 0; c < wide; c++)
        v_store(out + c * SCL_PANEL, m[c]);
    }
  }
}

static void SCL_VARIANT(contrastive_similarities)(const float *anchors, const float *references,
                                                  size_t dimension, const struct scl_similarity_tile *tile) {
  for (size_t k = 0; k < dimension || k == 0; k += SCL_CONTRASTIVE_DEPTH) {
    const size_t depth = dimension - k < SCL_CONTRASTIVE_DEPTH ? dimension - k : SCL_CONTRASTIVE_DEPTH;
    for (size_t column = 0; column < tile->columns; column += SCL_PANEL) {
      const size_t wide = tile->columns - column < SCL_PANEL ? tile->columns - column : SCL_PANEL;
      for (size_t row = 0; row < tile->rows; row += SCL_PANEL) {
        const size_t high = tile->rows - row < SCL_PANEL ? tile->rows - row : SCL_PANEL;
        struct tile t = {.a = anchors + row * dimension + k * SCL_PANEL,
                         .a_inner = SCL_PANEL,
                         .b = references + column * dimension + k * SCL_PANEL,
                         .b_inner = SCL_PANEL,
                         .outer = 1,
                         .inner = depth,
                         .c = tile->values + row * tile->stride + column,
                         .c_row = (ptrdiff_t)tile->stride,
                         .columns = wide};
        product_columns(t, high, k == 0 ? TILE_ZERO : TILE_ADD);
      }
    }
  }
}

static void SCL_VARIANT(contrastive_add_product)(const struct scl_similarity_tile *tile, const float *along,
                                                 size_t dimension, float *gradient) {
  const ptrdiff_t start = 0;
  for (size_t k = 0; k < dimension; k += SCL_PANEL) {
    struct tile t = {.a = tile->values,
                     .a_row = (ptrdiff_t)tile->stride,
                     .a_offsets = &start,
                     .b = along + k * tile->columns,
                     .outer = 1,
                     .inner = tile->columns,
                     .c = gradient + k,
                     .c_row = (ptrdiff_t)dimension,
                     .columns = dimension - k < SCL_PANEL ? dimension - k : SCL_PANEL};
    product_rows(t, tile->rows, TILE_ADD);
  }
}

static void SCL_VARIANT(contrastive_add_transposed_product)(const struct scl_similarity_tile *tile,
                                                            const float *along, size_t dimension,
                                                            float *gradient) {
  for (size_t k = 0; k < dimension; k += SCL_PANEL) {
    struct tile t = {.a = tile->values,
                     .a_inner = (ptrdiff_t)tile->stride,
                     .b = along + k * tile->rows,
                     .b_inner = SCL_PANEL,
                     .outer = 1,
                     .inner = tile->rows,
                     .c = gradient + k,
                     .c_row = (ptrdiff_t)dimension,
                     .columns = dimension - k < SCL_PANEL ? dimension - k : SCL_PANEL};
    product_columns(t, tile->columns, TILE_ADD);
  }
}

// Row i of a tile, its excluded column marked.
SCL_INLINE float *tile_row(const struct scl_similarity_tile *tile, size_t i) {
  float *row = tile->values + i * tile->stride;
  ptrdiff_t column = (ptrdiff_t)i + tile->excluded;
  if (column >= 0 && column < (ptrdiff_t)tile->columns)
    row[column] = SCL_EXCLUDED;
  return row;
}

static void SCL_VARIANT(contrastive_exp_sums)(const struct scl_similarity_tile *tile, float inverse_t,
                                              float *row_sums, float *column_sums) {
  for (size_t i = 0; i < tile->rows; i++) {
    const float *row = tile_row(tile, i);
    vfloat sum = {};
#define CALL(j, n)                                                                                          \
  {                                                                                                         \
    vfloat e = first_n(v_exp((load_n(row + (j), n) - 1.f) * inverse_t), n);                                 \
    sum += e;                                                                                               \
    if (column_sums)                                                                                        \
      store_n(column_sums + (j), load_n(column_sums + (j), n) + e, n);                                      \
  }
    SCL_FOR_RUNS(tile->columns, CALL);
#undef CALL
    row_sums[i] += sum_of(sum);
  }
}

static void SCL_VARIANT(contrastive_exp_weights)(const struct scl_similarity_tile *tile, float inverse_t,
                                                 const float *row_factors, const float *column_factors) {
  for (size_t i = 0; i < tile->rows; i++) {
    float *row = tile_row(tile, i);
    const vfloat own = v_set(row_factors ? row_factors[i] : 0.f);
#define CALL(j, n)                                                                                          \
  {                                                                                                         \
    vfloat e = v_exp((load_n(row + (j), n) - 1.f) * inverse_t);                                             \
    vfloat factor = column_factors ? own + load_n(column_factors + (j), n) : own;                           \
    store_n(row + (j), e * factor, n);                                                                      \
  }
    SCL_FOR_RUNS(tile->columns, CALL);
#undef CALL
  }
}

static void SCL_VARIANT(contrastive_running_sums)(const struct scl_similarity_tile *tile, float inverse_t,
                                                  float *row_maxima, float *row_sums, float *column_maxima,
                                                  float *column_sums) {
  // The sums so far, multiplied down to the maxima with this tile.
  if (column_maxima) {
#define CALL(j, n)                                                                                          \
  {                                                                                                         \
    vfloat before = load_n(column_maxima + (j), n), largest = before;                                       \
    for (size_t i = 0; i < tile->rows; i++) {                                                               \
      vfloat s = load_n(tile_row(tile, i) + (j), n);                                                        \
      largest = v_select(s > largest, s, largest);                                                          \
    }                                                                                                       \
    store_n(column_sums + (j), load_n(column_sums + (j), n) * v_exp((before - largest) * inverse_t), n);    \
    store_n(column_maxima + (j), largest, n);                                                               \
  }
    SCL_FOR_RUNS(tile->columns, CALL);
#undef CALL
  }
  for (size_t i = 0; i < tile->rows; i++) {
    const float *row = tile_row(tile, i);
    float largest = row_maxima[i];
    for (size_t j = 0; j < tile->columns; j++)
      largest = row[j] > largest ? row[j] : largest;
    const vfloat ratio = v_exp(v_set((row_maxima[i] - largest) * inverse_t));
    vfloat sum = {};
#define CALL(j, n)                                                                                          \
  {                                                                                                         \
    vfloat s = load_n(row + (j), n);                                                                        \
    sum += first_n(v_exp((s - largest) * inverse_t), n);                                                    \
    if (column_maxima) {                                                                                    \
      vfloat e = v_exp((s - load_n(column_maxima + (j), n)) * inverse_t);                                   \
      store_n(column_sums + (j), load_n(column_sums + (j), n) + e, n);                                      \
    }                                                                                                       \
  }
    SCL_FOR_RUNS(tile->columns, CALL);
#undef CALL
    row_sums[i] = row_sums[i] * ratio[0] + sum_of(sum);
    row_maxima[i] = largest;
  }
}

static void SCL_VARIANT(contrastive_log_weights)(const struct scl_similarity_tile *tile, float inverse_t,
                                                 const float *row_factors, const float *row_logs,
                                                 const float *column_factors, const float *column_logs) {
  for (size_t i = 0; i < tile->rows; i++) {
    float *row = tile_row(tile, i);
    const vfloat own = v_set(row_factors ? row_factors[i] : 0.f), log = v_set(row_factors ? row_logs[i] : 0.f);
#define CALL(j, n)                                                                                          \
  {                                                                                                         \
    vfloat s = load_n(row + (j), n) * inverse_t;                                                            \
    vfloat w = v_select(own != 0.f, own * v_exp(s - log), (vfloat){});                                      \
    if (column_factors) {                                                                                   \
      vfloat back = load_n(column_factors + (j), n);                                                        \
      w += v_select(back != 0.f, back * v_exp(s - load_n(column_logs + (j), n)), (vfloat){});               \
    }                                                                                                       \
    store_n(row + (j), w, n);                                                                               \
  }
    SCL_FOR_RUNS(tile->columns, CALL);
#undef CALL
  }
}

static float SCL_VARIANT(contrastive_dot)(const float *a, const float *b, size_t count) {
  vfloat s0 = {}, s1 = {}, s2 = {}, s3 = {};
  size_t i = 0;
  for (; i + 4 * SCL_WIDTH <= count; i += 4 * SCL_WIDTH) {
    s0 += v_load(a + i) * v_load(b + i);
    s1 += v_load(a + i + SCL_WIDTH) * v_load(b + i + SCL_WIDTH);
    s2 += v_load(a + i + 2 * SCL_WIDTH) * v_load(b + i + 2 * SCL_WIDTH);
    s3 += v_load(a + i + 3 * SCL_WIDTH) * v_load(b + i + 3 * SCL_WIDTH);
  }
  for (; i < count; i += SCL_WIDTH) {
    size_t n = count - i < SCL_WIDTH ? count - i : SCL_WIDTH;
    s0 += load_n(a + i, n) * load_n(b + i, n);
  }
  return sum_of((s0 + s1) + (s2 + s3));
}

static void SCL_VARIANT(contrastive_add)(float *target, const float *source, float factor, size_t count) {
#define CALL(i, n) store_n(target + (i), load_n(target + (i), n) + load_n(source + (i), n) * factor, n)
  SCL_FOR_RUNS(count, CALL);
#undef CALL
}

static void SCL_VARIANT(contrastive_scale_and_subtract)(float *target, float scale, const float *source,
                                                        float factor, size_t count) {
#define CALL(i, n)                                                                                          \
  store_n(target + (i), load_n(target + (i), n) * scale - load_n(source + (i), n) * factor, n)
  SCL_FOR_RUNS(count, CALL);
#undef CALL
}

const struct scl_contrastive_kernels SCL_VARIANT(scl_contrastive) = {
    SCL_PANEL,
    SCL_VARIANT(contrastive_pack),
    SCL_VARIANT(contrastive_similarities),
    SCL_VARIANT(contrastive_exp_sums),
    SCL_VARIANT(contrastive_exp_weights),
    SCL_VARIANT(contrastive_running_sums),
    SCL_VARIANT(contrastive_log_weights),
    SCL_VARIANT(contrastive_add_product),
    SCL_VARIANT(contrastive_add_transposed_product),
    SCL_VARIANT(contrastive_dot),
    SCL_VARIANT(contrastive_add),
    SCL_VARIANT(contrastive_scale_and_subtract),
};
