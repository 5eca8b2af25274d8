// The update rules of the optimisers, element by element.
#include "include/scl_optimizer.h"
#include "vector_runs.h"

static void SCL_VARIANT(optimizer_sgd)(float *p, const float *g, float *v, size_t count,
                                       const struct scl_sgd_rule *rule) {
  const vfloat rate = v_set(rule->rate), momentum = v_set(rule->momentum), decay = v_set(rule->decay);
  const vfloat gain = v_set(rule->gain);
  const int nesterov = rule->nesterov;
#define CALL(i, n)                                                                                          \
  {                                                                                                         \
    vfloat parameter = load_n(p + (i), n), slope = load_n(g + (i), n) + decay * parameter;                  \
    vfloat velocity = momentum * load_n(v + (i), n) + gain * slope;                                         \
    store_n(v + (i), velocity, n);                                                                          \
    vfloat direction = nesterov ? slope + momentum * velocity : velocity;                                   \
    store_n(p + (i), parameter - rate * direction, n);                                                      \
  }
  SCL_FOR_RUNS(count, CALL);
#undef CALL
}

static void SCL_VARIANT(optimizer_plain_sgd)(float *p, const float *g, size_t count,
                                             const struct scl_sgd_rule *rule) {
  const vfloat rate = v_set(rule->rate), decay = v_set(rule->decay);
#define CALL(i, n)                                                                                          \
  {                                                                                                         \
    vfloat parameter = load_n(p + (i), n);                                                                  \
    store_n(p + (i), parameter - rate * (load_n(g + (i), n) + decay * parameter), n);                       \
  }
  SCL_FOR_RUNS(count, CALL);
#undef CALL
}

static void SCL_VARIANT(optimizer_adam)(float *p, const float *g, float *m, float *s, size_t count,
                                        const struct scl_adam_rule *rule) {
  const vfloat step = v_set(rule->step), gain1 = v_set(rule->gain1), beta2 = v_set(rule->beta2);
  const vfloat gain2 = v_set(rule->gain2), root = v_set(rule->inverse_root), epsilon = v_set(rule->epsilon);
  const vfloat shrink = v_set(rule->shrink), decay = v_set(rule->decay);
#define CALL(i, n)                                                                                          \
  {                                                                                                         \
    vfloat parameter = load_n(p + (i), n), slope = load_n(g + (i), n) + decay * parameter;                  \
    vfloat first = load_n(m + (i), n), second = load_n(s + (i), n);                                         \
    first += gain1 * (slope - first);                                                                       \
    second = beta2 * second + gain2 * slope * slope;                                                        \
    store_n(m + (i), first, n);                                                                             \
    store_n(s + (i), second, n);                                                                            \
    vfloat divisor = __builtin_elementwise_sqrt(second) * root + epsilon;                                   \
    store_n(p + (i), shrink * parameter - step * first / divisor, n);                                       \
  }
  SCL_FOR_RUNS(count, CALL);
#undef CALL
}

const struct scl_optimizer_kernels SCL_VARIANT(scl_optimizer) = {
    SCL_VARIANT(optimizer_sgd),
    SCL_VARIANT(optimizer_plain_sgd),
    SCL_VARIANT(optimizer_adam),
};
