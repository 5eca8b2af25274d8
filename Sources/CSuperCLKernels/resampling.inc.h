// Resampling, smoothing and views; see include/scl_resampling.h.
#include "include/scl_resampling.h"
#include "axis.inc.h"
#include "sampling.inc.h"

const struct scl_resampling_kernels SCL_VARIANT(scl_resampling) = {
    .axis_map = SCL_VARIANT(axis_map),
    .recursive_gaussian = SCL_VARIANT(recursive_gaussian),
    .transpose = SCL_VARIANT(transpose),
    .positions = SCL_VARIANT(positions),
    .cubic_spline = SCL_VARIANT(cubic_spline),
    .linear = SCL_VARIANT(linear),
    .nearest = SCL_VARIANT(nearest),
    .noise = SCL_VARIANT(noise),
};
