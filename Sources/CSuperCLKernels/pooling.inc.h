// Pooling over runs of windows, channel by channel.
#include "include/scl_pooling.h"
#include "vector_runs.h"

typedef uint8_t vbyte __attribute__((vector_size(SCL_WIDTH)));
typedef uint8_t vbyte_unaligned __attribute__((vector_size(SCL_WIDTH), aligned(1)));

SCL_INLINE vint load_bytes(const uint8_t *p, size_t n) {
  vbyte bytes = {};
  if (n == SCL_WIDTH)
    bytes = *(const vbyte_unaligned *)p;
  else
    memcpy(&bytes, p, n);
  return __builtin_convertvector(bytes, vint);
}
SCL_INLINE void store_bytes(uint8_t *p, vint v, size_t n) {
  vbyte bytes = __builtin_convertvector(v, vbyte);
  if (n == SCL_WIDTH)
    *(vbyte_unaligned *)p = bytes;
  else
    memcpy(p, &bytes, n);
}
SCL_INLINE vint v_set_int(int x) { return x - (vint){}; }

// `count` is a constant where the caller knows it, so that the loop over neighbours unrolls.
SCL_INLINE void maximum_of(const float *x, const struct scl_pooling_run *run, float *y, uint8_t *selection,
                           size_t c, size_t n, const size_t count) {
  const float *p = x + c;
  const size_t channels = run->channels;
  for (size_t i = 0; i < run->windows; i++, p += run->step) {
    vfloat best = load_n(p + run->offsets[0], n);
    vint chosen = v_set_int(run->ids[0]);
    for (size_t k = 1; k < count; k++) {
      vfloat value = load_n(p + run->offsets[k], n);
      vint larger = (value > best) | (value != value);
      best = v_select(larger, value, best);
      chosen = (larger & run->ids[k]) | (~larger & chosen);
    }
    store_n(y + i * channels + c, best, n);
    if (selection)
      store_bytes(selection + i * channels + c, chosen, n);
  }
}

SCL_INLINE void scatter_of(const float *dy, const uint8_t *selection, const struct scl_pooling_run *run,
                           float *dx, size_t c, size_t n, const size_t count, const int streams) {
  float *p = dx + c;
  const size_t channels = run->channels;
  for (size_t i = 0; i < run->windows; i++, p += run->step) {
    vfloat gradient = load_n(dy + i * channels + c, n);
    vint chosen = load_bytes(selection + i * channels + c, n);
    for (size_t k = 0; k < count; k++)
      if (streams)
        v_stream(p + run->offsets[k], v_select(chosen == run->ids[k], gradient, (vfloat){}));
      else
        store_n(p + run->offsets[k], v_select(chosen == run->ids[k], gradient, (vfloat){}), n);
  }
}

static void SCL_VARIANT(pooling_maximum)(const float *x, const struct scl_pooling_run *run, float *y,
                                         uint8_t *selection) {
#define FOUR(c, n) maximum_of(x, run, y, selection, c, n, 4)
#define EIGHT(c, n) maximum_of(x, run, y, selection, c, n, 8)
#define ANY(c, n) maximum_of(x, run, y, selection, c, n, run->count)
  if (run->count == 4)
    SCL_FOR_RUNS(run->channels, FOUR);
  else if (run->count == 8)
    SCL_FOR_RUNS(run->channels, EIGHT);
  else
    SCL_FOR_RUNS(run->channels, ANY);
#undef FOUR
#undef EIGHT
#undef ANY
}

static void SCL_VARIANT(pooling_scatter)(const float *dy, const uint8_t *selection,
                                         const struct scl_pooling_run *run, float *dx) {
#define STREAMED(c, n) scatter_of(dy, selection, run, dx, c, n, run->count, 1)
#define FOUR(c, n) scatter_of(dy, selection, run, dx, c, n, 4, 0)
#define EIGHT(c, n) scatter_of(dy, selection, run, dx, c, n, 8, 0)
#define ANY(c, n) scatter_of(dy, selection, run, dx, c, n, run->count, 0)
  // All neighbours lie a multiple of the channels apart.
  if (run->streams && run->channels % SCL_WIDTH == 0 && (uintptr_t)dx % (4 * SCL_WIDTH) == 0) {
    SCL_FOR_RUNS(run->channels, STREAMED);
    stream_fence();
    return;
  }
  if (run->count == 4)
    SCL_FOR_RUNS(run->channels, FOUR);
  else if (run->count == 8)
    SCL_FOR_RUNS(run->channels, EIGHT);
  else
    SCL_FOR_RUNS(run->channels, ANY);
#undef STREAMED
#undef FOUR
#undef EIGHT
#undef ANY
}

static void SCL_VARIANT(pooling_gather)(const float *dy, const uint8_t *selection,
                                        const struct scl_pooling_run *run, float *dx) {
#define CALL(c, n)                                                                                          \
  for (size_t i = 0; i < run->windows; i++) {                                                               \
    vfloat sum = {};                                                                                        \
    for (size_t k = 0; k < run->count; k++) {                                                               \
      ptrdiff_t place = run->offsets[k] + (ptrdiff_t)i * run->step + (ptrdiff_t)(c);                        \
      vint mask = load_bytes(selection + place, n) == run->ids[k];                                          \
      sum += v_select(mask, load_n(dy + place, n), (vfloat){});                                             \
    }                                                                                                       \
    store_n(dx + i * run->channels + (c), sum, n);                                                          \
  }
  SCL_FOR_RUNS(run->channels, CALL);
#undef CALL
}

static void SCL_VARIANT(pooling_weighted_sum)(const float *x, const struct scl_pooling_run *run,
                                              const float *weights, float *y) {
#define CALL(c, n)                                                                                          \
  for (size_t i = 0; i < run->windows; i++) {                                                               \
    vfloat sum = {};                                                                                        \
    for (size_t k = 0; k < run->count; k++)                                                                 \
      sum += load_n(x + run->offsets[k] + (ptrdiff_t)i * run->step + (ptrdiff_t)(c), n) * weights[k];       \
    store_n(y + i * run->channels + (c), sum, n);                                                           \
  }
  SCL_FOR_RUNS(run->channels, CALL);
#undef CALL
}

const struct scl_pooling_kernels SCL_VARIANT(scl_pooling) = {
    SCL_VARIANT(pooling_maximum),
    SCL_VARIANT(pooling_scatter),
    SCL_VARIANT(pooling_gather),
    SCL_VARIANT(pooling_weighted_sum),
};
