// Assignment of tiles to the nearest of their clusters; see slic.inc.h.
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
  uint8_t *reach; // bit g: some row of the g-th group of four is within the window
  int32_t *block_first, *block_last;
  int32_t *block_offset, *block_entry;
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
  TAKE(reach, uint8_t, capacity);
  TAKE(block_first, int32_t, capacity);
  TAKE(block_last, int32_t, capacity);
  TAKE(block_offset, int32_t, blocks + 2);
  TAKE(block_entry, int32_t, capacity *reach);
#undef TAKE
  return at;
}

typedef float vrows __attribute__((vector_size(4 * STRIP)));
typedef int32_t vrows_int __attribute__((vector_size(4 * STRIP)));

/// Copies what the strip needs of its clusters and lists them by the blocks that they reach into.
static void gather(struct candidates *c, const struct scl_slic_pass *pass, int64_t strip, int z, const int *rows,
                   int row_count) {
  vrows positions = (vrows){} + INFINITY; // no window holds a missing row
  for (int r = 0; r < row_count; r++)
    positions[r] = (float)rows[r];
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
    if (!(fabsf(dz) <= pass->window_z))
      continue;
    const vrows dy = positions - pass->center_y[k];
    const vrows_int within = (vrows)((vrows_int)dy & 0x7fffffff) <= (vrows){} + pass->window_y;
    const vrows squared = dy * pass->scale_y * (dy * pass->scale_y) + dz2;
    const vrows_int bounded = (within & (vrows_int)squared) | (~within & (vrows_int)((vrows){} + INFINITY));
    memcpy(c->rows + (ptrdiff_t)count * STRIP, &bounded, sizeof(bounded));
    uint8_t reach = 0;
#if defined(SCL_X86)
    const int bits = _mm256_movemask_ps((__m256)within);
    reach = (uint8_t)((bits & 0xf ? 1 : 0) | (bits & 0xf0 ? 2 : 0));
#else
    for (int r = 0; r < STRIP; r++)
      reach |= (uint8_t)(within[r] != 0) << (r / 4);
#endif
    if (!reach)
      continue;
    c->reach[count] = reach;
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
    if (!(c->reach[k] >> (row_index / 4) & 1))
      continue;
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

/// Assigns up to four rows of a block; `found` has a row for each.
SCL_INLINE void assign_group(const struct scl_slic_pass *pass, const struct candidates *c, int32_t block,
                             const float *const *features, const int row_index, const int rows, const int channels,
                             const int weighted, int32_t (*found)[BLOCK]) {
  const int32_t begin = c->block_offset[block], end = c->block_offset[block + 1];
  for (int part = 0; part < PARTS; part++) {
    const float *at[4];
    for (int r = 0; r < rows; r++)
      at[r] = features[r] + part * SCL_WIDTH;
    assign_tile(pass, c, c->block_entry + begin, end - begin, at, row_index, rows, channels, weighted,
                (float)(block * BLOCK + part * SCL_WIDTH), found, part);
  }
}

/// Assigns and sums the rows of a strip; `rows` of them, from `top` on, `step` apart.
SCL_INLINE int64_t assign_strip(const struct scl_slic_pass *pass, const struct candidates *c, int64_t plane_row, int z,
                                int top, int step, const int rows, double *sums, const int channels,
                                const int weighted) {
  const int32_t blocks = (pass->width + BLOCK - 1) / BLOCK;
  int64_t changed = 0;
  int32_t found[STRIP][BLOCK];
  for (int32_t b = 0; b < blocks; b++) {
    const int x = b * BLOCK;
    const int width = pass->width - x < BLOCK ? pass->width - x : BLOCK;
    const float *features[STRIP];
    int32_t *labels[STRIP];
    for (int r = 0; r < rows; r++) {
      const int64_t row = plane_row + top + r * step;
      features[r] = pass->features + row * pass->feature_row + x;
      labels[r] = pass->labels + row * pass->width + x;
      if (width == BLOCK) {
        memcpy(found[r], labels[r], sizeof(found[r]));
      } else {
        memset(found[r], 0xff, sizeof(found[r]));
        memcpy(found[r], labels[r], sizeof(int32_t) * (size_t)width);
      }
    }
    int r = 0;
    for (; r + 4 <= rows; r += 4)
      assign_group(pass, c, b, features + r, r, 4, channels, weighted, found + r);
    if (rows - r == 3)
      assign_group(pass, c, b, features + r, r, 3, channels, weighted, found + r);
    else if (rows - r == 2)
      assign_group(pass, c, b, features + r, r, 2, channels, weighted, found + r);
    else if (rows - r == 1)
      assign_group(pass, c, b, features + r, r, 1, channels, weighted, found + r);
    for (int row = 0; row < rows; row++)
      changed += store_labels(labels[row], found[row], width);
    sum_tile(pass, features, (const int32_t(*)[BLOCK])found, rows, z, top, step, x, sums, channels);
  }
  return changed;
}
