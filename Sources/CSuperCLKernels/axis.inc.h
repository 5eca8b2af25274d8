// Linear maps and recursive filters along one axis: panels of rows whose columns are independent of one another, so that
// a vector is some columns of one row.
#pragma once
#include "transpose.h"
#include "vector_runs.h"

// MARK: Maps with few weights a row

/// Columns first...first + SCL_WIDTH * blocks (or `last` of them where that is not 0) of one row of the result.
#define SCL_MAP_COLUMNS(blocks, LOAD, STORE)                                                                \
  do {                                                                                                      \
    vfloat sums[blocks];                                                                                    \
    _Pragma("clang loop unroll(full)") for (size_t b = 0; b < blocks; b++) sums[b] = v_set(constant);       \
    for (int64_t t = begin; t < end; t++) {                                                                 \
      const float *row = x + (size_t)map->columns[t] * stride + column;                                     \
      vfloat weight = v_set(map->weights[t]);                                                               \
      _Pragma("clang loop unroll(full)") for (size_t b = 0; b < blocks; b++) sums[b] +=                     \
          weight * LOAD(row + b * SCL_WIDTH);                                                               \
    }                                                                                                       \
    _Pragma("clang loop unroll(full)") for (size_t b = 0; b < blocks; b++)                                  \
        STORE(to + column + b * SCL_WIDTH, sums[b]);                                                        \
  } while (0)

static void SCL_VARIANT(axis_map)(const struct scl_axis_map *map, const float *x, size_t stride, size_t columns,
                                  size_t first, size_t last, float *y) {
  for (size_t i = first; i < last; i++) {
    int64_t begin = map->starts[i], end = map->starts[i + 1];
    float constant = map->constants ? map->constants[i] : 0;
    float *to = y + (i - first) * stride;
    size_t column = 0;
    for (; column + 8 * SCL_WIDTH <= columns; column += 8 * SCL_WIDTH)
      SCL_MAP_COLUMNS(8, v_load, v_store);
    for (; column + SCL_WIDTH <= columns; column += SCL_WIDTH)
      SCL_MAP_COLUMNS(1, v_load, v_store);
    size_t rest = columns - column;
#define LOAD(p) v_load_partial(p, rest)
#define STORE(p, v) v_store_partial(p, v, rest)
    if (rest > 0)
      SCL_MAP_COLUMNS(1, LOAD, STORE);
#undef LOAD
#undef STORE
  }
}

// MARK: Recursive Gaussian

/// `n` columns, at most SCL_WIDTH, in each of `blocks` vectors.
SCL_INLINE void SCL_VARIANT(smooth_columns)(const struct scl_recursive_gaussian *f, const float *x, size_t rows,
                                            size_t stride, size_t blocks, size_t n, float *y) {
  // Per section: the last input, and the last two outputs.
  vfloat before[2] = {}, out[2][2][2] = {};
  for (size_t i = 0; i < rows; i++)
    _Pragma("clang loop unroll(full)") for (size_t b = 0; b < blocks; b++) {
      vfloat input = load_n(x + i * stride + b * SCL_WIDTH, n), sum = {};
      _Pragma("clang loop unroll(full)") for (size_t s = 0; s < 2; s++) {
        vfloat value = f->forward[s][0] * input + f->forward[s][1] * before[b] - f->poles[s][1] * out[s][1][b] -
                       f->poles[s][0] * out[s][0][b];
        out[s][1][b] = out[s][0][b];
        out[s][0][b] = value;
        sum += value;
      }
      before[b] = input;
      store_n(y + i * stride + b * SCL_WIDTH, sum, n);
    }
  vfloat behind[2][2] = {}, back[2][2][2] = {};
  for (size_t i = rows; i-- > 0;)
    _Pragma("clang loop unroll(full)") for (size_t b = 0; b < blocks; b++) {
      vfloat sum = load_n(y + i * stride + b * SCL_WIDTH, n);
      _Pragma("clang loop unroll(full)") for (size_t s = 0; s < 2; s++) {
        vfloat value = f->backward[s][0] * behind[0][b] + f->backward[s][1] * behind[1][b] -
                       f->poles[s][1] * back[s][1][b] - f->poles[s][0] * back[s][0][b];
        back[s][1][b] = back[s][0][b];
        back[s][0][b] = value;
        sum += value;
      }
      behind[1][b] = behind[0][b];
      behind[0][b] = load_n(x + i * stride + b * SCL_WIDTH, n);
      store_n(y + i * stride + b * SCL_WIDTH, sum, n);
    }
}

static void SCL_VARIANT(recursive_gaussian)(const struct scl_recursive_gaussian *filter, const float *x,
                                            size_t rows, size_t stride, size_t columns, float *y) {
  size_t column = 0;
  for (; column + 2 * SCL_WIDTH <= columns; column += 2 * SCL_WIDTH)
    SCL_VARIANT(smooth_columns)(filter, x + column, rows, stride, 2, SCL_WIDTH, y + column);
  if (column + SCL_WIDTH <= columns) {
    SCL_VARIANT(smooth_columns)(filter, x + column, rows, stride, 1, SCL_WIDTH, y + column);
    column += SCL_WIDTH;
  }
  if (column < columns)
    SCL_VARIANT(smooth_columns)(filter, x + column, rows, stride, 1, columns - column, y + column);
}

// MARK: Transposing

static void SCL_VARIANT(transpose)(const float *x, size_t rows, size_t columns, size_t x_stride, float *y,
                                   size_t y_stride) {
  for (size_t r = 0; r < rows; r += SCL_WIDTH)
    for (size_t c = 0; c < columns; c += SCL_WIDTH) {
      size_t height = rows - r < SCL_WIDTH ? rows - r : SCL_WIDTH;
      size_t width = columns - c < SCL_WIDTH ? columns - c : SCL_WIDTH;
      vfloat square[SCL_WIDTH];
      load_square(x + r * x_stride + c, (ptrdiff_t)x_stride, 1, height, width, square);
      transpose_square(square);
      for (size_t i = 0; i < width; i++)
        v_store_first(y + (c + i) * y_stride + r, square[i], height);
    }
}
