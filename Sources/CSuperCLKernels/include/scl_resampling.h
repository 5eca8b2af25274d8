#pragma once
#include <stddef.h>
#include <stdint.h>

/// A map along one axis: row i of the result is constants[i] (0 where null) plus the sum over t in starts[i]...starts[i + 1]
/// of weights[t] times row columns[t] of the input.
struct scl_axis_map {
  const int64_t *starts, *columns;
  const float *weights, *constants;
};

/// A Gaussian as the sum of two damped waves to each side (Deriche): section s has, forward, the numerator
/// forward[s][0] + forward[s][1] z^-1, backward, backward[s][0] z + backward[s][1] z^2, both over
/// 1 + poles[s][0] z^-1 + poles[s][1] z^-2 (z for the backward side).
struct scl_recursive_gaussian {
  float forward[2][2], backward[2][2], poles[2][2];
};

/// Images [lengths..., channels] that are read between their pixels, with one or two axes treated as volumes whose first
/// lengths are 1. `margin` is added to every position.
struct scl_sampling {
  size_t lengths[3], channels, rank;
  float margin;
  /// What stands outside the image, where that is one value: samples that lie wholly outside are left otherwise.
  float constant;
  int has_constant;
};

/// Where pixels of a view are read: matrix (p + displacement) + offset, by rows of the matrix.
struct scl_affine {
  double matrix[3][3], offset[3];
};

struct scl_resampling_kernels {
  /// Rows first...last of the map on a panel x [input rows, columns], into y [last - first, columns]; both panels have
  /// `stride` floats from row to row.
  void (*axis_map)(const struct scl_axis_map *map, const float *x, size_t stride, size_t columns, size_t first,
                   size_t last, float *y);
  /// y = x smoothed along the rows of a panel [rows, columns]; zeros stand outside.
  void (*recursive_gaussian)(const struct scl_recursive_gaussian *filter, const float *x, size_t rows,
                             size_t stride, size_t columns, float *y);
  /// y [columns, rows] = x [rows, columns] transposed.
  void (*transpose)(const float *x, size_t rows, size_t columns, size_t x_stride, float *y, size_t y_stride);
  /// Positions [count, rank] of the pixels first...first + count of a view with these lengths (as many as the rank).
  /// `displacement` [all pixels, rank] may be null.
  void (*positions)(const struct scl_affine *map, const size_t *lengths, size_t rank, const float *displacement,
                    size_t first, size_t count, float *y);
  /// y [count, channels] = the spline with the coefficients x at positions [count, rank], rank 2 or 3. Returns how many
  /// samples were left out, whose numbers are in `left` [count]: those that reach over the border, that are not finite,
  /// or whose value is not.
  size_t (*cubic_spline)(const struct scl_sampling *sampling, const float *x, const float *positions, size_t count,
                         float *y, uint32_t *left);
  /// The same for multilinear interpolation.
  size_t (*linear)(const struct scl_sampling *sampling, const float *x, const float *positions, size_t count,
                   float *y, uint32_t *left);
  /// y [count] = the labels nearest to positions [count, rank], halves rounded up; `outside` where there is none.
  void (*nearest)(const struct scl_sampling *sampling, const int32_t *x, const float *positions, size_t count,
                  int32_t outside, int32_t *y);
  /// y = magnitude (2 u - 1), u the upper 53 bits of the 64-bit numbers of a Philox stream from an even position on.
  void (*noise)(uint64_t seed, uint32_t stream, uint32_t index, uint64_t position, double magnitude, size_t count,
                float *y);
};

const struct scl_resampling_kernels *scl_resampling(void);
