// SLIC's row kernels, compiled once per instruction set.
//
// Assignment works on tiles of SCL_SLIC_BLOCK columns and up to four rows. The clusters that reach into a
// tile are listed once per strip; nearest distance and label stay in registers while the list runs by, so no
// distance plane exists, and since each pixel is written by one strip alone, strips may run on any thread.
//
// The update needs no second look at the pixels: a run of equal labels adds the difference of two running
// sums of its row. Features are multiples of a power of two (20 bits), so these sums are exact in double
// precision and do not depend on the order in which strips are added.
#include "CSuperCLKernels.h"

#define BLOCK SCL_SLIC_BLOCK
#define STRIP SCL_SLIC_STRIP
#define PARTS (BLOCK / SCL_WIDTH)

SCL_INLINE vfloat lanes(void) {
#if SCL_WIDTH == 16
  return (vfloat){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#else
  return (vfloat){0, 1, 2, 3, 4, 5, 6, 7};
#endif
}

SCL_INLINE vfloat absolute(vfloat x) { return (vfloat)((vint)x & 0x7fffffff); }

/// Where `distance < *best`: takes the distance and the label.
SCL_INLINE void take_nearer(vfloat distance, vint label, vfloat *best, vint *labels) {
#if defined(SCL_X86) && SCL_WIDTH == 16
  const __mmask16 nearer = _mm512_cmp_ps_mask((__m512)distance, (__m512)*best, _CMP_LT_OQ);
  *best = (vfloat)_mm512_mask_mov_ps((__m512)*best, nearer, (__m512)distance);
  *labels = (vint)_mm512_mask_mov_epi32((__m512i)*labels, nearer, (__m512i)label);
#elif defined(SCL_X86) && SCL_WIDTH == 8
  const __m256 nearer = _mm256_cmp_ps((__m256)distance, (__m256)*best, _CMP_LT_OQ);
  *best = (vfloat)_mm256_blendv_ps((__m256)*best, (__m256)distance, nearer);
  *labels = (vint)_mm256_blendv_ps((__m256)*labels, (__m256)label, nearer);
#else
  const vint nearer = distance < *best;
  *best = v_select(nearer, distance, *best);
  *labels = (nearer & label) | (~nearer & *labels);
#endif
}

SCL_INLINE vfloat keep_within(vfloat squared, vfloat distance, vfloat limit) {
  return v_select(distance <= limit, squared, v_set(INFINITY));
}

// The clusters of one strip, in the workspace.
struct candidates {
  int32_t count;
  int32_t *label;
  float *column, *color, *weight, *rows; // rows: squared distance along plane and row, STRIP per cluster
  int32_t *block_first, *block_last;
  int32_t *block_offset, *block_entry;
  double *prefix;
};

static size_t aligned_bytes(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

static size_t lay_out(struct candidates *c, char *memory, int64_t capacity, int64_t channels, int64_t width,
                      float window_x) {
  const int64_t blocks = (width + BLOCK - 1) / BLOCK;
  int64_t reach = blocks;
  if (2.0 * (double)window_x / BLOCK + 3 < (double)blocks)
    reach = (int64_t)(2.0 * (double)window_x / BLOCK) + 3;
  size_t at = 0;
#define TAKE(field, type, count)                                                                                 \
  do {                                                                                                           \
    if (c)                                                                                                       \
      c->field = (type *)(memory + at);                                                                          \
    at += aligned_bytes(sizeof(type) * (size_t)(count));                                                         \
  } while (0)
  TAKE(label, int32_t, capacity);
  TAKE(column, float, capacity);
  TAKE(color, float, capacity *channels);
  TAKE(weight, float, capacity);
  TAKE(rows, float, capacity *STRIP);
  TAKE(block_first, int32_t, capacity);
  TAKE(block_last, int32_t, capacity);
  TAKE(block_offset, int32_t, blocks + 2);
  TAKE(block_entry, int32_t, capacity *reach);
  TAKE(prefix, double, 2 * channels + BLOCK * channels);
#undef TAKE
  return at;
}

/// Copies what the strip needs of its clusters and lists them by the blocks that they reach into.
static void gather(struct candidates *c, const struct scl_slic_pass *pass, int64_t strip, int z, const int *rows,
                   int row_count) {
  const int32_t first = pass->strip_offsets[strip], last = pass->strip_offsets[strip + 1];
  const int channels = pass->channels;
  const int32_t blocks = (pass->width + BLOCK - 1) / BLOCK;
  memset(c->block_offset, 0, sizeof(int32_t) * (size_t)(blocks + 2));
  int32_t count = 0;
  for (int32_t i = first; i < last; i++) {
    const int32_t k = pass->strip_clusters[i];
    const float cx = pass->center_x[k];
    // Bounds in float, then clamped: centres are finite, windows may be huge.
    float left = cx - pass->window_x, right = cx + pass->window_x;
    if (!(right >= 0) || !(left <= (float)(pass->width - 1)))
      continue;
    if (left < 0)
      left = 0;
    if (right > (float)(pass->width - 1))
      right = (float)(pass->width - 1);
    const float dz = ((float)z - pass->center_z[k]);
    const float dz2 = (dz * pass->scale_z) * (dz * pass->scale_z);
    int reaches = 0;
    for (int r = 0; r < row_count; r++) {
      const float dy = (float)rows[r] - pass->center_y[k];
      const int within = fabsf(dy) <= pass->window_y && fabsf(dz) <= pass->window_z;
      const float scaled = dy * pass->scale_y;
      c->rows[count * STRIP + r] = within ? dz2 + scaled * scaled : INFINITY;
      reaches |= within;
    }
    if (!reaches)
      continue;
    c->label[count] = k;
    c->column[count] = cx;
    for (int ch = 0; ch < channels; ch++)
      c->color[(ptrdiff_t)count * channels + ch] = pass->center_color[(ptrdiff_t)k * channels + ch];
    c->weight[count] = pass->color_weight ? pass->color_weight[k] : 1;
    c->block_first[count] = (int32_t)left / BLOCK;
    c->block_last[count] = (int32_t)right / BLOCK;
    for (int32_t b = c->block_first[count]; b <= c->block_last[count]; b++)
      c->block_offset[b + 2]++;
    count++;
  }
  c->count = count;
  for (int32_t b = 0; b < blocks; b++)
    c->block_offset[b + 2] += c->block_offset[b + 1];
  // block_offset[b + 1] is now where block b begins; filling moves it to the block's end.
  for (int32_t i = 0; i < count; i++)
    for (int32_t b = c->block_first[i]; b <= c->block_last[i]; b++)
      c->block_entry[c->block_offset[b + 1]++] = i;
}

/// One tile: `rows` rows of one vector of columns. `channels` and `rows` are constants where this is inlined.
SCL_INLINE void assign_tile(const struct scl_slic_pass *pass, const struct candidates *c, const int32_t *entries,
                            int count, const float *const *features, int row_index, const int rows,
                            const int channels, const int weighted, float first_column, int32_t (*out)[BLOCK],
                            int part) {
  vfloat best[4];
  vint label[4];
  vfloat feature[4][4];
  for (int r = 0; r < rows; r++) {
    best[r] = v_set(INFINITY);
    memcpy(&label[r], &out[r][part * SCL_WIDTH], sizeof(vint));
    if (channels <= 4)
      for (int ch = 0; ch < channels; ch++)
        feature[r][ch] = v_load(features[r] + ch * pass->feature_plane);
  }
  const vfloat columns = lanes() + first_column;
  for (int i = 0; i < count; i++) {
    const int32_t k = entries[i];
    const vfloat dx = columns - c->column[k];
    const vfloat scaled = dx * pass->scale_x;
    const vfloat dx2 = keep_within(scaled * scaled, absolute(dx), v_set(pass->window_x));
    const vint id = (vint){} + c->label[k];
    const float *color = c->color + (ptrdiff_t)k * channels;
    const float *row = c->rows + (ptrdiff_t)k * STRIP + row_index;
    for (int r = 0; r < rows; r++) {
      vfloat distance = dx2 + row[r];
      if (weighted || channels > 4) {
        vfloat sum = {};
        for (int ch = 0; ch < channels; ch++) {
          const vfloat value = channels <= 4 ? feature[r][ch & 3] : v_load(features[r] + ch * pass->feature_plane);
          const vfloat difference = value - color[ch];
          sum += difference * difference;
        }
        distance += weighted ? sum * c->weight[k] : sum;
      } else {
        for (int ch = 0; ch < channels; ch++) {
          const vfloat difference = feature[r][ch] - color[ch];
          distance += difference * difference;
        }
      }
      take_nearer(distance, id, &best[r], &label[r]);
    }
  }
  for (int r = 0; r < rows; r++)
    memcpy(&out[r][part * SCL_WIDTH], &label[r], sizeof(vint));
}

SCL_INLINE int64_t assign_rows(const struct scl_slic_pass *pass, const struct candidates *c, int64_t plane_row,
                               const int *rows, int row_index, const int count, const int channels,
                               const int weighted) {
  const int32_t blocks = (pass->width + BLOCK - 1) / BLOCK;
  int64_t changed = 0;
  int32_t found[4][BLOCK];
  for (int32_t b = 0; b < blocks; b++) {
    const int x = b * BLOCK;
    const int width = pass->width - x < BLOCK ? pass->width - x : BLOCK;
    const int32_t begin = c->block_offset[b], end = c->block_offset[b + 1];
    const float *features[4];
    int32_t *labels[4];
    for (int r = 0; r < count; r++) {
      features[r] = pass->features + (plane_row + rows[row_index + r]) * pass->feature_row + x;
      labels[r] = pass->labels + (plane_row + rows[row_index + r]) * pass->width + x;
      if (width == BLOCK) {
        memcpy(found[r], labels[r], sizeof(found[r]));
      } else {
        memset(found[r], 0xff, sizeof(found[r]));
        memcpy(found[r], labels[r], sizeof(int32_t) * (size_t)width);
      }
    }
    for (int part = 0; part < PARTS; part++) {
      const float *at[4];
      for (int r = 0; r < count; r++)
        at[r] = features[r] + part * SCL_WIDTH;
      assign_tile(pass, c, c->block_entry + begin, end - begin, at, row_index, count, channels, weighted,
                  (float)(x + part * SCL_WIDTH), found, part);
    }
    for (int r = 0; r < count; r++) {
      if (width == BLOCK) {
        int32_t differs = 0;
        for (int i = 0; i < BLOCK; i++) {
          const int32_t old = labels[r][i];
          const int32_t new = old < 0 ? old : found[r][i];
          differs += new != old;
          labels[r][i] = new;
        }
        changed += differs;
      } else {
        for (int i = 0; i < width; i++) {
          const int32_t old = labels[r][i];
          const int32_t new = old < 0 ? old : found[r][i];
          changed += new != old;
          labels[r][i] = new;
        }
      }
    }
  }
  return changed;
}

SCL_INLINE int64_t assign_strip(const struct scl_slic_pass *pass, const struct candidates *c, int64_t plane_row,
                                const int *rows, int row_count, const int channels, const int weighted) {
  int64_t changed = 0;
  int r = 0;
  for (; r + 4 <= row_count; r += 4)
    changed += assign_rows(pass, c, plane_row, rows, r, 4, channels, weighted);
  for (; r < row_count; r++)
    changed += assign_rows(pass, c, plane_row, rows, r, 1, channels, weighted);
  return changed;
}

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

SCL_INLINE void add_run(double *sums, int32_t label, int start, int end, int y, int z, const double *before,
                        const double *after, const int channels) {
  if (label < 0)
    return;
  double *row = sums + (ptrdiff_t)label * (SCL_SLIC_SUMS + channels);
  const double count = end - start;
  row[0] += count;
  row[1] += count * z;
  row[2] += count * y;
  row[3] += count * (start + end - 1) * 0.5;
  for (int ch = 0; ch < channels; ch++)
    row[SCL_SLIC_SUMS + ch] += after[ch] - before[ch];
}

/// Adds the runs of one row to the sums of their clusters.
SCL_INLINE void sum_row(const struct scl_slic_pass *pass, const int32_t *labels, const float *features,
                        const double *block_sums, int y, int z, double *before, double *after, double *inside,
                        double *sums, const int channels) {
  const int width = pass->width;
  const int32_t blocks = (width + BLOCK - 1) / BLOCK;
  int start = 0;
  for (int ch = 0; ch < channels; ch++)
    before[ch] = 0;
  for (int32_t b = 0; b < blocks; b++) {
    const int x = b * BLOCK;
    uint32_t bits = changes(labels + x, width - 1 - x < BLOCK ? width - 1 - x : BLOCK);
    if (!bits)
      continue;
    const double *base = block_sums + (ptrdiff_t)b * channels;
    const int dense = __builtin_popcount(bits) > 3;
    if (dense)
      for (int ch = 0; ch < channels; ch++) {
        double sum = base[ch];
        for (int i = 0; i < BLOCK; i++) {
          sum += features[ch * pass->feature_plane + x + i];
          inside[i * channels + ch] = sum;
        }
      }
    while (bits) {
      const int i = __builtin_ctz(bits);
      bits &= bits - 1;
      const int at = x + i + 1;
      if (dense) {
        for (int ch = 0; ch < channels; ch++)
          after[ch] = inside[i * channels + ch];
      } else if (i + 1 == BLOCK) {
        for (int ch = 0; ch < channels; ch++)
          after[ch] = base[channels + ch];
      } else {
        for (int ch = 0; ch < channels; ch++)
          after[ch] = base[ch] + (double)partial_sum(features + ch * pass->feature_plane + x, i + 1);
      }
      add_run(sums, labels[start], start, at, y, z, before, after, channels);
      for (int ch = 0; ch < channels; ch++)
        before[ch] = after[ch];
      start = at;
    }
  }
  add_run(sums, labels[start], start, width, y, z, before, block_sums + (ptrdiff_t)blocks * channels, channels);
}

SCL_INLINE int64_t run_strip(const struct scl_slic_pass *pass, struct candidates *c, int64_t strip, double *sums,
                             const int channels) {
  const int z = (int)(strip / pass->strips_per_plane);
  const int top = (int)(strip % pass->strips_per_plane) * STRIP;
  const int bottom = top + STRIP < pass->height ? top + STRIP : pass->height;
  const int64_t plane_row = (int64_t)z * pass->height;
  int rows[STRIP], count = 0;
  for (int y = top; y < bottom; y++)
    if ((y + z) % pass->row_stride == pass->row_phase)
      rows[count++] = y;
  if (!count)
    return 0;
  gather(c, pass, strip, z, rows, count);
  const int64_t changed = pass->color_weight ? assign_strip(pass, c, plane_row, rows, count, channels, 1)
                                             : assign_strip(pass, c, plane_row, rows, count, channels, 0);
  const int32_t blocks = (pass->width + BLOCK - 1) / BLOCK;
  for (int r = 0; r < count; r++) {
    const int64_t row = plane_row + rows[r];
    sum_row(pass, pass->labels + row * pass->width, pass->features + row * pass->feature_row,
            pass->block_sums + row * (blocks + 1) * channels, rows[r], z, c->prefix, c->prefix + channels,
            c->prefix + 2 * channels, sums, channels);
  }
  return changed;
}

static int64_t assign(const struct scl_slic_pass *pass, int64_t strip, const struct scl_slic_workspace *workspace,
                      double *sums) {
  struct candidates c;
  lay_out(&c, workspace->memory, workspace->capacity, pass->channels, pass->width, pass->window_x);
  switch (pass->channels) {
  case 1:
    return run_strip(pass, &c, strip, sums, 1);
  case 2:
    return run_strip(pass, &c, strip, sums, 2);
  case 3:
    return run_strip(pass, &c, strip, sums, 3);
  case 4:
    return run_strip(pass, &c, strip, sums, 4);
  default:
    return run_strip(pass, &c, strip, sums, pass->channels);
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

SCL_INLINE vfloat linear_light(vfloat value) {
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

static void lab(float *red, float *green, float *blue, int64_t count, float quantum) {
  for (int64_t at = 0; at < count; at += SCL_WIDTH) {
    const int64_t left = count - at;
    const int whole = left >= SCL_WIDTH;
    const vfloat r = linear_light(whole ? v_load(red + at) : v_load_partial(red + at, (size_t)left));
    const vfloat g = linear_light(whole ? v_load(green + at) : v_load_partial(green + at, (size_t)left));
    const vfloat b = linear_light(whole ? v_load(blue + at) : v_load_partial(blue + at, (size_t)left));
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

const struct scl_slic_kernels SCL_VARIANT(scl_slic) = {
    .assign = assign,
    .runs = runs,
    .add_runs = add_runs,
    .block_sums = block_sums,
    .range = range,
    .rescale = rescale,
    .lab = lab,
};
