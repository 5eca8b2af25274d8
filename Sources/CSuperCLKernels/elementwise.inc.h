// Elementwise functions over rows of floats, compiled once for each variant.
//
// Each loop runs over whole vectors and ends with one partial vector through the same code, so that a
// result does not depend on where in a row an element stands.
#include "include/scl_elementwise.h"
#include "vector_math.h"
#include "transpose.h"

#define LOOP(body_load, body, out)                                                                         \
  size_t i = 0;                                                                                            \
  for (; i + SCL_WIDTH <= n; i += SCL_WIDTH) {                                                             \
    body_load(v_load) v_store((out) + i, body);                                                            \
  }                                                                                                        \
  if (i < n) {                                                                                             \
    size_t rest = n - i;                                                                                   \
    body_load(PARTIAL) v_store_partial((out) + i, body, rest);                                             \
  }
#define PARTIAL(p) v_load_partial(p, rest)

#define LOAD_A(load) vfloat a = load(pa + i);
#define LOAD_B(load) vfloat b = load(pb + i);
#define LOAD_AB(load)                                                                                      \
  vfloat a = load(pa + i);                                                                                 \
  vfloat b = load(pb + i);

#define BINARY(body)                                                                                       \
  if (a_step && b_step) {                                                                                  \
    LOOP(LOAD_AB, body, out)                                                                               \
  } else if (a_step) {                                                                                     \
    vfloat b = v_set(*pb);                                                                                 \
    LOOP(LOAD_A, body, out)                                                                                \
  } else if (b_step) {                                                                                     \
    vfloat a = v_set(*pa);                                                                                 \
    LOOP(LOAD_B, body, out)                                                                                \
  } else {                                                                                                 \
    vfloat a = v_set(*pa), b = v_set(*pb), y = body;                                                       \
    for (size_t i = 0; i < n; i++)                                                                         \
      out[i] = y[0];                                                                                       \
  }

static void SCL_VARIANT(binary)(int function, size_t n, const float *pa, int a_step, const float *pb,
                                int b_step, float *out) {
  switch (function) {
  case SCL_ADD:
    BINARY(a + b) break;
  case SCL_SUBTRACT:
    BINARY(a - b) break;
  case SCL_MULTIPLY:
    BINARY(a *b) break;
  case SCL_DIVIDE:
    BINARY(a / b) break;
  case SCL_MAXIMUM:
    BINARY(v_max(a, b)) break;
  case SCL_MINIMUM:
    BINARY(v_min(a, b)) break;
  }
}

static void SCL_VARIANT(unary)(int function, float parameter, size_t n, const float *pa, float *out) {
  switch (function) {
  case SCL_EXP: {
    LOOP(LOAD_A, v_exp(a), out)
    break;
  }
  case SCL_EXPM1: {
    LOOP(LOAD_A, v_expm1(a), out)
    break;
  }
  case SCL_LOG: {
    LOOP(LOAD_A, v_log(a), out)
    break;
  }
  case SCL_LOG1P: {
    LOOP(LOAD_A, v_log1p(a), out)
    break;
  }
  case SCL_TANH: {
    LOOP(LOAD_A, v_tanh(a), out)
    break;
  }
  case SCL_SIGMOID: {
    LOOP(LOAD_A, v_sigmoid(a), out)
    break;
  }
  case SCL_SOFTPLUS: {
    LOOP(LOAD_A, v_softplus(a), out)
    break;
  }
  case SCL_SQRT: {
    LOOP(LOAD_A, __builtin_elementwise_sqrt(a), out)
    break;
  }
  case SCL_LEAKY_RELU: {
    LOOP(LOAD_A, v_select(a > 0.0f, a, a * parameter), out)
    break;
  }
  }
}

static void SCL_VARIANT(derivative)(int function, float parameter, size_t n, const float *pa, const float *pb,
                                    float *out) {
  switch (function) {
  case SCL_DERIVATIVE_LEAKY_RELU: {
    LOOP(LOAD_AB, v_select(b > 0.0f, a, a * parameter), out)
    break;
  }
  case SCL_DERIVATIVE_TANH: {
    LOOP(LOAD_AB, a * (1.0f - b * b), out)
    break;
  }
  case SCL_DERIVATIVE_SIGMOID: {
    LOOP(LOAD_AB, a * b * (1.0f - b), out)
    break;
  }
  case SCL_DERIVATIVE_SOFTPLUS: {
    LOOP(LOAD_AB, a * v_sigmoid(b), out)
    break;
  }
  }
}

/// The largest of a row; NaN when any element is.
SCL_INLINE float row_maximum(size_t n, const float *x) {
  vfloat best = v_set(-INFINITY);
  size_t i = 0;
  for (; i + SCL_WIDTH <= n; i += SCL_WIDTH)
    best = v_max(v_load(x + i), best);
  if (i < n)
    best = v_max(v_select(v_first(n - i), v_load_partial(x + i, n - i), v_set(-INFINITY)), best);
  return v_largest(best);
}

/// Writes e^(x - shift), unless `out` is NULL, and returns the sum.
SCL_INLINE float shifted_exponentials(size_t n, const float *x, float shift, float *out) {
  vfloat sum = {};
  size_t i = 0;
  for (; i + SCL_WIDTH <= n; i += SCL_WIDTH) {
    vfloat y = v_exp_nonpositive(v_load(x + i) - shift);
    sum += y;
    if (out)
      v_store(out + i, y);
  }
  if (i < n) {
    vfloat y = v_exp_nonpositive(v_load_partial(x + i, n - i) - shift);
    sum += v_select(v_first(n - i), y, (vfloat){});
    if (out)
      v_store_partial(out + i, y, n - i);
  }
  return v_sum(sum);
}

/// Rows that one vector holds, as many at once as a vector has lanes: each lane has a row.
SCL_INLINE void narrow_softmax(size_t rows, size_t n, const float *x, float *out, const int is_logarithm) {
  for (size_t row = 0; row < rows; row += SCL_WIDTH, x += SCL_WIDTH * n, out += SCL_WIDTH * n) {
    const size_t count = rows - row < SCL_WIDTH ? rows - row : SCL_WIDTH;
    vfloat m[SCL_WIDTH];
    load_square(x, 1, (ptrdiff_t)n, n, count, m);
    vfloat peak = m[0], sum = {};
    for (size_t i = 1; i < n; i++)
      peak = v_max(m[i], peak);
    for (size_t i = 0; i < n; i++) {
      vfloat shifted = m[i] - peak, y = v_exp_nonpositive(shifted);
      sum += y;
      m[i] = is_logarithm ? shifted : y;
    }
    const vfloat logarithm = is_logarithm ? v_log(sum) : sum;
    for (size_t i = 0; i < n; i++)
      m[i] = is_logarithm ? m[i] - logarithm : m[i] / sum;
    transpose_square(m);
    for (size_t r = 0; r < count; r++)
      v_store_first(out + r * n, m[r], n);
  }
}

static void SCL_VARIANT(softmax)(size_t rows, size_t n, const float *x, float *out) {
  if (n <= SCL_WIDTH) {
    narrow_softmax(rows, n, x, out, 0);
    return;
  }
  for (size_t row = 0; row < rows; row++, x += n, out += n) {
    float sum = shifted_exponentials(n, x, row_maximum(n, x), out);
    const float *pa = out;
    LOOP(LOAD_A, a / sum, out)
  }
}

static void SCL_VARIANT(log_softmax)(size_t rows, size_t n, const float *pa, float *out) {
  if (n <= SCL_WIDTH) {
    narrow_softmax(rows, n, pa, out, 1);
    return;
  }
  for (size_t row = 0; row < rows; row++, pa += n, out += n) {
    float peak = row_maximum(n, pa);
    float sum = shifted_exponentials(n, pa, peak, NULL);
    float logarithm = v_log(v_set(sum))[0];
    LOOP(LOAD_A, (a - peak) - logarithm, out)
  }
}

const struct scl_elementwise_kernels SCL_VARIANT(scl_elementwise_kernels) = {
    SCL_VARIANT(binary), SCL_VARIANT(unary), SCL_VARIANT(derivative), SCL_VARIANT(softmax),
    SCL_VARIANT(log_softmax)};
