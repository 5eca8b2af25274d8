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

// One window at the channels from c on, so that memory is walked in its order. `count` is a constant where the caller
// knows it, so that the loop over neighbours unrolls.
SCL_INLINE void maximum_of(const float *x, const struct scl_pooling_run *run, float *y, uint8_t *selection,
                           size_t c, size_t n, const size_t count) {
  vfloat best = load_n(x + c + run->offsets[0], n);
  vint chosen = v_set_int(run->ids[0]);
  for (size_t k = 1; k < count; k++) {
    vfloat value = load_n(x + c + run->offsets[k], n);
    vint larger = (value > best) | (value != value);
    best = v_select(larger, value, best);
    chosen = (larger & run->ids[k]) | (~larger & chosen);
  }
  store_n(y + c, best, n);
  if (selection)
    store_bytes(selection + c, chosen, n);
}

SCL_INLINE void scatter_of(const float *dy, const uint8_t *selection, const struct scl_pooling_run *run,
                           float *dx, size_t c, size_t n, const size_t count, const int streams) {
  vfloat gradient = load_n(dy + c, n);
  vint chosen = load_bytes(selection + c, n);
  for (size_t k = 0; k < count; k++) {
    vfloat value = v_select(chosen == run->ids[k], gradient, (vfloat){});
    if (streams)
      v_stream(dx + c + run->offsets[k], value);
    else
      store_n(dx + c + run->offsets[k], value, n);
  }
}

/// CALL(c, n) for all channels of every window: p is its place in the run's input, q in its output.
#define FOR_WINDOWS(CALL)                                                                                   \
  for (size_t i = 0; i < run->windows; i++) {                                                               \
    const ptrdiff_t p = (ptrdiff_t)i * run->step;                                                           \
    const size_t q = i * run->channels;                                                                     \
    SCL_FOR_RUNS(run->channels, CALL);                                                                      \
  }

static void SCL_VARIANT(pooling_maximum)(const float *x, const struct scl_pooling_run *run, float *y,
                                         uint8_t *selection) {
#define CALL(c, n, count) maximum_of(x + p, run, y + q, selection ? selection + q : NULL, c, n, count)
#define FOUR(c, n) CALL(c, n, 4)
#define EIGHT(c, n) CALL(c, n, 8)
#define ANY(c, n) CALL(c, n, run->count)
  if (run->count == 4)
    FOR_WINDOWS(FOUR)
  else if (run->count == 8)
    FOR_WINDOWS(EIGHT)
  else
    FOR_WINDOWS(ANY)
#undef CALL
#undef FOUR
#undef EIGHT
#undef ANY
}

static void SCL_VARIANT(pooling_scatter)(const float *dy, const uint8_t *selection,
                                         const struct scl_pooling_run *run, float *dx) {
#define CALL(c, n, count, streams) scatter_of(dy + q, selection + q, run, dx + p, c, n, count, streams)
#define STREAMED(c, n) CALL(c, n, run->count, 1)
#define FOUR_STREAMED(c, n) CALL(c, n, 4, 1)
#define FOUR(c, n) CALL(c, n, 4, 0)
#define EIGHT(c, n) CALL(c, n, 8, 0)
#define ANY(c, n) CALL(c, n, run->count, 0)
  // All neighbours lie a multiple of the channels apart.
  if (run->streams && run->channels % SCL_WIDTH == 0 && (uintptr_t)dx % (4 * SCL_WIDTH) == 0) {
    if (run->count == 4)
      FOR_WINDOWS(FOUR_STREAMED)
    else
      FOR_WINDOWS(STREAMED)
    stream_fence();
  } else if (run->count == 4)
    FOR_WINDOWS(FOUR)
  else if (run->count == 8)
    FOR_WINDOWS(EIGHT)
  else
    FOR_WINDOWS(ANY)
#undef CALL
#undef STREAMED
#undef FOUR_STREAMED
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
