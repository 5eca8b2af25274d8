// Rows of pixels to features: ranges, scaling, color; see slic.inc.h.
static void block_sums(const float *row, int64_t blocks, int64_t stride, double *sums) {
  double sum = 0;
  sums[0] = 0;
  for (int64_t b = 0; b < blocks; b++) {
    float part[4] = {};
    for (int i = 0; i < BLOCK; i++)
      part[i % 4] += row[b * BLOCK + i];
    sum += (double)((part[0] + part[1]) + (part[2] + part[3]));
    sums[(b + 1) * stride] = sum;
  }
}

static int range(const double *values, int64_t count, double *minimum, double *maximum) {
  double low[8], high[8], odd[8] = {};
  for (int i = 0; i < 8; i++) {
    low[i] = *minimum;
    high[i] = *maximum;
  }
  int64_t at = 0;
  for (; at + 8 <= count; at += 8)
    for (int i = 0; i < 8; i++) {
      const double v = values[at + i];
      low[i] = v < low[i] ? v : low[i];
      high[i] = v > high[i] ? v : high[i];
      odd[i] += v - v; // NaN for NaN and infinities, else 0
    }
  double sum = 0;
  for (; at < count; at++) {
    const double v = values[at];
    low[0] = v < low[0] ? v : low[0];
    high[0] = v > high[0] ? v : high[0];
    sum += v - v;
  }
  for (int i = 0; i < 8; i++) {
    *minimum = low[i] < *minimum ? low[i] : *minimum;
    *maximum = high[i] > *maximum ? high[i] : *maximum;
    sum += odd[i];
  }
  return !(sum == 0);
}

static void rescale(const double *values, int64_t count, double offset, double scale, double quantum, float *out) {
  const double factor = scale / quantum;
  const double magic = 6755399441055744.0; // 1.5 * 2^52: adding it rounds to an integer
  for (int64_t i = 0; i < count; i++)
    out[i] = (float)((((values[i] - offset) * factor + magic) - magic) * quantum);
}

/// log2 of positive normal numbers, to a few units in the last place.
SCL_INLINE vfloat log2_of(vfloat x) {
  const vint bits = (vint)x;
  // Move the mantissa to sqrt(1/2)...sqrt(2).
  const vint shifted = bits - 0x3f3504f3;
  const vint exponent = shifted >> 23;
  const vfloat mantissa = (vfloat)(bits - (exponent << 23));
  const vfloat t = (mantissa - 1) / (mantissa + 1), t2 = t * t;
  const vfloat series = (((t2 * 0.32059889f + 0.41219858f) * t2 + 0.57707802f) * t2 + 0.96179669f) * t2 + 2.8853901f;
  return series * t + __builtin_convertvector(exponent, vfloat);
}

/// 2^x for -126 < x < 127.
SCL_INLINE vfloat exp2_of(vfloat x) {
  const vfloat magic = v_set(12582912.0f);
  const vfloat whole = (x + magic) - magic;
  const vfloat r = x - whole;
  vfloat p = r * 0.00015403530f + 0.0013333558f;
  p = p * r + 0.0096181291f;
  p = p * r + 0.055504109f;
  p = p * r + 0.24022651f;
  p = p * r + 0.69314718f;
  p = p * r + 1.0f;
  return (vfloat)((vint)p + (__builtin_convertvector(whole, vint) << 23));
}

SCL_INLINE vfloat linear_of(vfloat value) {
  const vfloat shifted = (value + 0.055f) * (1 / 1.055f);
  const vint bright = value > v_set(0.04045f);
  const vfloat base = v_select(bright, shifted, v_set(1));
  return v_select(bright, exp2_of(log2_of(base) * 2.4f), value * (1 / 12.92f));
}

SCL_INLINE vfloat lab_curve(vfloat t) {
  const vint bright = t > v_set(0.008856f);
  const vfloat base = v_select(bright, t, v_set(1));
  return v_select(bright, exp2_of(log2_of(base) * (1.0f / 3)), t * 7.787f + 16.0f / 116);
}

SCL_INLINE vfloat rounded(vfloat value, float quantum) {
  const vfloat magic = v_set(12582912.0f);
  return ((value * (1 / quantum) + magic) - magic) * quantum;
}

static void linear_light(float *values, int64_t count) {
  for (int64_t at = 0; at < count; at += SCL_WIDTH) {
    const int64_t left = count - at;
    if (left >= SCL_WIDTH)
      v_store(values + at, linear_of(v_load(values + at)));
    else
      v_store_partial(values + at, linear_of(v_load_partial(values + at, (size_t)left)), (size_t)left);
  }
}

static void look_up(const uint8_t *bytes, ptrdiff_t stride, int64_t count, const float *table, float *out) {
  for (int64_t i = 0; i < count; i++)
    out[i] = table[bytes[i * stride]];
}

static void byte_range(const uint8_t *bytes, int64_t count, uint8_t *minimum, uint8_t *maximum) {
  uint8_t low = *minimum, high = *maximum;
  for (int64_t i = 0; i < count; i++) {
    low = bytes[i] < low ? bytes[i] : low;
    high = bytes[i] > high ? bytes[i] : high;
  }
  *minimum = low;
  *maximum = high;
}

static void lab(float *red, float *green, float *blue, int64_t count, float quantum) {
  for (int64_t at = 0; at < count; at += SCL_WIDTH) {
    const int64_t left = count - at;
    const int whole = left >= SCL_WIDTH;
    const vfloat r = whole ? v_load(red + at) : v_load_partial(red + at, (size_t)left);
    const vfloat g = whole ? v_load(green + at) : v_load_partial(green + at, (size_t)left);
    const vfloat b = whole ? v_load(blue + at) : v_load_partial(blue + at, (size_t)left);
    // sRGB primaries, D65 white of the 2-degree observer.
    const vfloat x = lab_curve((r * 0.412453f + g * 0.357580f + b * 0.180423f) * (1 / 0.95047f));
    const vfloat y = lab_curve(r * 0.212671f + g * 0.715160f + b * 0.072169f);
    const vfloat z = lab_curve((r * 0.019334f + g * 0.119193f + b * 0.950227f) * (1 / 1.08883f));
    const vfloat lightness = rounded(y * 116 - 16, quantum);
    const vfloat a = rounded((x - y) * 500, quantum), c = rounded((y - z) * 200, quantum);
    if (whole) {
      v_store(red + at, lightness);
      v_store(green + at, a);
      v_store(blue + at, c);
    } else {
      v_store_partial(red + at, lightness, (size_t)left);
      v_store_partial(green + at, a, (size_t)left);
      v_store_partial(blue + at, c, (size_t)left);
    }
  }
}
