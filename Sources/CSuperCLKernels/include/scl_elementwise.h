#pragma once
#include <stddef.h>

/// Functions of two floats.
enum scl_binary_function {
  SCL_ADD,
  SCL_SUBTRACT,
  SCL_MULTIPLY,
  SCL_DIVIDE,
  SCL_MAXIMUM, // NaN where either is
  SCL_MINIMUM,
};

/// Functions of one float; the parameter belongs to those that name it.
enum scl_unary_function {
  SCL_EXP,
  SCL_EXPM1,
  SCL_LOG,
  SCL_LOG1P,
  SCL_TANH,
  SCL_SIGMOID,
  SCL_SOFTPLUS,
  SCL_SQRT,
  SCL_LEAKY_RELU, // parameter: the slope below 0
};

/// What a gradient is multiplied by, from the tensor that was saved.
enum scl_derivative {
  SCL_DERIVATIVE_LEAKY_RELU, // 1 where saved > 0, otherwise the parameter
  SCL_DERIVATIVE_TANH,       // 1 - y^2
  SCL_DERIVATIVE_SIGMOID,    // y (1 - y)
  SCL_DERIVATIVE_SOFTPLUS,   // sigmoid(x)
};

struct scl_elementwise_kernels {
  /// out[i] = f(a[i * a_step], b[i * b_step]); each step is 0 or 1. `out` may be `a` or `b`.
  void (*binary)(int function, size_t n, const float *a, int a_step, const float *b, int b_step, float *out);
  /// out[i] = f(x[i]). `out` may be `x`.
  void (*unary)(int function, float parameter, size_t n, const float *x, float *out);
  /// out[i] = gradient[i] f'(saved[i]).
  void (*derivative)(int function, float parameter, size_t n, const float *gradient, const float *saved,
                     float *out);
  /// out = e^x / sum e^x over each row of n >= 1 floats.
  void (*softmax)(size_t rows, size_t n, const float *x, float *out);
  /// out = x - log sum e^x over each row of n >= 1 floats.
  void (*log_softmax)(size_t rows, size_t n, const float *x, float *out);
};

/// The kernels of the variant in use.
const struct scl_elementwise_kernels *scl_elementwise(void);
