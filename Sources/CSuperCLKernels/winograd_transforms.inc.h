// The 1-D transforms of Winograd F(4x4, 3x3); each vector holds one element of SCL_WIDTH channels.
#include "vector.h"

// t = B^T d
SCL_INLINE void transform_input(const vfloat d[6], vfloat t[6]) {
  vfloat a = d[4] - d[2], b = d[3] - d[1];
  t[0] = (d[0] - d[2]) + a + 1.5f * b;
  t[1] = (a + b) + 1.5f * (d[2] + d[3]);
  t[2] = (a - b) + 1.5f * (d[3] - d[2]);
  t[3] = a + 2.0f * b;
  t[4] = a - 0.5f * b;
  t[5] = (d[5] - d[3]) - b + 1.5f * a;
}

// y = A^T m
SCL_INLINE void transform_output(const vfloat m[6], vfloat y[4]) {
  vfloat sum = m[1] + m[2], difference = m[1] - m[2];
  y[0] = m[0] + sum + (m[3] + m[4]);
  y[1] = difference + 0.5f * m[3] - 2.0f * m[4];
  y[2] = sum + 0.25f * m[3] + 4.0f * m[4];
  y[3] = difference + 0.125f * m[3] - 8.0f * m[4] + m[5];
}

// t = A y
SCL_INLINE void transform_gradient(const vfloat y[4], vfloat t[6]) {
  vfloat even = y[0] + y[2], odd = y[1] + y[3];
  t[0] = y[0];
  t[1] = even + odd;
  t[2] = even - odd;
  t[3] = (y[0] + 0.25f * y[2]) + 0.5f * (y[1] + 0.25f * y[3]);
  t[4] = (y[0] + 4.0f * y[2]) - 2.0f * (y[1] + 4.0f * y[3]);
  t[5] = y[3];
}

// t = G g
SCL_INLINE void transform_filter(const vfloat g[3], vfloat t[6]) {
  vfloat sum = g[0] + g[2];
  t[0] = g[0];
  t[1] = (sum + g[1]) * (1.0f / 3);
  t[2] = (sum - g[1]) * (-1.0f / 3);
  t[3] = (g[0] + 0.5f * g[1] + 0.25f * g[2]) * (-16.0f / 15);
  t[4] = (g[0] - 2.0f * g[1] + 4.0f * g[2]) * (1.0f / 15);
  t[5] = g[2];
}

// g = G^T t
SCL_INLINE void transform_filter_gradient(const vfloat t[6], vfloat g[3]) {
  vfloat difference = (t[1] - t[2]) * (1.0f / 3), sum = (t[1] + t[2]) * (1.0f / 3);
  vfloat third = t[3] * (-16.0f / 15), fourth = t[4] * (1.0f / 15);
  g[0] = t[0] + difference + (third + fourth);
  g[1] = sum + 0.5f * third - 2.0f * fourth;
  g[2] = difference + 0.25f * third + 4.0f * fourth + t[5];
}
