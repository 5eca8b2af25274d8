#pragma once
#include <stddef.h>
#include <stdint.h>

/// A run of windows (or pixels) with `count` neighbours each: neighbour k of window i begins at
/// offsets[k] + i * step floats, and has the number ids[k] within its window. With `streams` set, `scatter` writes
/// past the caches.
struct scl_pooling_run {
  size_t windows, channels, count;
  ptrdiff_t step;
  const ptrdiff_t *offsets;
  const uint8_t *ids;
  int streams;
};

struct scl_pooling_kernels {
  /// y = the largest neighbour, channel by channel (NaN counts as largest), and its number in `selection`,
  /// which may be null. Windows of y and selection follow one another without gaps.
  void (*maximum)(const float *x, const struct scl_pooling_run *run, float *y, uint8_t *selection);
  /// Windows that do not overlap: every neighbour in dx becomes dy where it was selected, else 0.
  void (*scatter)(const float *dy, const uint8_t *selection, const struct scl_pooling_run *run, float *dx);
  /// Windows that overlap: dx of each pixel = sum over the windows k that cover it (offsets into dy) of dy
  /// where the selection is ids[k].
  void (*gather)(const float *dy, const uint8_t *selection, const struct scl_pooling_run *run, float *dx);
  /// y = sum over k of weights[k] times neighbour k.
  void (*weighted_sum)(const float *x, const struct scl_pooling_run *run, const float *weights, float *y);
};

const struct scl_pooling_kernels *scl_pooling(void);
