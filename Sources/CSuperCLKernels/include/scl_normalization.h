#pragma once
#include <stddef.h>

/// Rows of `channels` floats, `rows` of them without gaps, and what a normalisation knows of each channel:
/// mean, inverse (one over the standard deviation), scale (inverse times weight) and bias; `slope` of the
/// leaky ReLU behind it. With `streams` set, results too large for the caches are written past them.
struct scl_normalized_rows {
  size_t rows, channels;
  const float *mean, *inverse, *scale, *bias;
  float slope;
  int streams;
};

struct scl_normalization_kernels {
  /// Mean of each channel, and the sum of squared deviations from it. `mean` and `squares` are outputs;
  /// `work` holds 2 * channels floats.
  void (*moments)(const float *x, size_t rows, size_t channels, float *mean, float *squares, float *work);
  /// y = f((x - mean) scale + bias), f the leaky ReLU.
  void (*normalize)(const float *x, const struct scl_normalized_rows *shape, float *y);
  /// With g = dy f'(.) and x^ = (x - mean) inverse: sum_g = sum over rows of g, sum_gx of g x^.
  void (*gradient_sums)(const float *dy, const float *x, const struct scl_normalized_rows *shape,
                        float *sum_g, float *sum_gx);
  /// dx = g scale - constant - (x - mean) factor, with two further numbers a channel.
  void (*input_gradient)(const float *dy, const float *x, const struct scl_normalized_rows *shape,
                         const float *constant, const float *factor, float *dx);

  /// Each row by itself (layer norm): its mean and mean square deviation.
  void (*row_moments)(const float *x, size_t rows, size_t channels, float *mean, float *variance);
  /// y = (x - mean[row]) inverse[row] weight + bias.
  void (*row_normalize)(const float *x, const struct scl_normalized_rows *shape, const float *weight, float *y);
  /// dx = inverse (g weight - mean(g weight) - x^ mean(g weight x^)) of each row, and sum_g += g,
  /// sum_gx += g x^.
  void (*row_gradient)(const float *dy, const float *x, const struct scl_normalized_rows *shape,
                       const float *weight, float *dx, float *sum_g, float *sum_gx);
};

const struct scl_normalization_kernels *scl_normalization(void);
