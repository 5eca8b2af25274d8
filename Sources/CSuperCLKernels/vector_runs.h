// Loops over runs of elements or channels, the last of which may be shorter than a vector.
// Included behind variant_*.h.
#pragma once

/// Loads n <= SCL_WIDTH floats, zeros behind them.
SCL_INLINE vfloat load_n(const float *p, size_t n) { return n == SCL_WIDTH ? v_load(p) : v_load_partial(p, n); }
SCL_INLINE void store_n(float *p, vfloat v, size_t n) {
  if (n == SCL_WIDTH)
    v_store(p, v);
  else
    v_store_partial(p, v, n);
}

/// Stores a vector past the caches: for results that are too large to be found there by the next reader.
/// The address is a multiple of the vector's size. A fence must follow before another thread reads.
SCL_INLINE void v_stream(float *p, vfloat v) { __builtin_nontemporal_store(v, (vfloat *)p); }
SCL_INLINE void stream_fence(void) {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

/// Calls CALL(first, n) for runs of SCL_WIDTH out of `count`, n constant in all but the last.
#define SCL_FOR_RUNS(count, CALL)                                                                           \
  do {                                                                                                      \
    size_t run_first = 0;                                                                                   \
    for (; run_first + SCL_WIDTH <= (count); run_first += SCL_WIDTH)                                        \
      CALL(run_first, SCL_WIDTH);                                                                           \
    if (run_first < (count))                                                                                \
      CALL(run_first, (count) - run_first);                                                                 \
  } while (0)

/// The sum of a vector's elements, in a fixed order.
SCL_INLINE float sum_of(vfloat v) {
  float lanes[SCL_WIDTH];
  memcpy(lanes, &v, sizeof v);
  for (size_t half = SCL_WIDTH / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; i++)
      lanes[i] += lanes[i + half];
  return lanes[0];
}

/// The first n elements of v, zeros behind.
SCL_INLINE vfloat first_n(vfloat v, size_t n) {
  if (n == SCL_WIDTH)
    return v;
  vfloat kept = {};
  memcpy(&kept, &v, n * sizeof(float));
  return kept;
}
