// Runs of equal labels, and sums over them; see slic.inc.h.
/// The sum of the first `count` < BLOCK values.
SCL_INLINE float partial_sum(const float *values, int count) {
#if defined(SCL_X86) && SCL_WIDTH == 16
  return _mm512_reduce_add_ps(_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), values));
#else
  float sum = 0;
  for (int i = 0; i < count; i++)
    sum += values[i];
  return sum;
#endif
}

/// Bits of the positions i in 0..<count at which labels[i] and labels[i + 1] differ.
SCL_INLINE uint32_t changes(const int32_t *labels, int count) {
#if defined(SCL_X86) && SCL_WIDTH == 16
  const __mmask16 use = (__mmask16)((1u << count) - 1);
  return _mm512_mask_cmpneq_epi32_mask(use, _mm512_maskz_loadu_epi32(use, labels),
                                       _mm512_maskz_loadu_epi32(use, labels + 1));
#elif defined(SCL_X86) && SCL_WIDTH == 8
  if (count == BLOCK) {
    const __m256i a = _mm256_loadu_si256((const __m256i *)labels);
    const __m256i b = _mm256_loadu_si256((const __m256i *)(labels + 1));
    const __m256i c = _mm256_loadu_si256((const __m256i *)(labels + 8));
    const __m256i d = _mm256_loadu_si256((const __m256i *)(labels + 9));
    const uint32_t low = (uint32_t)_mm256_movemask_ps((__m256)_mm256_cmpeq_epi32(a, b));
    const uint32_t high = (uint32_t)_mm256_movemask_ps((__m256)_mm256_cmpeq_epi32(c, d));
    return (low | high << 8) ^ 0xffff;
  }
#endif
  uint32_t bits = 0;
  for (int i = 0; i < count; i++)
    bits |= (uint32_t)(labels[i] != labels[i + 1]) << i;
  return bits;
}

static void raise_maxima(const struct scl_slic_pass *pass, int64_t strip, float unit, float *maxima) {
  const int64_t z = strip / pass->strips_per_plane;
  const int64_t top = strip % pass->strips_per_plane * STRIP;
  const int64_t bottom = top + STRIP < pass->height ? top + STRIP : pass->height;
  const int channels = pass->channels;
  for (int64_t y = top; y < bottom; y++) {
    const int64_t row = z * pass->height + y;
    const int32_t *labels = pass->labels + row * pass->width;
    const float *features = pass->features + row * pass->feature_row;
    for (int32_t x = 0; x < pass->width; x += SCL_WIDTH) {
      // Distances of whole vectors to the center of their first label; other labels in it go one by one.
      const int32_t k = labels[x];
      int32_t left = pass->width - x < SCL_WIDTH ? pass->width - x : SCL_WIDTH;
      int32_t same = 1;
      while (same < left && labels[x + same] == k)
        same++;
      if (same == SCL_WIDTH && k >= 0) {
        const float *color = pass->center_color + (ptrdiff_t)k * channels;
        vfloat sum = {};
        for (int ch = 0; ch < channels; ch++) {
          const vfloat difference = v_load(features + ch * pass->feature_plane + x) - color[ch];
          sum += difference * difference;
        }
        for (int i = 0; i < SCL_WIDTH; i++)
          maxima[k] = sum[i] * unit > maxima[k] ? sum[i] * unit : maxima[k];
        continue;
      }
      for (int32_t i = 0; i < left; i++) {
        const int32_t j = labels[x + i];
        if (j < 0)
          continue;
        float sum = 0;
        for (int ch = 0; ch < channels; ch++) {
          const float difference =
              features[ch * pass->feature_plane + x + i] - pass->center_color[(ptrdiff_t)j * channels + ch];
          sum += difference * difference;
        }
        maxima[j] = sum * unit > maxima[j] ? sum * unit : maxima[j];
      }
    }
  }
}

static int64_t runs(const int32_t *labels, int64_t width, int32_t *starts) {
  int64_t count = 0;
  if (!starts) {
    for (int64_t x = 0; x < width - 1; x += BLOCK)
      count += __builtin_popcount(changes(labels + x, width - 1 - x < BLOCK ? (int)(width - 1 - x) : BLOCK));
    return count + (width > 0);
  }
  if (width > 0)
    starts[count++] = 0;
  for (int64_t x = 0; x < width - 1; x += BLOCK) {
    uint32_t bits = changes(labels + x, width - 1 - x < BLOCK ? (int)(width - 1 - x) : BLOCK);
    while (bits) {
      starts[count++] = (int32_t)x + __builtin_ctz(bits) + 1;
      bits &= bits - 1;
    }
  }
  return count;
}

static void fill_runs(int32_t *labels, int64_t width, const int32_t *starts, const int32_t *component, int64_t runs,
                      const int32_t *numbers) {
  for (int64_t i = 0; i < runs; i++) {
    if (component[i] < 0)
      continue;
    const int32_t value = numbers ? numbers[component[i]] : component[i];
    int64_t x = starts[i];
    const int64_t end = i + 1 < runs ? starts[i + 1] : width;
#if defined(SCL_X86) && SCL_WIDTH == 16
    const __m512i values = _mm512_set1_epi32(value);
    for (; x + 16 <= end; x += 16)
      _mm512_storeu_si512(labels + x, values);
    _mm512_mask_storeu_epi32(labels + x, (__mmask16)((1u << (end - x)) - 1), values);
#else
    for (; x + 8 <= end; x += 8)
      for (int k = 0; k < 8; k++)
        labels[x + k] = value;
    for (; x < end; x++)
      labels[x] = value;
#endif
  }
}

static void add_runs(const struct scl_slic_pass *pass, int64_t row, const int32_t *starts,
                     const int32_t *component, int64_t runs, float *sums) {
  const int32_t blocks = (pass->width + BLOCK - 1) / BLOCK;
  const int channels = pass->channels;
  const double *base = pass->block_sums + row * (blocks + 1) * channels;
  for (int ch = 0; ch < channels; ch++) {
    const float *features = pass->features + row * pass->feature_row + ch * pass->feature_plane;
    double before = 0;
    for (int64_t i = 0; i < runs; i++) {
      const int end = i + 1 < runs ? starts[i + 1] : pass->width;
      double after = base[(ptrdiff_t)(end / BLOCK) * channels + ch];
      if (end % BLOCK)
        after += (double)partial_sum(features + end / BLOCK * BLOCK, end % BLOCK);
      if (component[i] >= 0)
        sums[(ptrdiff_t)component[i] * channels + ch] += (float)(after - before);
      before = after;
    }
  }
}
