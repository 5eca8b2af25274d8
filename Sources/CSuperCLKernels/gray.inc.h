// Gray levels of an image: scale, brightness, contrast and a 3 x 3 blur; see include/scl_gray.h. Plain loops that the
// compiler turns into vectors of the variant.
#include "include/scl_gray.h"
#include "vector.h"

SCL_INLINE float level_of(float value, int truncates) {
  float whole = floorf(value);
  // Halves go up: what lies below 0 is clamped, so that the sign does not matter.
  if (!truncates)
    whole += value - whole >= 0.5f ? 1 : 0;
  whole = whole > 0 ? whole : 0;
  return whole < 255 ? whole : 255;
}

/// In double, the product first: a level that is whole on paper must not be cut off to the one below.
SCL_INLINE float rescaled(float x, float low, float high, double range, float bound) {
  float value = (float)((double)bound * ((double)x - (double)low) / range);
  return x == high ? bound : value;
}

static void SCL_VARIANT(range)(const float *x, size_t count, float *low, float *high) {
  enum { LANES = 64 };
  float least[LANES], most[LANES];
  int isNaN = 0;
  for (size_t k = 0; k < LANES; k++)
    least[k] = most[k] = x[0];
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (size_t k = 0; k < LANES; k++) {
      float value = x[i + k];
      least[k] = value < least[k] ? value : least[k];
      most[k] = value > most[k] ? value : most[k];
      isNaN |= value != value;
    }
  for (; i < count; i++) {
    least[0] = x[i] < least[0] ? x[i] : least[0];
    most[0] = x[i] > most[0] ? x[i] : most[0];
    isNaN |= x[i] != x[i];
  }
  for (size_t k = 1; k < LANES; k++) {
    least[0] = least[k] < least[0] ? least[k] : least[0];
    most[0] = most[k] > most[0] ? most[k] : most[0];
  }
  *low = isNaN ? NAN : least[0];
  *high = isNaN ? NAN : most[0];
}

static double SCL_VARIANT(levels)(const struct scl_gray_levels *levels, const float *x, size_t count, float *y) {
  float low = levels->low, high = levels->high, brightness = levels->brightness;
  int truncates = levels->truncates;
  double range = (double)high - (double)low;
  if (levels->scales && !(high > low))
    memset(y, 0, count * sizeof(float));
  else if (levels->scales)
    for (size_t i = 0; i < count; i++)
      y[i] = level_of(level_of(rescaled(x[i], low, high, range, 255), truncates) * brightness, truncates);
  else
    for (size_t i = 0; i < count; i++)
      y[i] = level_of(level_of(x[i], truncates) * brightness, truncates);
  // Whole numbers: their sum is exact in any order.
  double sum = 0;
  for (size_t i = 0; i < count;) {
    size_t end = i + 65536 < count ? i + 65536 : count;
    int64_t part = 0;
    for (; i < end; i++)
      part += (int32_t)y[i];
    sum += (double)part;
  }
  return sum;
}

static void SCL_VARIANT(contrast)(float *x, size_t count, float mean, float factor, int truncates) {
  for (size_t i = 0; i < count; i++)
    x[i] = level_of(mean + factor * (x[i] - mean), truncates);
}

static void SCL_VARIANT(blur)(const float *x, size_t rows, size_t columns, size_t channels, float center, float side,
                              int rounds, float *restrict line, float *restrict y) {
  size_t width = columns * channels;
  for (size_t r = 0; r < rows; r++) {
    const float *own = x + r * width;
    const float *above = x + (r > 0 ? r - 1 : rows > 1 ? 1 : 0) * width;
    const float *below = x + (r + 1 < rows ? r + 1 : rows > 1 ? rows - 2 : 0) * width;
    for (size_t i = 0; i < width; i++)
      line[i] = side * above[i] + center * own[i] + side * below[i];
    float *to = y + r * width;
    for (size_t i = channels; i + channels < width; i++)
      to[i] = side * line[i - channels] + center * line[i] + side * line[i + channels];
    for (size_t c = 0; c < channels; c++) {
      size_t last = width - channels + c, inner = columns > 1 ? channels + c : c;
      size_t before = columns > 1 ? last - channels : last;
      to[c] = side * line[inner] + center * line[c] + side * line[inner];
      to[last] = side * line[before] + center * line[last] + side * line[before];
    }
    if (rounds)
      for (size_t i = 0; i < width; i++)
        to[i] = rintf(to[i]);
  }
}

static void SCL_VARIANT(rescale)(const float *x, size_t count, float low, float high, float bound, float *y) {
  double range = (double)high - (double)low;
  if (!(high > low))
    memset(y, 0, count * sizeof(float));
  else
    for (size_t i = 0; i < count; i++)
      y[i] = rescaled(x[i], low, high, range, bound);
}

const struct scl_gray_kernels SCL_VARIANT(scl_gray) = {
    .range = SCL_VARIANT(range),
    .levels = SCL_VARIANT(levels),
    .contrast = SCL_VARIANT(contrast),
    .blur = SCL_VARIANT(blur),
    .rescale = SCL_VARIANT(rescale),
};
