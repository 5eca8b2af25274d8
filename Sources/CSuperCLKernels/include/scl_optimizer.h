#pragma once
#include <stddef.h>

/// Stochastic gradient descent: g' = g + decay p, v = momentum v + gain g', p -= rate v (Nesterov:
/// rate (g' + momentum v)).
struct scl_sgd_rule {
  float rate, momentum, decay, gain;
  int nesterov;
};

/// Adam: g' = g + decay p, m += gain1 (g' - m), s = beta2 s + gain2 g'^2,
/// p = shrink p - step m / (sqrt(s) inverse_root + epsilon).
struct scl_adam_rule {
  float step, gain1, beta2, gain2, inverse_root, epsilon, shrink, decay;
};

struct scl_optimizer_kernels {
  void (*sgd)(float *p, const float *g, float *v, size_t count, const struct scl_sgd_rule *rule);
  /// Without momentum: p -= rate (g + decay p).
  void (*plain_sgd)(float *p, const float *g, size_t count, const struct scl_sgd_rule *rule);
  void (*adam)(float *p, const float *g, float *m, float *s, size_t count, const struct scl_adam_rule *rule);
};

const struct scl_optimizer_kernels *scl_optimizer(void);
