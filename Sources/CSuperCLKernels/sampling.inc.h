// Reading images between their pixels, and the positions and the noise that views are made with.
#pragma once
#include "vector.h"

enum { SAMPLES = 64 };

// MARK: Positions

static void SCL_VARIANT(positions)(const struct scl_affine *map, const size_t *lengths, size_t rank,
                                   const float *displacement, size_t first, size_t count, float *y) {
  size_t width = lengths[rank - 1], pixel = first;
  while (count > 0) {
    // What is left of one row of the view.
    size_t rest = pixel, place[3];
    for (size_t axis = rank; axis-- > 0; rest /= lengths[axis])
      place[axis] = rest % lengths[axis];
    size_t run = width - place[rank - 1] < count ? width - place[rank - 1] : count;
    const float *move = displacement ? displacement + rank * pixel : NULL;
    if (rank == 2) {
      double a = map->matrix[0][0], b = map->matrix[0][1], c = map->matrix[1][0], d = map->matrix[1][1];
      double top = map->offset[0], left = map->offset[1], row = (double)place[0], from = (double)place[1];
      for (size_t i = 0; i < run; i++) {
        double v = row + (move ? (double)move[2 * i] : 0);
        double u = from + (double)(int32_t)i + (move ? (double)move[2 * i + 1] : 0);
        y[2 * i] = (float)(a * v + b * u + top);
        y[2 * i + 1] = (float)(c * v + d * u + left);
      }
    } else {
      for (size_t i = 0; i < run; i++)
        for (size_t axis = 0; axis < rank; axis++) {
          double sum = map->offset[axis];
          for (size_t k = 0; k < rank; k++) {
            double at = (double)(place[k] + (k + 1 == rank ? i : 0)) + (move ? (double)move[rank * i + k] : 0);
            sum += map->matrix[axis][k] * at;
          }
          y[rank * i + axis] = (float)sum;
        }
    }
    y += rank * run;
    pixel += run;
    count -= run;
  }
}

// MARK: Values between pixels

typedef float vfour __attribute__((vector_size(16)));
typedef float vfour_unaligned __attribute__((vector_size(16), aligned(4)));

enum { SAMPLE_INSIDE = 0, SAMPLE_OUTSIDE = 1, SAMPLE_LEFT = 2 };

/// The taps of up to SAMPLES samples: the offset of the first one, weights by axis, and where the sample lies.
struct SCL_VARIANT(taps) {
  int32_t offset[SAMPLES], place[SAMPLES];
  float weight[3][4][SAMPLES];
};

SCL_INLINE void SCL_VARIANT(spline_weights)(float t, float w[4]) {
  float s = 1 - t, third = 2.0f / 3;
  w[0] = s * s * s / 6;
  w[1] = (3 * t - 6) * t * t / 6 + third;
  w[2] = (3 * s - 6) * s * s / 6 + third;
  w[3] = t * t * t / 6;
}

/// `span` taps an axis, the first one `before` pixels in front of the position's floor.
SCL_INLINE void SCL_VARIANT(find_taps)(const struct scl_sampling *sampling, const float *positions, size_t count,
                                       int span, int before, struct SCL_VARIANT(taps) * taps) {
  size_t rank = sampling->rank;
  for (size_t i = 0; i < count; i++)
    taps->offset[i] = taps->place[i] = 0;
  for (size_t axis = 0; axis < rank; axis++) {
    int32_t length = (int32_t)sampling->lengths[3 - rank + axis];
    float (*w)[SAMPLES] = taps->weight[3 - rank + axis];
    float margin = sampling->margin;
    for (size_t i = 0; i < count; i++) {
      float x = positions[rank * i + axis] + margin;
      // Far positions lie outside, NaN is left; both need a number that fits.
      int isNumber = x == x;
      float near = x > -16.0f ? x : -16.0f;
      near = near < (float)length + 16.0f ? near : (float)length + 16.0f;
      float whole = floorf(near), t = near - whole;
      int32_t begin = (int32_t)whole - before;
      int32_t outside = begin + span <= 0 || begin >= length;
      int32_t inside = begin >= 0 && begin + span <= length;
      int32_t place = !isNumber ? SAMPLE_LEFT : outside ? SAMPLE_OUTSIDE : inside ? SAMPLE_INSIDE : SAMPLE_LEFT;
      // A sample that lies outside along one axis does so along all, unless another one is NaN.
      taps->place[i] |= place;
      taps->offset[i] = taps->offset[i] * length + begin;
      if (span == 4) {
        float values[4];
        SCL_VARIANT(spline_weights)(t, values);
        w[0][i] = values[0], w[1][i] = values[1], w[2][i] = values[2], w[3][i] = values[3];
      } else {
        w[0][i] = 1 - t, w[1][i] = t;
      }
    }
  }
}

/// One row of four taps for a grey image.
SCL_INLINE vfour SCL_VARIANT(plane_of)(const struct SCL_VARIANT(taps) * taps, size_t i, const float *x,
                                       size_t width) {
  vfour sum = taps->weight[1][0][i] * *(const vfour_unaligned *)x;
  for (int b = 1; b < 4; b++)
    sum += taps->weight[1][b][i] * *(const vfour_unaligned *)(x + (size_t)b * width);
  return sum;
}

SCL_INLINE size_t SCL_VARIANT(sample)(const struct scl_sampling *sampling, const float *x, const float *positions,
                                      size_t count, int span, int before, float *y, uint32_t *left) {
  size_t rank = sampling->rank, channels = sampling->channels, found = 0;
  size_t width = sampling->lengths[2], area = width * sampling->lengths[1];
  int planes = rank == 3 ? span : 1;
  struct SCL_VARIANT(taps) taps;
  for (size_t first = 0; first < count; first += SAMPLES) {
    size_t n = count - first < SAMPLES ? count - first : SAMPLES;
    SCL_VARIANT(find_taps)(sampling, positions + first * rank, n, span, before, &taps);
    for (size_t i = 0; i < n; i++) {
      float *to = y + (first + i) * channels, check = 0;
      if (taps.place[i] == SAMPLE_OUTSIDE && sampling->has_constant) {
        for (size_t c = 0; c < channels; c++)
          to[c] = sampling->constant;
        continue;
      }
      if (taps.place[i] == SAMPLE_INSIDE) {
        const float *from = x + (size_t)taps.offset[i] * channels;
        if (span == 4 && channels == 1) {
          vfour sum = SCL_VARIANT(plane_of)(&taps, i, from, width);
          if (planes == 4) {
            sum *= taps.weight[0][0][i];
            for (int a = 1; a < 4; a++)
              sum += taps.weight[0][a][i] * SCL_VARIANT(plane_of)(&taps, i, from + (size_t)a * area, width);
          }
          check = *to = sum[0] * taps.weight[2][0][i] + sum[1] * taps.weight[2][1][i] +
                        sum[2] * taps.weight[2][2][i] + sum[3] * taps.weight[2][3][i];
        } else {
          for (size_t c = 0; c < channels; c++) {
            float sum = 0;
            for (int a = 0; a < planes; a++)
              for (int b = 0; b < span; b++) {
                const float *row = from + ((size_t)a * area + (size_t)b * width) * channels + c;
                float line = 0;
                for (int k = 0; k < span; k++)
                  line += taps.weight[2][k][i] * row[(size_t)k * channels];
                sum += (planes > 1 ? taps.weight[0][a][i] : 1) * taps.weight[1][b][i] * line;
              }
            to[c] = sum;
            check += sum;
          }
        }
        // A pixel without weight shall not bring in its NaN: such samples are left.
        if (check - check == 0)
          continue;
      }
      left[found++] = (uint32_t)(first + i);
    }
  }
  return found;
}

static size_t SCL_VARIANT(cubic_spline)(const struct scl_sampling *sampling, const float *x, const float *positions,
                                        size_t count, float *y, uint32_t *left) {
  return SCL_VARIANT(sample)(sampling, x, positions, count, 4, 1, y, left);
}

static size_t SCL_VARIANT(linear)(const struct scl_sampling *sampling, const float *x, const float *positions,
                                  size_t count, float *y, uint32_t *left) {
  return SCL_VARIANT(sample)(sampling, x, positions, count, 2, 0, y, left);
}

static void SCL_VARIANT(nearest)(const struct scl_sampling *sampling, const int32_t *x, const float *positions,
                                 size_t count, int32_t outside, int32_t *y) {
  size_t rank = sampling->rank;
  int32_t offset[SAMPLES], inside[SAMPLES];
  for (size_t first = 0; first < count; first += SAMPLES) {
    size_t n = count - first < SAMPLES ? count - first : SAMPLES;
    for (size_t i = 0; i < n; i++)
      offset[i] = 0, inside[i] = 1;
    for (size_t axis = 0; axis < rank; axis++) {
      int32_t length = (int32_t)sampling->lengths[3 - rank + axis];
      for (size_t i = 0; i < n; i++) {
        float at = positions[rank * (first + i) + axis] + 0.5f;
        int32_t isInside = at >= 0 && at < (float)length;
        inside[i] &= isInside;
        offset[i] = offset[i] * length + (int32_t)(isInside ? at : 0);
      }
    }
    for (size_t i = 0; i < n; i++)
      y[first + i] = inside[i] ? x[offset[i]] : outside;
  }
}

// MARK: Noise

enum { BLOCKS = 16 };

static void SCL_VARIANT(noise)(uint64_t seed, uint32_t stream, uint32_t index, uint64_t position, double magnitude,
                               size_t count, float *y) {
  uint64_t block = position / 2;
  for (size_t done = 0; done < count; done += 2 * BLOCKS, block += BLOCKS) {
    uint32_t c[4][BLOCKS], key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    for (size_t i = 0; i < BLOCKS; i++) {
      c[0][i] = (uint32_t)(block + i);
      c[1][i] = (uint32_t)((block + i) >> 32);
      c[2][i] = stream;
      c[3][i] = index;
    }
    for (int round = 0; round < 10; round++, key0 += 0x9E3779B9u, key1 += 0xBB67AE85u)
      for (size_t i = 0; i < BLOCKS; i++) {
        uint64_t left = (uint64_t)c[0][i] * 0xD2511F53u, right = (uint64_t)c[2][i] * 0xCD9E8D57u;
        uint32_t second = c[1][i], fourth = c[3][i];
        c[0][i] = (uint32_t)(right >> 32) ^ second ^ key0;
        c[1][i] = (uint32_t)right;
        c[2][i] = (uint32_t)(left >> 32) ^ fourth ^ key1;
        c[3][i] = (uint32_t)left;
      }
    float values[2 * BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++)
      for (size_t half = 0; half < 2; half++) {
        // The upper 53 bits as 32 and 21 of them: a whole number below 2^53 is exact.
        uint32_t high = c[2 * half + 1][i], low = c[2 * half][i] >> 11;
        double unit = ((double)(int32_t)(high ^ 0x80000000u) + 0x1p31) * 0x1p-32 + (double)(int32_t)low * 0x1p-53;
        values[2 * i + half] = (float)((2 * unit - 1) * magnitude);
      }
    size_t n = count - done < 2 * BLOCKS ? count - done : 2 * BLOCKS;
    memcpy(y + done, values, n * sizeof(float));
  }
}
