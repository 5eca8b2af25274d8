// What follows the assignment of a tile: its labels are stored, and its pixels added to the sums of their clusters,
// label by label, while all of it is in the nearest cache; see slic.inc.h.
typedef float vquarter __attribute__((vector_size(16)));
typedef double vfour __attribute__((vector_size(32)));

/// Stores a row of labels found for a tile, keeps what is negative, and returns how many changed. `found` then has
/// what was stored, and -1 behind the last column.
SCL_INLINE int store_labels(int32_t *labels, int32_t *found, int width) {
#if defined(SCL_X86) && SCL_WIDTH == 16
  const __mmask16 use = (__mmask16)((1u << width) - 1);
  const __m512i old = _mm512_maskz_loadu_epi32(use, labels);
  const __m512i new = _mm512_mask_mov_epi32(_mm512_loadu_si512(found), _mm512_movepi32_mask(old), old);
  _mm512_mask_storeu_epi32(labels, use, new);
  _mm512_storeu_si512(found, _mm512_mask_mov_epi32(_mm512_set1_epi32(-1), use, new));
  return __builtin_popcount(_mm512_mask_cmpneq_epi32_mask(use, old, new));
#else
#if defined(SCL_X86) && SCL_WIDTH == 8
  if (width == BLOCK) {
    uint32_t same = 0;
    for (int at = 0; at < BLOCK; at += 8) {
      const __m256 old = _mm256_loadu_ps((const float *)labels + at);
      const __m256 new = _mm256_blendv_ps(_mm256_loadu_ps((const float *)found + at), old, old);
      _mm256_storeu_ps((float *)labels + at, new);
      _mm256_storeu_ps((float *)found + at, new);
      same |= (uint32_t)_mm256_movemask_ps((__m256)_mm256_cmpeq_epi32((__m256i)old, (__m256i)new)) << at;
    }
    return BLOCK - __builtin_popcount(same);
  }
#endif
  int changed = 0;
  for (int i = 0; i < width; i++) {
    const int32_t old = labels[i], new = old < 0 ? old : found[i];
    changed += new != old;
    labels[i] = new;
    found[i] = new;
  }
  for (int i = width; i < BLOCK; i++)
    found[i] = -1;
  return changed;
#endif
}

/// The bits of the labels in a row of a tile that equal `id`.
SCL_INLINE uint32_t equal_bits(const int32_t *labels, int32_t id) {
#if defined(SCL_X86) && SCL_WIDTH == 16
  return _mm512_cmpeq_epi32_mask(_mm512_loadu_si512(labels), _mm512_set1_epi32(id));
#elif defined(SCL_X86) && SCL_WIDTH == 8
  const __m256i wanted = _mm256_set1_epi32(id);
  const __m256i low = _mm256_cmpeq_epi32(_mm256_loadu_si256((const __m256i *)labels), wanted);
  const __m256i high = _mm256_cmpeq_epi32(_mm256_loadu_si256((const __m256i *)(labels + 8)), wanted);
  return (uint32_t)_mm256_movemask_ps((__m256)low) | (uint32_t)_mm256_movemask_ps((__m256)high) << 8;
#else
  uint32_t bits = 0;
  for (int i = 0; i < BLOCK; i++)
    bits |= (uint32_t)(labels[i] == id) << i;
  return bits;
#endif
}

/// The bits of the labels in a row of a tile that are not negative.
SCL_INLINE uint32_t inside_bits(const int32_t *labels) {
#if defined(SCL_X86) && SCL_WIDTH == 16
  return (uint16_t)~_mm512_movepi32_mask(_mm512_loadu_si512(labels));
#elif defined(SCL_X86) && SCL_WIDTH == 8
  const __m256 low = _mm256_loadu_ps((const float *)labels), high = _mm256_loadu_ps((const float *)(labels + 8));
  return ((uint32_t)_mm256_movemask_ps(low) | (uint32_t)_mm256_movemask_ps(high) << 8) ^ 0xffff;
#else
  uint32_t bits = 0;
  for (int i = 0; i < BLOCK; i++)
    bits |= (uint32_t)(labels[i] >= 0) << i;
  return bits;
#endif
}

/// Four partial sums of one channel over the pixels of a tile whose label is `id`. At most 16 features add in
/// single precision, which is exact for 20 bits and a sign; the rest adds in double.
SCL_INLINE vfour sum_where(const float *const *features, ptrdiff_t offset, const int32_t (*labels)[BLOCK], int32_t id,
                           const uint32_t *bits, const int rows) {
#if defined(SCL_X86) && SCL_WIDTH == 16
  (void)labels;
  (void)id;
  __m512 sum = _mm512_maskz_loadu_ps((__mmask16)bits[0], features[0] + offset);
  for (int r = 1; r < rows; r++)
    sum = _mm512_mask_add_ps(sum, (__mmask16)bits[r], sum, _mm512_loadu_ps(features[r] + offset));
  const __m512d wide =
      _mm512_cvtps_pd(_mm256_add_ps(_mm512_castps512_ps256(sum), _mm512_extractf32x8_ps(sum, 1)));
  return (vfour)_mm256_add_pd(_mm512_castpd512_pd256(wide), _mm512_extractf64x4_pd(wide, 1));
#else
  (void)bits;
  vfloat sum[PARTS] = {};
  for (int r = 0; r < rows; r++)
    for (int part = 0; part < PARTS; part++) {
      vint found;
      memcpy(&found, &labels[r][part * SCL_WIDTH], sizeof(found));
      sum[part] += (vfloat)((vint)v_load(features[r] + offset + part * SCL_WIDTH) & (found == (vint){} + id));
    }
  vfour total = {};
  for (int at = 0; at < SCL_WIDTH; at += 4) {
    vquarter quarter = {};
    for (int part = 0; part < PARTS; part++) {
      vquarter piece;
      memcpy(&piece, (const float *)&sum[part] + at, sizeof(piece));
      quarter += piece;
    }
    total += __builtin_convertvector(quarter, vfour);
  }
  return total;
#endif
}

/// The totals of four vectors.
SCL_INLINE vfour totals(vfour a, vfour b, vfour c, vfour d) {
  const vfour ab = __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
  const vfour cd = __builtin_shufflevector(c, d, 0, 4, 2, 6) + __builtin_shufflevector(c, d, 1, 5, 3, 7);
  return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

SCL_INLINE void add_four(double *at, vfour value) {
  vfour old;
  memcpy(&old, at, sizeof(old));
  old += value;
  memcpy(at, &old, sizeof(old));
}

SCL_INLINE int count_bits(uint64_t bits) {
#if defined(SCL_X86)
  // Keeps the compiler from counting in vector registers, which takes longer.
  __asm__("" : "+r"(bits));
#endif
  return __builtin_popcountll(bits);
}

/// Adds a tile of up to eight rows from column `x`, row `y` on, `step` rows apart, to the sums of its labels.
/// Negative labels are left out.
SCL_INLINE void sum_tile(const struct scl_slic_pass *pass, const float *const *features, const int32_t (*labels)[BLOCK],
                         const int rows, int z, int y, int step, int x, double *sums, const int channels) {
  uint64_t left[2] = {};
  for (int r = 0; r < rows; r++)
    left[r / 4] |= (uint64_t)inside_bits(labels[r]) << 16 * (r % 4);
  while (left[0] | left[1]) {
    const int first = left[0] ? __builtin_ctzll(left[0]) : 64 + __builtin_ctzll(left[1]);
    const int32_t id = labels[first / BLOCK][first % BLOCK];
    uint32_t bits[STRIP] = {};
    uint64_t found[2] = {};
    for (int r = 0; r < rows; r++) {
      bits[r] = equal_bits(labels[r], id);
      found[r / 4] |= (uint64_t)bits[r] << 16 * (r % 4);
    }
    left[0] &= ~found[0];
    left[1] &= ~found[1];
    // Positions of the bits, digit by digit: of columns within 16, of rows within 8.
    const int lower = count_bits(found[0]), upper = rows > 4 ? count_bits(found[1]) : 0;
    const int count = lower + upper;
    int columns = 0, down = 4 * upper;
    for (int half = 0; half < (rows > 4 ? 2 : 1); half++) {
      columns += count_bits(found[half] & 0xaaaaaaaaaaaaaaaaull) +
                 2 * count_bits(found[half] & 0xccccccccccccccccull) +
                 4 * count_bits(found[half] & 0xf0f0f0f0f0f0f0f0ull) +
                 8 * count_bits(found[half] & 0xff00ff00ff00ff00ull);
      down += count_bits(found[half] & 0xffff0000ffff0000ull) + 2 * count_bits(found[half] & 0xffffffff00000000ull);
    }
    double *row = sums + (ptrdiff_t)id * SCL_SLIC_COLUMNS(channels);
    add_four(row, (vfour){count, (double)count * z, (double)count * y + (double)down * step,
                          (double)count * x + columns});
    row += SCL_SLIC_SUMS;
    const ptrdiff_t plane = pass->feature_plane;
    if (channels <= 4) {
      vfour parts[4] = {};
      for (int ch = 0; ch < channels; ch++)
        parts[ch] = sum_where(features, ch * plane, labels, id, bits, rows);
      add_four(row, totals(parts[0], parts[1], parts[2], parts[3]));
    } else {
      for (int ch = 0; ch < channels; ch++) {
        const vfour part = sum_where(features, ch * plane, labels, id, bits, rows);
        row[ch] += (part[0] + part[2]) + (part[1] + part[3]);
      }
    }
  }
}
