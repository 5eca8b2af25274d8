// Normalisation by row: every row has its own mean and deviation (layer norm).
#include "include/scl_normalization.h"
#include "vector_runs.h"

static void SCL_VARIANT(norm_row_moments)(const float *x, size_t rows, size_t channels, float *mean,
                                          float *variance) {
  for (size_t r = 0; r < rows; r++) {
    const float *p = x + r * channels;
    vfloat origin = v_set(channels ? p[0] : 0.f), sum = {}, squares = {};
#define BODY(c, n)                                                                                          \
  {                                                                                                         \
    vfloat d = load_n(p + (c), n) - origin;                                                                 \
    sum += first_n(d, n);                                                                                   \
  }
    SCL_FOR_RUNS(channels, BODY);
#undef BODY
    float center = origin[0] + sum_of(sum) / (float)channels;
#define BODY(c, n)                                                                                          \
  {                                                                                                         \
    vfloat d = load_n(p + (c), n) - center;                                                                 \
    d = first_n(d, n);                                                                                      \
    squares += d * d;                                                                                       \
  }
    SCL_FOR_RUNS(channels, BODY);
#undef BODY
    mean[r] = center;
    variance[r] = sum_of(squares) / (float)channels;
  }
}

static void SCL_VARIANT(norm_row_normalize)(const float *x, const struct scl_normalized_rows *shape,
                                            const float *weight, float *y) {
  const size_t channels = shape->channels;
  for (size_t r = 0; r < shape->rows; r++) {
    const float *p = x + r * channels;
    float *q = y + r * channels;
    const vfloat m = v_set(shape->mean[r]), i = v_set(shape->inverse[r]);
#define BODY(c, n)                                                                                          \
  store_n(q + (c),                                                                                          \
          (load_n(p + (c), n) - m) * i * load_n(weight + (c), n) +                                          \
              load_n(shape->bias + (c), n),                                                                 \
          n)
    SCL_FOR_RUNS(channels, BODY);
#undef BODY
  }
}

static void SCL_VARIANT(norm_row_gradient)(const float *dy, const float *x,
                                           const struct scl_normalized_rows *shape, const float *weight,
                                           float *dx, float *sum_g, float *sum_gx) {
  const size_t channels = shape->channels;
  const float count = 1.f / (float)channels;
  for (size_t r = 0; r < shape->rows; r++) {
    const float *p = x + r * channels, *g = dy + r * channels;
    float *o = dx + r * channels;
    const vfloat m = v_set(shape->mean[r]), i = v_set(shape->inverse[r]);
    vfloat sum = {}, product = {};
#define BODY(c, n)                                                                                          \
  {                                                                                                         \
    vfloat d = (load_n(p + (c), n) - m) * i, v = load_n(g + (c), n);                                        \
    vfloat h = v * load_n(weight + (c), n);                                                                 \
    sum += h;                                                                                               \
    product += h * d;                                                                                       \
    store_n(sum_g + (c), load_n(sum_g + (c), n) + v, n);                                                    \
    store_n(sum_gx + (c), load_n(sum_gx + (c), n) + v * d, n);                                              \
  }
    SCL_FOR_RUNS(channels, BODY);
#undef BODY
    const vfloat a = v_set(sum_of(sum) * count), b = v_set(sum_of(product) * count);
#define BODY(c, n)                                                                                          \
  {                                                                                                         \
    vfloat d = (load_n(p + (c), n) - m) * i;                                                                \
    vfloat h = load_n(g + (c), n) * load_n(weight + (c), n);                                                \
    store_n(o + (c), (h - a - d * b) * i, n);                                                               \
  }
    SCL_FOR_RUNS(channels, BODY);
#undef BODY
  }
}
