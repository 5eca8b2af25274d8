// Normalisation with a leaky ReLU by channel: batch, instance and group norm.
#include "include/scl_normalization.h"
#include "normalization_rows.inc.h"
#include "vector_runs.h"

// Rows taken together, so that what is known of a channel is loaded once for them.
#define SCL_NORM_ROWS 4
// Whether results go past the caches: wanted, and every row begins at a multiple of a vector's size.
SCL_INLINE int can_stream(const struct scl_normalized_rows *shape, const float *out) {
  return shape->streams && shape->channels % SCL_WIDTH == 0 && (uintptr_t)out % (4 * SCL_WIDTH) == 0;
}

SCL_INLINE void store_out(float *p, vfloat v, size_t n, const int streams) {
  if (streams)
    v_stream(p, v);
  else
    store_n(p, v, n);
}

// v >= 0 ? v : slope v; without a product where the slope is 0, so that ReLU(-infinity) is 0.
SCL_INLINE vfloat leaky(vfloat v, vfloat slope, int is_relu) {
  return v_select(v < 0.f, is_relu ? (vfloat){} : slope * v, v);
}

// Rows whose sums are kept in registers before they are added to the rest.
#define SCL_NORM_BLOCK 64

// Sums of d = x - origin and of d^2 over the rows of a block, for `vectors` vectors of channels (the last one
// of `n` floats).
SCL_INLINE void block_sums(const float *x, size_t rows, size_t channels, const float *origin, float *sums,
                           float *squares, const int vectors, size_t n) {
  vfloat o[4], sum[4] = {}, square[4] = {};
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++)
    o[v] = load_n(origin + v * SCL_WIDTH, v == vectors - 1 ? n : SCL_WIDTH);
  for (size_t r = 0; r < rows; r++, x += channels) {
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      vfloat d = load_n(x + v * SCL_WIDTH, v == vectors - 1 ? n : SCL_WIDTH) - o[v];
      sum[v] += d;
      square[v] += d * d;
    }
  }
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    store_n(sums + v * SCL_WIDTH, sum[v], v == vectors - 1 ? n : SCL_WIDTH);
    store_n(squares + v * SCL_WIDTH, square[v], v == vectors - 1 ? n : SCL_WIDTH);
  }
}

// One pass: deviations are taken from the mean of the rows before (at first from the first row), which
// keeps the difference of squares accurate, and exact for a constant channel.
static void SCL_VARIANT(norm_moments)(const float *x, size_t rows, size_t channels, float *mean,
                                      float *squares, float *work) {
  float *sum = work, *square = work + channels;
  memcpy(mean, x, channels * sizeof(float));
  memset(squares, 0, channels * sizeof(float));
  for (size_t first = 0; first < rows; first += SCL_NORM_BLOCK) {
    const float *p = x + first * channels;
    const size_t count = rows - first < SCL_NORM_BLOCK ? rows - first : SCL_NORM_BLOCK;
    size_t c = 0;
    for (; c + 4 * SCL_WIDTH <= channels; c += 4 * SCL_WIDTH)
      block_sums(p + c, count, channels, mean + c, sum + c, square + c, 4, SCL_WIDTH);
    for (; c + 2 * SCL_WIDTH <= channels; c += 2 * SCL_WIDTH)
      block_sums(p + c, count, channels, mean + c, sum + c, square + c, 2, SCL_WIDTH);
    for (; c + SCL_WIDTH <= channels; c += SCL_WIDTH)
      block_sums(p + c, count, channels, mean + c, sum + c, square + c, 1, SCL_WIDTH);
    if (c < channels)
      block_sums(p + c, count, channels, mean + c, sum + c, square + c, 1, channels - c);
    // The block's own mean is mean + shift, its squares around that are square - count shift^2.
    const float inverse = 1.f / (float)count, share = (float)count / (float)(first + count);
    const float weight = (float)first * share;
    for (size_t i = 0; i < channels; i++) {
      float shift = sum[i] * inverse, own = square[i] - sum[i] * shift;
      squares[i] += (own > 0.f || own != own ? own : 0.f) + shift * shift * weight;
      mean[i] += shift * share;
    }
  }
}

SCL_INLINE void normalize(const float *x, const struct scl_normalized_rows *shape, float *y, const int is_relu,
                          const int streams) {
  const size_t channels = shape->channels;
  const vfloat slope = v_set(shape->slope);
  size_t r = 0;
  for (; r + SCL_NORM_ROWS <= shape->rows; r += SCL_NORM_ROWS) {
    const float *p = x + r * channels;
    float *q = y + r * channels;
#define BODY(c, n)                                                                                          \
  {                                                                                                         \
    vfloat m = load_n(shape->mean + (c), n), s = load_n(shape->scale + (c), n);                             \
    vfloat b = load_n(shape->bias + (c), n);                                                                \
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < SCL_NORM_ROWS; i++)                           \
        store_out(q + i * channels + (c),                                                                   \
                leaky((load_n(p + i * channels + (c), n) - m) * s + b, slope, is_relu), n, streams);        \
  }
    SCL_FOR_RUNS(channels, BODY);
#undef BODY
  }
  for (; r < shape->rows; r++) {
    const float *p = x + r * channels;
    float *q = y + r * channels;
#define BODY(c, n)                                                                                          \
  {                                                                                                         \
    vfloat m = load_n(shape->mean + (c), n), s = load_n(shape->scale + (c), n);                             \
    vfloat b = load_n(shape->bias + (c), n);                                                                \
    store_out(q + (c), leaky((load_n(p + (c), n) - m) * s + b, slope, is_relu), n, streams);                \
  }
    SCL_FOR_RUNS(channels, BODY);
#undef BODY
  }
}

static void SCL_VARIANT(norm_normalize)(const float *x, const struct scl_normalized_rows *shape, float *y) {
  const int streams = can_stream(shape, y);
  if (shape->slope == 0.f && streams)
    normalize(x, shape, y, 1, 1);
  else if (shape->slope == 0.f)
    normalize(x, shape, y, 1, 0);
  else if (streams)
    normalize(x, shape, y, 0, 1);
  else
    normalize(x, shape, y, 0, 0);
  if (streams)
    stream_fence();
}

// dy f'(v): dy where v > 0, else slope dy.
SCL_INLINE vfloat through(vfloat dy, vfloat v, vfloat slope) { return v_select(v > 0.f, dy, slope * dy); }

// Vectors of channels whose sums fit the registers together.
#if SCL_WIDTH == 16
#define SCL_NORM_GROUP 4
#else
#define SCL_NORM_GROUP 2
#endif

// Sums of g and of g (x - mean) over the rows of a block, for `vectors` vectors of channels (the last one of
// `n` floats), added to what the sums hold.
SCL_INLINE void block_gradient_sums(const float *dy, const float *x, size_t rows, size_t c,
                                    const struct scl_normalized_rows *shape, float *sum_g, float *sum_gx,
                                    const int vectors, size_t n) {
  const size_t channels = shape->channels;
  const vfloat slope = v_set(shape->slope);
  vfloat m[SCL_NORM_GROUP], s[SCL_NORM_GROUP], b[SCL_NORM_GROUP], g[SCL_NORM_GROUP] = {};
  vfloat gx[SCL_NORM_GROUP] = {};
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    m[v] = load_n(shape->mean + c + v * SCL_WIDTH, n);
    s[v] = load_n(shape->scale + c + v * SCL_WIDTH, n);
    b[v] = load_n(shape->bias + c + v * SCL_WIDTH, n);
  }
  x += c;
  dy += c;
  for (size_t r = 0; r < rows; r++, x += channels, dy += channels) {
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      vfloat d = load_n(x + v * SCL_WIDTH, n) - m[v];
      vfloat gradient = through(load_n(dy + v * SCL_WIDTH, n), d * s[v] + b[v], slope);
      g[v] += gradient;
      gx[v] += gradient * d;
    }
  }
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    size_t first = c + v * SCL_WIDTH;
    store_n(sum_g + first, load_n(sum_g + first, n) + g[v], n);
    store_n(sum_gx + first, load_n(sum_gx + first, n) + gx[v] * load_n(shape->inverse + first, n), n);
  }
}

static void SCL_VARIANT(norm_gradient_sums)(const float *dy, const float *x,
                                            const struct scl_normalized_rows *shape, float *sum_g,
                                            float *sum_gx) {
  const size_t channels = shape->channels;
  memset(sum_g, 0, channels * sizeof(float));
  memset(sum_gx, 0, channels * sizeof(float));
  for (size_t first = 0; first < shape->rows; first += SCL_NORM_BLOCK) {
    const size_t count = shape->rows - first < SCL_NORM_BLOCK ? shape->rows - first : SCL_NORM_BLOCK;
    const float *p = x + first * channels, *g = dy + first * channels;
    size_t c = 0;
    for (; c + SCL_NORM_GROUP * SCL_WIDTH <= channels; c += SCL_NORM_GROUP * SCL_WIDTH)
      block_gradient_sums(g, p, count, c, shape, sum_g, sum_gx, SCL_NORM_GROUP, SCL_WIDTH);
    for (; c + 2 * SCL_WIDTH <= channels; c += 2 * SCL_WIDTH)
      block_gradient_sums(g, p, count, c, shape, sum_g, sum_gx, 2, SCL_WIDTH);
    for (; c + SCL_WIDTH <= channels; c += SCL_WIDTH)
      block_gradient_sums(g, p, count, c, shape, sum_g, sum_gx, 1, SCL_WIDTH);
    if (c < channels)
      block_gradient_sums(g, p, count, c, shape, sum_g, sum_gx, 1, channels - c);
  }
}

SCL_INLINE void input_gradient(const float *dy, const float *x, const struct scl_normalized_rows *shape,
                               const float *constant, const float *factor, float *dx, const int streams) {
  const size_t channels = shape->channels;
  const vfloat slope = v_set(shape->slope);
#define ONE(i)                                                                                              \
  {                                                                                                         \
    vfloat d = load_n(p + (i) * channels + ch, n) - m;                                                      \
    vfloat g = through(load_n(q + (i) * channels + ch, n), d * s + b, slope);                               \
    store_out(o + (i) * channels + ch, g * s - k - d * f, n, streams);                                      \
  }
#define BODY(c, count)                                                                                      \
  {                                                                                                         \
    const size_t ch = (c), n = (count);                                                                     \
    vfloat m = load_n(shape->mean + ch, n), s = load_n(shape->scale + ch, n);                               \
    vfloat b = load_n(shape->bias + ch, n), k = load_n(constant + ch, n);                                   \
    vfloat f = load_n(factor + ch, n);                                                                      \
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < SCL_NORM_STEP; i++) ONE(i)                    \
  }
  size_t r = 0;
  for (; r + SCL_NORM_ROWS <= shape->rows; r += SCL_NORM_ROWS) {
    const float *p = x + r * channels, *q = dy + r * channels;
    float *o = dx + r * channels;
#define SCL_NORM_STEP SCL_NORM_ROWS
    SCL_FOR_RUNS(channels, BODY);
#undef SCL_NORM_STEP
  }
  for (; r < shape->rows; r++) {
    const float *p = x + r * channels, *q = dy + r * channels;
    float *o = dx + r * channels;
#define SCL_NORM_STEP 1
    SCL_FOR_RUNS(channels, BODY);
#undef SCL_NORM_STEP
  }
#undef BODY
#undef ONE
}

static void SCL_VARIANT(norm_input_gradient)(const float *dy, const float *x,
                                             const struct scl_normalized_rows *shape, const float *constant,
                                             const float *factor, float *dx) {
  if (can_stream(shape, dx)) {
    input_gradient(dy, x, shape, constant, factor, dx, 1);
    stream_fence();
  } else {
    input_gradient(dy, x, shape, constant, factor, dx, 0);
  }
}

const struct scl_normalization_kernels SCL_VARIANT(scl_normalization) = {
    SCL_VARIANT(norm_moments),        SCL_VARIANT(norm_normalize),     SCL_VARIANT(norm_gradient_sums),
    SCL_VARIANT(norm_input_gradient), SCL_VARIANT(norm_row_moments),   SCL_VARIANT(norm_row_normalize),
    SCL_VARIANT(norm_row_gradient),
};
