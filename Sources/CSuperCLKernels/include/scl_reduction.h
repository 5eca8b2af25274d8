#pragma once
#include <stddef.h>

/// Associative functions that a reduction folds by.
enum scl_fold_function {
  SCL_FOLD_ADD,
  SCL_FOLD_MAXIMUM, // NaN where any is
  SCL_FOLD_MINIMUM,
};

struct scl_reduction_kernels {
  /// The fold of n >= 1 floats. Sums run in 64 chains over blocks of 2,048 that are joined pairwise; the
  /// order, and so the bits, are the same in every variant.
  float (*row)(int function, size_t n, const float *x);
  /// out[c] = the fold of the column c of `[rows, columns]`, for rows >= 1, in the order of the rows within
  /// 16 chains when there are fewer than 16 columns, else in the order of the rows.
  void (*columns)(int function, size_t rows, size_t columns, const float *x, float *out);
};

/// The kernels of the variant in use.
const struct scl_reduction_kernels *scl_reduction(void);
