// Winograd F(4x4, 3x3): y = A^T [ (G g G^T) . (B^T d B) ] A, with the points 0, 1, -1, 1/2, -2 and infinity.
//
// A transform of a tile applies a 1-D transform to its columns, then to its rows; each vector holds one
// element of SCL_WIDTH channels.
#include "include/scl_winograd.h"
#include "microkernel.h"
#include "winograd_transforms.inc.h"
#include "winograd_filter.inc.h"
#include "winograd_products.inc.h"

// Where a tile lies in its tensor, and which of its rows and columns are inside the image.
struct tile_place {
  ptrdiff_t offset; // of its first pixel, which may lie outside
  unsigned rows, columns;
  int inside;
};

SCL_INLINE unsigned inside_bits(ptrdiff_t first, size_t size, int length) {
  unsigned bits = 0;
  for (int i = 0; i < length; i++)
    bits |= (unsigned)(first + i >= 0 && first + i < (ptrdiff_t)size) << i;
  return bits;
}

SCL_INLINE struct tile_place place_of(const struct scl_winograd_image *image, size_t tile, int length) {
  size_t per_image = image->tiles_high * image->tiles_wide;
  size_t n = tile / per_image, rest = tile % per_image;
  ptrdiff_t y = (ptrdiff_t)(rest / image->tiles_wide) * 4 + image->top;
  ptrdiff_t x = (ptrdiff_t)(rest % image->tiles_wide) * 4 + image->left;
  struct tile_place place;
  place.offset = (((ptrdiff_t)(n * image->height) + y) * (ptrdiff_t)image->width + x) *
                 (ptrdiff_t)image->channels;
  place.rows = inside_bits(y, image->height, length);
  place.columns = inside_bits(x, image->width, length);
  unsigned all = (1u << length) - 1;
  place.inside = place.rows == all && place.columns == all;
  return place;
}

// One vector of channels of an input tile (`length` 6) or of an output gradient's tile (4).
SCL_INLINE void forward_tile(const float *x, ptrdiff_t row, ptrdiff_t pixel, struct tile_place place,
                             const int length, const int inside, const int full, size_t channels, float *out,
                             size_t position) {
  vfloat t[6][6];
#pragma clang loop unroll(full)
  for (int j = 0; j < length; j++) {
    vfloat d[6], r[6];
#pragma clang loop unroll(full)
    for (int i = 0; i < length; i++) {
      const float *p = x + i * row + j * pixel;
      d[i] = (vfloat){};
      if (inside || ((place.rows >> i) & (place.columns >> j) & 1))
        d[i] = full ? v_load(p) : v_load_partial(p, channels);
    }
    if (length == 6)
      transform_input(d, r);
    else
      transform_gradient(d, r);
#pragma clang loop unroll(full)
    for (int i = 0; i < 6; i++)
      t[i][j] = r[i];
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 6; i++) {
    vfloat r[6];
    if (length == 6)
      transform_input(t[i], r);
    else
      transform_gradient(t[i], r);
#pragma clang loop unroll(full)
    for (int j = 0; j < 6; j++)
      v_store(out + (size_t)(i * 6 + j) * position, r[j]);
  }
}

// Tiles to fetch ahead: about 128 channels' worth of work.
SCL_INLINE size_t tiles_ahead(size_t channels) { return channels >= 128 ? 1 : 128 / (channels + 1) + 1; }

// Fetches what a tile that lies ahead reads first: its last four rows and columns, as the others were read by
// its neighbours. Fetching outside the tensor does no harm.
SCL_INLINE void fetch_tile(const float *p, ptrdiff_t row, ptrdiff_t pixel, const int first, const int last,
                           const int writing) {
#pragma clang loop unroll(full)
  for (int i = first; i < last; i++)
#pragma clang loop unroll(full)
    for (int j = first; j < last; j++) {
      if (writing)
        __builtin_prefetch(p + i * row + j * pixel, 1, 3);
      else
        __builtin_prefetch(p + i * row + j * pixel, 0, 3);
    }
}

SCL_INLINE void forward_tiles(const float *x, const struct scl_winograd_image *image, size_t channels,
                              const int length, size_t first, size_t count, struct scl_winograd_block block,
                              size_t channel) {
  const ptrdiff_t pixel = (ptrdiff_t)image->channels, row = pixel * (ptrdiff_t)image->width;
  const size_t ahead = tiles_ahead(channels);
  for (size_t tile = 0; tile < count; tile++) {
    struct tile_place place = place_of(image, first + tile, length);
    const float *p = x + place.offset;
    const float *next = x + place_of(image, first + tile + ahead, length).offset;
    float *out = block.data + tile * block.row + channel;
    size_t c = 0;
    if (place.inside)
      for (; c + SCL_WIDTH <= channels; c += SCL_WIDTH) {
        fetch_tile(next + c, row, pixel, length - 4, length, 0);
        forward_tile(p + c, row, pixel, place, length, 1, 1, SCL_WIDTH, out + c, block.position);
      }
    else
      for (; c + SCL_WIDTH <= channels; c += SCL_WIDTH) {
        fetch_tile(next + c, row, pixel, length - 4, length, 0);
        forward_tile(p + c, row, pixel, place, length, 0, 1, SCL_WIDTH, out + c, block.position);
      }
    if (c < channels)
      forward_tile(p + c, row, pixel, place, length, 0, 0, channels - c, out + c, block.position);
  }
}

static void SCL_VARIANT(winograd_input)(const float *x, const struct scl_winograd_image *image,
                                        size_t channels, size_t first, size_t count,
                                        struct scl_winograd_block block, size_t channel) {
  forward_tiles(x, image, channels, 6, first, count, block, channel);
}

static void SCL_VARIANT(winograd_gradient)(const float *dy, const struct scl_winograd_image *image,
                                           size_t channels, size_t first, size_t count,
                                           struct scl_winograd_block block, size_t channel) {
  forward_tiles(dy, image, channels, 4, first, count, block, channel);
}

SCL_INLINE void output_tile(const float *m, size_t position, vfloat bias, float *y, ptrdiff_t row,
                            ptrdiff_t pixel, struct tile_place place, const int inside, const int full,
                            const int streaming, size_t channels) {
  vfloat t[4][6];
#pragma clang loop unroll(full)
  for (int j = 0; j < 6; j++) {
    vfloat d[6], r[4];
#pragma clang loop unroll(full)
    for (int i = 0; i < 6; i++)
      d[i] = v_load(m + (size_t)(i * 6 + j) * position);
    transform_output(d, r);
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++)
      t[i][j] = r[i];
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    vfloat r[4];
    transform_output(t[i], r);
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++)
      if (inside || ((place.rows >> i) & (place.columns >> j) & 1)) {
        float *p = y + i * row + j * pixel;
        if (streaming)
          __builtin_nontemporal_store(r[j] + bias, (vfloat *)p);
        else if (full)
          v_store(p, r[j] + bias);
        else
          v_store_partial(p, r[j] + bias, channels);
      }
  }
}

static void SCL_VARIANT(winograd_output)(struct scl_winograd_block block, size_t channel, const float *bias,
                                         float *y, const struct scl_winograd_image *image, size_t target,
                                         size_t columns, size_t first, size_t count, int streaming) {
  const ptrdiff_t pixel = (ptrdiff_t)image->channels, row = pixel * (ptrdiff_t)image->width;
  const size_t ahead = tiles_ahead(columns);
  const int streams = streaming && (uintptr_t)(y + target) % 64 == 0 && pixel % 16 == 0;
  for (size_t tile = 0; tile < count; tile++) {
    struct tile_place place = place_of(image, first + tile, 4);
    float *p = y + place.offset + target;
    float *next = y + place_of(image, first + tile + ahead, 4).offset + target;
    const float *m = block.data + tile * block.row + channel;
    for (size_t c = 0; c < columns; c += SCL_WIDTH) {
      size_t left = columns - c;
      vfloat b = bias ? v_load_first(bias + c, left) : (vfloat){};
      if (left >= SCL_WIDTH && streams) {
        output_tile(m + c, block.position, b, p + c, row, pixel, place, place.inside, 1, 1, SCL_WIDTH);
        continue;
      }
      fetch_tile(next + c, row, pixel, 0, 4, 1);
      if (left < SCL_WIDTH)
        output_tile(m + c, block.position, b, p + c, row, pixel, place, 0, 0, 0, left);
      else if (place.inside)
        output_tile(m + c, block.position, b, p + c, row, pixel, place, 1, 1, 0, SCL_WIDTH);
      else
        output_tile(m + c, block.position, b, p + c, row, pixel, place, 0, 1, 0, SCL_WIDTH);
    }
  }
}

const struct scl_winograd_kernels SCL_VARIANT(scl_winograd) = {
    SCL_PANEL,
    SCL_VARIANT(winograd_input),
    SCL_VARIANT(winograd_gradient),
    SCL_VARIANT(winograd_output),
    SCL_VARIANT(winograd_filter),
    SCL_VARIANT(winograd_filter_gradient),
    SCL_VARIANT(winograd_product),
    SCL_VARIANT(winograd_accumulate),
};
