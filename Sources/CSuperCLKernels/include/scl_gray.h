#pragma once
#include <stddef.h>

/// How values become gray levels 0...255.
struct scl_gray_levels {
  /// low...high becomes 0...255 first where `scales` is set: 255 (x - low) / (high - low), 255 exactly at `high`.
  int scales;
  float low, high;
  /// Whether levels are cut off to the one below, in place of rounded to the nearest.
  int truncates;
  /// The factor of the second step.
  float brightness;
};

struct scl_gray_kernels {
  /// The least and the largest of count >= 1 values; NaN where one is NaN.
  void (*range)(const float *x, size_t count, float *low, float *high);
  /// y = x as levels, then levels times the brightness as levels; returns their sum.
  double (*levels)(const struct scl_gray_levels *levels, const float *x, size_t count, float *y);
  /// x = mean + factor (x - mean) as levels.
  void (*contrast)(float *x, size_t count, float mean, float factor, int truncates);
  /// y [rows, columns, channels] = x under the weights (side, center, side) along both axes, mirrored about the outermost
  /// pixels; rounded to even where `rounds` is set. `line` has room for one row.
  void (*blur)(const float *x, size_t rows, size_t columns, size_t channels, float center, float side, int rounds,
               float *line, float *y);
  /// y = bound (x - low) / (high - low), exactly `bound` at `high`; 0 where the two are equal.
  void (*rescale)(const float *x, size_t count, float low, float high, float bound, float *y);
};

const struct scl_gray_kernels *scl_gray(void);
